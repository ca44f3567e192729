/** What the package has to do on every runtime, with nothing but the package and what the Web has. */

import { createMixFetch, type MixFetch } from 'mixfetch';

/** Where the mixnet is, and what lies behind it. */
export interface Given {
  /** URL of the directory. */
  readonly api: string;
  /** Base URLs of one server, by `http:` and by `https:`. */
  readonly http: string;
  readonly https: string;
  /** PEM of the authority behind the latter. */
  readonly ca: string;
}

export interface Seen {
  /** By name, in their order: the last one is where it failed, if it did. */
  readonly steps: readonly string[];
  readonly failure?: string;
}

/** The steps by name: each throws where something is not as it should be. */
const steps: Readonly<Record<string, (mixFetch: MixFetch, given: Given) => Promise<void>>> = {
  connect: mixFetch => mixFetch.ready(),

  async GET(mixFetch, { http }) {
    const response = await mixFetch(`${http}/json`);
    if (!(response instanceof Response)) throw new Error('it is not the Response of this runtime');
    same([response.status, await response.json()], [200, { answer: 42 }]);
  },

  async POST(mixFetch, { http }) {
    const body = 'what is sent '.repeat(1000);
    const echoed = (await (await mixFetch(`${http}/echo`, { method: 'POST', body })).json()) as Record<string, unknown>;
    same([echoed['method'], echoed['body']], ['POST', body]);
  },

  async 'GET by https'(mixFetch, { https }) {
    same(await (await mixFetch(`${https}/json`)).json(), { answer: 42 });
  },

  /** The server sends the second half when it is asked to, which it is when the first half is there. */
  async 'streamed download'(mixFetch, { http }) {
    const reader = (await mixFetch(`${http}/halves`)).body?.getReader();
    const decoder = new TextDecoder();
    let text = decoder.decode((await reader?.read())?.value, { stream: true });
    same(text, 'first half, ');
    await (await mixFetch(`${http}/go-on`, { method: 'POST' })).text();
    for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read())
      text += decoder.decode(piece.value, { stream: true });
    same(text, 'first half, second half');
  },

  async abort(mixFetch, { http }) {
    const abort = new AbortController();
    const reason = new Error('changed my mind');
    const call = mixFetch(`${http}/silence`, { signal: abort.signal }).then(
      () => 'an answer',
      error => error,
    );
    await new Promise(resolve => setTimeout(resolve, 300));
    abort.abort(reason);
    if ((await call) !== reason) throw new Error('it does not reject with the reason');
  },

  async close(mixFetch, { http }) {
    await mixFetch.close();
    const error = await mixFetch(`${http}/json`).then(
      () => undefined,
      failed => failed.cause?.code,
    );
    same(error, 'ERR_MIX_MIXNET_CLOSED');
  },
};

export async function smoke(given: Given): Promise<Seen> {
  const mixFetch = createMixFetch({ api: given.api, ca: [given.ca] });
  const done: string[] = [];
  for (const [name, step] of Object.entries(steps)) {
    done.push(name);
    const failure = await step(mixFetch, given).then(() => undefined, described);
    if (failure === undefined) continue;
    await mixFetch.close();
    return { steps: done, failure };
  }
  return { steps: done };
}

/** With all its causes: it is of a test. */
export function described(error: unknown): string {
  const cause = (error as { cause?: unknown } | undefined)?.cause;
  return `${(error as { stack?: unknown } | undefined)?.stack ?? error}${cause === undefined ? '' : `\n${described(cause)}`}`;
}

function same(found: unknown, expected: unknown): void {
  const [it, wanted] = [JSON.stringify(found), JSON.stringify(expected)];
  if (it !== wanted) throw new Error(`${it.slice(0, 200)} is not ${wanted.slice(0, 200)}`);
}

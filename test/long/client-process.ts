/** A process with a client and nothing else, so that its memory and processor time are those of the client. */

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMixFetch } from '../../src/index.ts';
import { serve } from '../support/child.ts';
import { content, contentPieces, sha256 } from './content.ts';
import { residentMemory, tidyMemory } from './memory.ts';

export type ClientJobs = typeof jobs;

/** How long something took, and how much of a processor. */
export interface Span {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

export interface Transfer extends Span {
  /** The most that was resident meanwhile, without what the garbage collector had not got round to. Bytes. */
  readonly memory: number;
}

export interface Pause {
  readonly afterBytes: number;
  readonly seconds: number;
  /** Asked for half-way through the pause. */
  readonly meanwhile: string;
}

/** What came of everything that was begun, and what became of the connection meanwhile. */
export interface SoakReport extends Span {
  /** By `done`, `wrong` for another answer than expected, or the code of the error. */
  readonly requests: Readonly<Record<string, number>>;
  readonly downloads: Readonly<Record<string, number>>;
  readonly messages: Readonly<Record<string, number>>;
  /** Messages that came, and how many of those came more than once. */
  readonly received: number;
  readonly repeated: number;
  /** Of the acknowledged messages, the ones that have not come. */
  readonly missing: number;
  /** Every state that was reported, in order. */
  readonly states: readonly string[];
}

const [api = '', ca = '', gateway = '', tls] = process.argv.slice(2);
const mixFetch = createMixFetch({
  api,
  extraCa: [ca],
  ...(gateway !== '' && { gateway }),
  tls: tls === 'own' ? 'own' : 'platform',
});

const jobs = {
  /** Reads piece by piece, and keeps nothing. */
  async download(url: string, pause?: Pause): Promise<Transfer & { sha256: string; meanwhile?: string }> {
    const hash = createHash('sha256');
    const done = startTransfer();
    const response = await mixFetch(url);
    if (response.body === null) throw new Error('there is no body');
    let bytes = 0;
    let meanwhile: Promise<string> | undefined;
    for await (const piece of response.body) {
      hash.update(piece);
      bytes += piece.length;
      if (pause === undefined || meanwhile !== undefined || bytes < pause.afterBytes) continue;
      await sleep(pause.seconds * 500);
      meanwhile = digestOf(pause.meanwhile);
      await Promise.all([meanwhile, sleep(pause.seconds * 500)]);
    }
    const transfer = done();
    return { ...transfer, sha256: hash.digest('hex'), ...(meanwhile && { meanwhile: await meanwhile }) };
  },

  /** As a stream that makes its content when it is asked for some. Gives what the server answered. */
  async upload(url: string, bytes: number): Promise<Transfer & { answer: string }> {
    const pieces = contentPieces(bytes);
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const { done, value } = pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
    });
    const done = startTransfer();
    const response = await mixFetch(url, { method: 'POST', body, duplex: 'half' } as RequestInit);
    const answer = await response.text();
    return { ...done(), answer };
  },

  /** So many of all sorts over the hosts in turn, a few at a time. `wrong` says which had not the answer they should. */
  async requests(hosts: readonly string[], count: number): Promise<Span & { wrong: string[]; times: number[] }> {
    const wrong: string[] = [];
    const times: number[] = [];
    let next = 0;
    const customer = async () => {
      while (next < count) {
        const number = next++;
        const host = hosts[number % hosts.length] ?? '';
        const started = performance.now();
        await oneOfAllSorts(host, number).then(
          right => right || wrong.push(`${number}: another answer`),
          error => wrong.push(`${number}: ${error} (${error?.cause})`),
        );
        times.push((performance.now() - started) / 1000);
      }
    };
    const stopwatch = startStopwatch();
    await Promise.all(Array.from({ length: AT_ONCE }, customer));
    return { ...stopwatch(), wrong, times };
  },

  /** Requests, downloads and messages to itself, one of each at a time, for so long. */
  async soak(hosts: readonly string[], seconds: number): Promise<SoakReport> {
    const { client } = mixFetch;
    const stopwatch = startStopwatch();
    const end = performance.now() + seconds * 1000;
    const [states, acknowledged, times]: [string[], number[], Map<number, number>] = [[], [], new Map()];
    const stateChanged = () => void states.push(client.state);
    const received = ({ data }: { readonly data: Uint8Array }) => {
      const number = Buffer.from(data).readUInt32BE();
      times.set(number, (times.get(number) ?? 0) + 1);
    };
    client.addEventListener('state', stateChanged);
    client.addEventListener('message', received);
    const tally = async (pause: number, act: (number: number) => Promise<boolean>) => {
      const outcomes: Record<string, number> = {};
      for (let number = 0; performance.now() < end; number++) {
        const outcome = await act(number).then(
          right => (right ? 'done' : 'wrong'),
          error => String((error?.cause ?? error)?.code ?? error),
        );
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
        await sleep(pause);
      }
      return outcomes;
    };
    const [requests, downloads, messages] = await Promise.all([
      tally(500, number => oneOfAllSorts(hosts[number % hosts.length] ?? '', number)),
      tally(5_000, async number => {
        const url = `https://${hosts[number % hosts.length]}/content?bytes=200000&seed=${number % 200}`;
        return (await digestOf(url)) === sha256(content(200_000, number % 200));
      }),
      tally(1_000, async number => {
        const data = Buffer.alloc(3_000);
        data.writeUInt32BE(number);
        await client.send(client.address, data);
        acknowledged.push(number);
        return true;
      }),
    ]);
    await sleep(5_000);
    client.removeEventListener('state', stateChanged);
    client.removeEventListener('message', received);
    return {
      ...stopwatch(),
      requests,
      downloads,
      messages,
      received: times.size,
      repeated: [...times.values()].filter(count => count > 1).length,
      missing: acknowledged.filter(number => !times.has(number)).length,
      states,
    };
  },

  /** Nothing but the traffic that a client always has. Also gives how many packets that was. */
  async idle(seconds: number): Promise<Span & { packets: number }> {
    const before = packetsSent();
    const stopwatch = startStopwatch();
    await sleep(seconds * 1000);
    return { ...stopwatch(), packets: packetsSent() - before };
  },

  residentMemory,

  /** The most that was ever resident, in bytes. */
  peakMemory: (): number => process.resourceUsage().maxRSS * 1024,

  retransmissions: (): number => mixFetch.client.stats().retransmissions,

  stop: (): Promise<void> => mixFetch.close(),
};

const AT_ONCE = 8;

async function oneOfAllSorts(host: string, number: number): Promise<boolean> {
  const url = (path: string) => `https://${host}${path}`;
  const body = `${number} of ${host}. `.repeat(100);
  switch (number % 4) {
    case 0:
      return (await (await mixFetch(url('/json'))).text()) === '{"answer":42}';
    case 1:
      return (await (await mixFetch(url('/digest'), { method: 'POST', body })).text()) === sha256(Buffer.from(body));
    case 2: {
      return (await digestOf(url(`/content?bytes=40000&seed=${number}`))) === sha256(content(40_000, number));
    }
    default: {
      const answer = await mixFetch(url('/gzip'));
      return (await answer.text()).startsWith('The quick brown fox');
    }
  }
}

async function digestOf(url: string): Promise<string> {
  return sha256(new Uint8Array(await (await mixFetch(url)).arrayBuffer()));
}

function startStopwatch(): () => Span {
  const started = performance.now();
  const cpu = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { seconds: (performance.now() - started) / 1000, cpuSeconds: (user + system) / 1e6 };
  };
}

function startTransfer(): () => Transfer {
  const stopwatch = startStopwatch();
  let memory = 0;
  const sample = () => {
    memory = Math.max(memory, tidyMemory());
  };
  const timer = setInterval(sample, 5_000);
  return () => {
    clearInterval(timer);
    sample();
    return { ...stopwatch(), memory };
  };
}

function packetsSent(): number {
  const { realSent, coverSent } = mixFetch.client.stats();
  return realSent + coverSent;
}

serve(jobs);

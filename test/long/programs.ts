/**
 * Programs at services, which do what programs do for so long, and note what came of everything that they began: `done`;
 * `wrong`, complete and yet not what it should be; `silent`, no word of it for longer than any loss may go unnoticed; or the
 * code of the error by which it was told.
 */

import { once } from 'node:events';
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { SocksClient } from 'socks';
import { SocksProxyAgent } from 'socks-proxy-agent';
import { WebSocket } from 'ws';
import type { Outcomes } from '../support/figures.ts';
import { content, sha256 } from './content.ts';

/** A proxy notices within 200 s that nothing comes any more of a connection. */
const SILENCE = 260_000;

export interface ProxyUse {
  readonly requests: Outcomes;
  readonly downloads: Outcomes;
  /** Lines over one connection that stays, and is made anew when it is lost. */
  readonly lines: Outcomes;
}

/** Requests, downloads and a conversation, one of each at a time. */
export async function useProxy(
  url: string,
  { hosts, ca, seconds }: { readonly hosts: readonly string[]; readonly ca: string; readonly seconds: number },
): Promise<ProxyUse> {
  const end = performance.now() + seconds * 1000;
  const conversation = new Conversation(url);
  const [requests, downloads, lines] = await Promise.all([
    tally(end, 500, number => arrivesWhole(url, { host: hosts[number % hosts.length], ca, number, bytes: 4_000 })),
    tally(end, 5_000, number => arrivesWhole(url, { host: hosts[number % hosts.length], ca, number, bytes: 200_000 })),
    tally(end, 2_000, number => conversation.echoes(`line ${number}\n`)),
  ]);
  conversation.end();
  return { requests, downloads, lines };
}

/** So many requests, all at once. */
export async function useAtOnce(
  url: string,
  { hosts, ca, connections }: { readonly hosts: readonly string[]; readonly ca: string; readonly connections: number },
): Promise<Outcomes> {
  const outcomes: Record<string, number> = {};
  const ask = async (_: unknown, number: number) => {
    const asked = arrivesWhole(url, { host: hosts[number % hosts.length], ca, number, bytes: 1_000 });
    const outcome = await outcomeOf(asked);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  };
  await Promise.all(Array.from({ length: connections }, ask));
  return outcomes;
}

export interface ServiceUse {
  /** By `done` where the message has come. */
  readonly messages: Outcomes;
  /** Messages that came more than once. */
  readonly repeated: number;
}

/** Messages that a program sends to itself, one at a time. */
export async function useMessages(url: string, { seconds }: { readonly seconds: number }): Promise<ServiceUse> {
  const end = performance.now() + seconds * 1000;
  const socket = new WebSocket(url);
  await once(socket, 'open');
  const times = new Map<string, number>();
  let arrived = () => {};
  let address = '';
  socket.on('message', bytes => {
    const told = JSON.parse(String(bytes)) as { type: string; address?: string; message?: string };
    if (told.type === 'selfAddress') address = told.address ?? '';
    if (told.type === 'received') times.set(told.message ?? '', (times.get(told.message ?? '') ?? 0) + 1);
    arrived();
  });
  const until = async (come: () => boolean) => {
    while (!come()) await new Promise<void>(resolve => (arrived = resolve));
  };
  socket.send(JSON.stringify({ type: 'selfAddress' }));
  await until(() => address !== '');
  const run = `${Math.round(performance.now())}`;
  const messages = await tally(end, 1_000, async number => {
    const message = `${run} ${number} ${'.'.repeat(3_000)}`;
    socket.send(JSON.stringify({ type: 'send', recipient: address, message }));
    await until(() => times.has(message));
    return true;
  });
  socket.close();
  await once(socket, 'close');
  return { messages, repeated: [...times.values()].filter(count => count > 1).length };
}

/** One after the other until `end`, with a pause between them. */
async function tally(end: number, pause: number, act: (number: number) => Promise<boolean>): Promise<Outcomes> {
  const outcomes: Record<string, number> = {};
  for (let number = 0; performance.now() < end; number++) {
    const outcome = await outcomeOf(act(number));
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    await sleep(pause);
  }
  return outcomes;
}

async function outcomeOf(act: Promise<boolean>): Promise<string> {
  const silence = new AbortController();
  const outcome = await Promise.race([
    act.then(
      right => (right ? 'done' : 'wrong'),
      error => String(error?.code ?? error?.message),
    ),
    sleep(SILENCE, 'silent', silence).catch(() => ''),
  ]);
  silence.abort();
  return outcome;
}

interface Asked {
  readonly host: string | undefined;
  readonly ca: string;
  readonly number: number;
  readonly bytes: number;
}

/** Whether the content is what it should be; over a connection of its own. */
async function arrivesWhole(proxy: string, { host, ca, number, bytes }: Asked): Promise<boolean> {
  const seed = number % 200;
  const agent = new SocksProxyAgent(proxy, { timeout: SILENCE });
  const asked = request(`https://${host}/content?bytes=${bytes}&seed=${seed}`, { agent, ca });
  // What comes behind the response is told by that, too.
  asked.on('error', () => {}).on('socket', socket => void socket.on('error', () => {}));
  asked.end();
  const [response] = await once(asked, 'response');
  const pieces: Uint8Array[] = [];
  for await (const piece of response) pieces.push(piece);
  return sha256(pieces) === sha256(content(bytes, seed));
}

/** With an echo. */
class Conversation {
  readonly #proxy: { readonly host: string; readonly port: number };
  #socket: Awaited<ReturnType<typeof SocksClient.createConnection>>['socket'] | undefined;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.#proxy = { host: hostname, port: Number(port) };
  }

  /** Rejects when the connection is lost, by an error or an end. */
  async echoes(line: string): Promise<boolean> {
    const socket = await this.#connected();
    return new Promise((resolve, reject) => {
      let echo = '';
      const over = (settle: () => void) => {
        socket.off('data', hear).off('error', lost).off('close', ended);
        settle();
      };
      const hear = (bytes: Buffer) => {
        echo += String(bytes);
        if (echo.length >= line.length) over(() => resolve(echo === line));
      };
      const lost = (error: unknown) => over(() => reject(error));
      const ended = () => lost(new Error('ended'));
      socket.on('data', hear).on('error', lost).on('close', ended);
      socket.write(line);
    });
  }

  end(): void {
    this.#socket?.destroy();
  }

  async #connected() {
    if (this.#socket?.destroyed === false) return this.#socket;
    const { socket } = await SocksClient.createConnection({
      proxy: { ...this.#proxy, type: 5 },
      command: 'connect',
      destination: { host: 'echo.test', port: 80 },
      timeout: SILENCE,
    });
    // Told also where nobody waits for a line.
    socket.on('error', () => {});
    this.#socket = socket;
    return socket;
  }
}

/**
 * Two services exchange messages over a network that loses packets, each in a process of its own, of which one is killed in
 * the middle and started anew with the same identity. In a short form and a long one.
 */

import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { encodeRecipient, parseRecipient } from '../../../src/message/index.ts';
import { content } from '../../long/content.ts';
import { type Child, startChild } from '../../support/child.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import type { ServiceJobs } from './service-process.ts';
import { Program, u64 } from './world.ts';

export interface ExchangeOptions {
  /** Of a directory whose network is reached over sockets. */
  readonly api: string;
  /** By both together. */
  readonly messages: number;
  /** The longest of them, bytes; at least 8. */
  readonly maxBytes: number;
  /** Between two messages of one side, ms. */
  readonly pause: number;
  readonly pace: 'quiet' | 'default';
}

/** What became of the messages in one direction. */
export interface Way {
  readonly handedOver: number;
  /** By the code of the error, or `done`: acknowledged. */
  readonly settled: Readonly<Record<string, number>>;
  /** Handed to the process that was killed, before it knew what became of them. */
  readonly diedWithIt: number;
  /** Of those, the ones that have come all the same. */
  readonly cameAllTheSame: number;
  readonly received: number;
  readonly receivedTwice: number;
  /** Other bytes than were sent. */
  readonly wrong: number;
  /** Acknowledged by the recipient's gateway, and not received. */
  readonly lost: number;
  /** Of those, the ones that were under way when the recipient's process was killed. */
  readonly lostUnderWay: number;
}

export interface Exchange {
  readonly toKilled: Way;
  readonly fromKilled: Way;
  /** Of the process that lived: what it sent again, and what it still waits for. */
  readonly retransmissions: number;
  readonly pending: number;
  readonly sameAddress: boolean;
  /** How long nothing was there to receive, ms. */
  readonly away: number;
}

/** Nothing came twice, each of the messages of both sides settled, and what is lost was on its way into the dying process. */
export function expectAccounted({ toKilled, fromKilled, ...report }: Exchange, ofEach: number): void {
  expect(report).toMatchObject({ sameAddress: true, pending: 0 });
  for (const way of [toKilled, fromKilled]) {
    expect(way).toMatchObject({ handedOver: ofEach, receivedTwice: 0, wrong: 0 });
    expect(Object.keys(way.settled)).toEqual(['done']);
  }
  expect(toKilled).toMatchObject({ settled: { done: ofEach }, diedWithIt: 0, received: ofEach - toKilled.lost });
  expect(toKilled.lostUnderWay).toBe(toKilled.lost);
  expect(fromKilled.lost).toBe(0);
  expect(fromKilled.received).toBe((fromKilled.settled['done'] ?? 0) + fromKilled.cameAllTheSame);
}

/** A message is known as acknowledged only some time after it was pushed: what was settled so recently may be lost too. */
const UNDER_WAY = 3_000;

export async function exchange({ api, messages, maxBytes, pause, pace }: ExchangeOptions): Promise<Exchange> {
  const directory = await mkdtemp(join(tmpdir(), 'mixfetch-services-'));
  const [alice, bob] = [new Party('alice'), new Party('bob')];
  for (const party of [alice, bob]) await party.start(directory, api, pace);
  const random = seededRandom('exchange');
  const half = Math.floor(messages / 2);
  let killedAt = Number.POSITIVE_INFINITY;
  let away = 0;
  const sending = [alice, bob].map(async (party, side) => {
    const to = side === 0 ? bob : alice;
    for (let i = 0; i < half; i++) {
      const length = 8 + (new DataView(random(4).buffer).getUint32(0) % (maxBytes - 7));
      await party.send(to.address, 2 * i + side, length);
      await sleep(pause);
    }
  });
  const address = bob.address;
  const killing = (async () => {
    while (bob.sent.size < half / 2) await sleep(pause);
    killedAt = Date.now();
    await bob.kill();
    await bob.start(directory, api, pace);
    away = Date.now() - killedAt;
  })();
  await Promise.all([...sending, killing]);
  for (const party of [alice, bob]) await party.settled(killedAt);
  for (const [from, to] of [
    [alice, bob],
    [bob, alice],
  ] as const)
    await arrival(from, to, killedAt);
  await quietOf([alice, bob]);
  const { retransmissions, messagesPending: pending } = await alice.stats();
  const report = {
    toKilled: wayOf(alice, bob, killedAt),
    fromKilled: wayOf(bob, alice, killedAt),
    retransmissions,
    pending,
    sameAddress: bob.address === address,
    away,
  };
  for (const party of [alice, bob]) await party.stop();
  await rm(directory, { recursive: true });
  return report;
}

/** A service in a process, and the program that uses it. */
class Party {
  readonly name: string;
  /** When each message was handed over, and how long it is, by its number. */
  readonly sent = new Map<number, { readonly at: number; readonly length: number }>();
  /** How often each message has come, by its number. */
  readonly received = new Map<number, number>();
  readonly lengths = new Map<number, number>();
  wrong = 0;
  address = '';
  lastReceived = Date.now();
  #notes = '';
  #process: Child<ServiceJobs> | undefined;
  #program: Program | undefined;

  constructor(name: string) {
    this.name = name;
  }

  async start(directory: string, api: string, pace: string): Promise<void> {
    this.#notes = join(directory, `${this.name}.notes`);
    const script = new URL('service-process.ts', import.meta.url);
    const child = startChild<ServiceJobs>(script, { args: [api, join(directory, this.name), this.#notes, pace] });
    const { url, address } = await child.ask('entrance');
    this.address = address;
    this.#process = child;
    const program = await Program.at({ url });
    program.socket.on('message', (frame: Buffer) => this.#take(frame));
    for (const frame of program.received.splice(0)) if (typeof frame !== 'string') this.#take(frame);
    this.#program = program;
  }

  async kill(): Promise<void> {
    this.#program = undefined;
    this.#process?.signal('SIGKILL');
    await this.#process?.exitCode;
  }

  /** Every other one can be answered. Waits while there is no service. */
  async send(recipient: string, number: number, length: number): Promise<void> {
    while (this.#program === undefined) await sleep(50);
    const message = messageOf(number, length);
    const to = encodeRecipient(parseRecipient(recipient));
    const head = number % 4 < 2 ? [0, to] : [1, 0, 0, 0, 2, to];
    this.sent.set(number, { at: Date.now(), length });
    this.#program.bytes(...head, u64(0), u64(message.length), message);
  }

  #take(frame: Buffer): void {
    if (frame[0] !== 1) throw new Error(`the service says ${frame.toString()}`);
    const message = frame.subarray(frame[1] === 1 ? 26 : 10);
    const number = message.readUInt32BE();
    this.lastReceived = Date.now();
    this.received.set(number, (this.received.get(number) ?? 0) + 1);
    if (!message.equals(messageOf(number, message.length))) this.wrong += 1;
    this.lengths.set(number, message.length);
  }

  /** What the service has noted of its messages. */
  outcomes(): Map<number, { readonly outcome: string; readonly at: number }> {
    const lines = existsSync(this.#notes) ? readFileSync(this.#notes, 'utf8').trim().split('\n') : [];
    return new Map(
      lines.map(line => {
        const [number = '', outcome = '', at = ''] = line.split(' ');
        return [Number(number), { outcome, at: Number(at) }];
      }),
    );
  }

  /** Resolves when every message is, but for those that died with the process. */
  async settled(killedAt: number): Promise<void> {
    const died = (number: number) => this.name === 'bob' && (this.sent.get(number)?.at ?? 0) <= killedAt;
    for (;;) {
      const outcomes = this.outcomes();
      if ([...this.sent.keys()].every(number => outcomes.has(number) || died(number))) return;
      await sleep(200);
    }
  }

  stats() {
    if (this.#process === undefined) throw new Error('there is no process');
    return this.#process.ask('stats');
  }

  async stop(): Promise<void> {
    this.#program?.socket.terminate();
    await this.#process?.ask('stop');
    await this.#process?.end();
  }
}

function wayOf(from: Party, to: Party, killedAt: number): Way {
  const outcomes = from.outcomes();
  const numbers = [...from.sent.keys()];
  const settled: Record<string, number> = {};
  for (const { outcome } of outcomes.values()) settled[outcome] = (settled[outcome] ?? 0) + 1;
  const died = numbers.filter(number => !outcomes.has(number));
  const lost = numbers.filter(number => outcomes.get(number)?.outcome === 'done' && !to.received.has(number));
  const lostUnderWay = lost.filter(number => {
    const [handedOver, settledAt] = [from.sent.get(number)?.at ?? 0, outcomes.get(number)?.at ?? 0];
    return handedOver <= killedAt && settledAt >= killedAt - UNDER_WAY;
  });
  const counts = [...to.received.values()];
  return {
    handedOver: numbers.length,
    settled,
    diedWithIt: died.length,
    cameAllTheSame: died.filter(number => to.received.has(number)).length,
    received: counts.length,
    receivedTwice: counts.filter(count => count > 1).length,
    wrong: to.wrong + [...to.lengths].filter(([number, length]) => from.sent.get(number)?.length !== length).length,
    lost: lost.length,
    lostUnderWay: lostUnderWay.length,
  };
}

/** All has come that was handed over after one was killed, and acknowledged; at most a minute is waited for it. */
async function arrival(from: Party, to: Party, killedAt: number): Promise<void> {
  const outcomes = from.outcomes();
  const expected = [...from.sent].filter(
    ([number, { at }]) => at > killedAt && outcomes.get(number)?.outcome === 'done',
  );
  const end = Date.now() + 60_000;
  while (Date.now() < end && !expected.every(([number]) => to.received.has(number))) await sleep(200);
}

/** Nothing has come for a while. */
async function quietOf(parties: readonly Party[]): Promise<void> {
  while (parties.some(({ lastReceived }) => Date.now() - lastReceived < 3_000)) await sleep(200);
}

function messageOf(number: number, length: number): Buffer {
  const message = content(length, number % 200);
  message.writeUInt32BE(number);
  return message;
}

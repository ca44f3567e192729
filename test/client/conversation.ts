/** Two clients in conversation, for hours or minutes, and the books that are kept of it. */

import type { ClientCore, ReceivedMessage } from '../../src/client/index.ts';
import { MixnetError } from '../../src/errors.ts';
import type { Milliseconds, Platform } from '../../src/platform/platform.ts';

/** A client, and everything that has come to it. */
export interface Talker {
  readonly core: ClientCore;
  readonly received: readonly ReceivedMessage[];
}

/** Counts what becomes of promises, by the code of the error or `done`. */
export class Work {
  readonly outcomes: Record<string, number> = {};
  sent = 0;
  pending = 0;

  async count(promise: Promise<void>): Promise<boolean> {
    this.sent += 1;
    this.pending += 1;
    const outcome = await promise.then(
      () => 'done',
      (error: unknown) => (error instanceof MixnetError ? error.code : String(error)),
    );
    this.pending -= 1;
    this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
    return outcome === 'done';
  }
}

/** Messages of one to some packets, every other one repliable, and an answer to each of those. */
export function converse(
  platform: Platform,
  alice: Talker,
  bob: Talker,
  { every, until }: { every: Milliseconds; until: Milliseconds },
) {
  const work = new Work();
  const [sent, answered]: [number[], number[]] = [[], []];
  const acknowledged: { messages: number[]; replies: number[] } = { messages: [], replies: [] };
  const pseudonym = alice.core.pseudonym(bob.core.address, 'conversation');
  bob.core.subscribe(message => {
    if (message.kind !== 'repliable') return;
    const number = numberIn(message);
    answered.push(number);
    void work.count(bob.core.reply(message.senderTag, numbered(number, 100 + (number % 7) * 700))).then(done => {
      if (done) acknowledged.replies.push(number);
    });
  });
  const say = (number: number) => {
    if (platform.now() > until) return;
    const data = numbered(number, 100 + (number % 5) * 1500);
    sent.push(number);
    const message =
      number % 2 === 0
        ? alice.core.send(bob.core.address, data)
        : alice.core.sendAnonymous(pseudonym, data, { replySurbs: 12 });
    void work.count(message).then(done => {
      if (done) acknowledged.messages.push(number);
    });
    platform.setTimer(() => say(number + 1), every);
  };
  say(1);
  return Object.assign(work, {
    acknowledged,
    numbers: sent,
    replies: answered,
  });
}

/** An answer that does not end: whatever reply blocks the other side asks for, it gets. */
export function replyWithoutEnd(alice: Talker, bob: Talker) {
  const work = new Work();
  const sent: number[] = [];
  let going = true;
  const pseudonym = alice.core.pseudonym(bob.core.address, 'download');
  bob.core.subscribe(message => {
    if (message.kind !== 'repliable') return;
    const { senderTag } = message;
    const server = async () => {
      while (going) {
        sent.push(sent.length);
        await work.count(bob.core.reply(senderTag, numbered(sent.length - 1, 20_000)));
      }
    };
    for (let i = 0; i < 4; i++) void server();
  });
  void alice.core.sendAnonymous(pseudonym, new Uint8Array(8), { replySurbs: 50 });
  return Object.assign(work, {
    numbers: sent,
    stop() {
      going = false;
    },
  });
}

/** Data that says which message it is. */
export function numbered(number: number, length: number): Uint8Array {
  const data = new Uint8Array(length);
  new DataView(data.buffer).setUint32(0, number);
  return data;
}

export function numberIn({ data }: { readonly data: Uint8Array }): number {
  return new DataView(data.buffer, data.byteOffset).getUint32(0);
}

/** Of the messages with data, in their order of sending. */
export function numbers(received: readonly ReceivedMessage[]): number[] {
  return inOrder(received.map(numberIn));
}

export function inOrder(numbers: readonly number[]): number[] {
  return numbers.toSorted((a, b) => a - b);
}

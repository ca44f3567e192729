import type { SenderTag } from '../message/index.ts';
import type { Platform } from '../platform/platform.ts';
import type { AnonymousSender } from './anonymous-sender.ts';
import { fragmentKey } from './pending-acks.ts';
import type { Pseudonym } from './pseudonym.ts';
import type { Received, Receiver } from './receive.ts';
import type { Replier } from './replier.ts';
import type { Counters } from './stats.ts';
import type { SurbRequest, SurbSupply } from './surb-supply.ts';
import type { Transmissions } from './transmissions.ts';

/** A complete message, as the application gets it. */
export type ReceivedMessage =
  /** From somebody who does not say who. */
  | { readonly kind: 'plain'; readonly data: Uint8Array }
  /** The same, but `reply` with this tag answers it. */
  | { readonly kind: 'repliable'; readonly data: Uint8Array; readonly senderTag: SenderTag }
  /** An answer to what was sent under this pseudonym. */
  | { readonly kind: 'reply'; readonly data: Uint8Array; readonly pseudonym: Pseudonym };

export interface InboxOptions {
  readonly platform: Platform;
  readonly receiver: Receiver;
  readonly transmissions: Transmissions;
  readonly replier: Replier;
  readonly anonymousSender: AnonymousSender;
  readonly supply: SurbSupply;
  readonly counters: Counters;
  /**
   * Keeps the sets of a message that nobody has asked for. It is delivered when that is done: then a restart cannot make it
   * come twice. Answers need no such thing, since their keys do not outlive a restart.
   */
  readonly keep?: ((sets: readonly number[]) => Promise<void>) | undefined;
}

/** Hands what the gateway pushes to whoever it concerns. */
export class Inbox {
  readonly #options: InboxOptions;
  readonly #listeners = new Set<(message: ReceivedMessage) => void>();

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  subscribe(listener: (message: ReceivedMessage) => void): () => void {
    const subscription = (message: ReceivedMessage) => listener(message);
    this.#listeners.add(subscription);
    return () => void this.#listeners.delete(subscription);
  }

  clear(): void {
    this.#listeners.clear();
  }

  push(bytes: Uint8Array): void {
    const { receiver, platform, counters, supply } = this.#options;
    const received = receiver.push(bytes, platform.now());
    if ('pseudonym' in received && received.pseudonym !== undefined) supply.used(received.pseudonym);
    switch (received.type) {
      case 'ack':
        this.#acked(received);
        break;
      case 'cover-ack':
        counters.coverAcksReceived += 1;
        break;
      case 'cover':
        counters.coverReceived += 1;
        break;
      case 'dropped':
        counters.packetsDropped += 1;
        break;
      case 'fragment-stored':
        counters.realReceived += 1;
        break;
      case 'message':
        counters.realReceived += 1;
        this.#read(received);
        break;
    }
  }

  #acked({ id }: Extract<Received, { type: 'ack' }>): void {
    const { transmissions, replier, counters } = this.#options;
    const outgoing = transmissions.acked(fragmentKey(id));
    if (outgoing === undefined) return; // late, or once more
    counters.acksReceived += 1;
    replier.acked(outgoing);
  }

  #read({ message, pseudonym, sets }: Extract<Received, { type: 'message' }>): void {
    const { replier, counters } = this.#options;
    switch (message.kind) {
      case 'plain':
        this.#deliverOnce({ kind: 'plain', data: message.data }, sets);
        break;
      case 'repliable': {
        const { tag: senderTag, content, surbs, data } = message;
        replier.received(senderTag, surbs, content === 'additional-surbs');
        if (content === 'data') this.#deliverOnce({ kind: 'repliable', data, senderTag }, sets);
        break;
      }
      case 'reply':
        if (pseudonym === undefined) break;
        counters.repliesReceived += 1;
        this.#deliver({ kind: 'reply', data: message.data, pseudonym });
        break;
      case 'surb-request':
        if (pseudonym === undefined) break;
        counters.surbRequestsReceived += 1;
        this.#supply(message, pseudonym);
        break;
    }
  }

  #supply(request: SurbRequest, pseudonym: Pseudonym): void {
    const { supply, anonymousSender, platform } = this.#options;
    const amount = request.amount - anonymousSender.supplied(pseudonym, request.amount);
    anonymousSender.answer(pseudonym, supply.answer({ ...request, amount }, pseudonym, platform.now()));
  }

  #deliverOnce(message: ReceivedMessage, sets: readonly number[]): void {
    const kept = this.#options.keep?.(sets);
    if (kept === undefined) this.#deliver(message);
    else void kept.then(() => this.#deliver(message));
  }

  #deliver(message: ReceivedMessage): void {
    this.#options.counters.messagesReceived += 1;
    for (const listener of [...this.#listeners]) {
      try {
        listener(message);
      } catch (error) {
        // The listener's bug is not ours: the other listeners and the next packets go on, and the runtime reports it.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

import { ReceivedSurbs, type ReplyDecision } from '../../src/client/received-surbs.ts';
import type { RotationView } from '../../src/client/rotation-view.ts';
import { SentReplyKeys } from '../../src/client/sent-reply-keys.ts';
import { SurbSupply } from '../../src/client/surb-supply.ts';
import { uniformUnit } from '../../src/crypto/sampling.ts';
import { type ReplySurb, replyKeyDigest } from '../../src/message/index.ts';
import type { Milliseconds, RandomBytes } from '../../src/platform/platform.ts';
import { rotationMarker } from '../../src/sphinx/index.ts';
import { someRecipient } from '../message/support.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { pseudonym, replyBlocks } from './reply-blocks.ts';

interface Event {
  readonly at: Milliseconds;
  readonly order: number;
  readonly happen: () => void;
}

export interface ConversationOptions {
  readonly strictReserve?: boolean;
  /** Share of packets that are lost, both ways. Default none. */
  readonly loss?: number;
  readonly seed?: string;
}

/**
 * An anonymous sender and who replies to it, without packets: the books of both sides, and between them a mixnet that
 * takes 100 to 400 ms, loses packets, and refuses those of keys that are gone. Runs hours in a second.
 */
export class ReplyConversation {
  readonly alice = pseudonym(1);
  readonly keys = new SentReplyKeys();
  readonly supply = new SurbSupply();
  readonly holder: ReceivedSurbs<number>;
  now: Milliseconds = 0;

  /** Replies that arrived, and how often. */
  readonly delivered = new Map<number, number>();
  readonly failed: number[] = [];
  readonly requested: number[] = [];
  readonly given: number[] = [];
  /** Reply packets that carried a key which the network, or the maker, no longer had. */
  dead = 0;
  /** Fewest reply blocks left in the store right after data went out. */
  lowestAfterData = Number.POSITIVE_INFINITY;
  mostHeld = 0;
  /** While set, requests are not answered. */
  mute = false;

  readonly #events: Event[] = [];
  readonly #random: RandomBytes;
  readonly #loss: number;
  readonly #attempts = new Map<number, number>();
  readonly #acked = new Set<number>();
  /** Of the network, the maker of reply blocks and their holder: each learns of a rotation at its own time. */
  #network: RotationView = { rotation: 7, previousAccepted: false };
  #maker: RotationView = this.#network;
  #order = 0;
  #items = 0;

  constructor(options: ConversationOptions = {}) {
    this.holder = new ReceivedSurbs({ strictReserve: options.strictReserve ?? false });
    this.#random = seededRandom(options.seed ?? 'conversation');
    this.#loss = options.loss ?? 0;
    this.holder.rotate(this.#network, 0);
    this.#every(5000, () => this.#obey(this.holder.inspect(this.now)));
    this.#every(60_000, () => this.keys.purge(this.now));
  }

  /** The anonymous side sends data, with so many reply blocks. */
  say(surbs: number): void {
    this.#give(surbs, false);
  }

  /** The other side answers with so many packets; returns the numbers by which they are counted. */
  answer(packets: number, lane = 'general'): number[] {
    const items = Array.from({ length: packets }, () => ++this.#items);
    this.#obey(this.holder.reply(this.alice.tag, lane, items, this.now));
    return items;
  }

  rotateNetwork(view: RotationView): void {
    this.#network = view;
  }

  rotateMaker(view: RotationView): void {
    this.#maker = view;
    this.keys.rotate(view);
  }

  rotateHolder(view: RotationView): void {
    this.#obey(this.holder.rotate(view, this.now));
  }

  run(duration: Milliseconds): void {
    const end = this.now + duration;
    for (;;) {
      const next = this.#events.at(-1);
      if (next === undefined || next.at > end) break;
      this.#events.pop();
      this.now = next.at;
      next.happen();
    }
    this.now = end;
  }

  #obey({ send, requests, failed }: ReplyDecision<number>): void {
    for (const { item, surb } of send) this.#sendReply(item, surb);
    if (send.length > 0) {
      this.lowestAfterData = Math.min(this.lowestAfterData, this.holder.available(this.alice.tag) + requests.length);
    }
    for (const { surb, amount } of requests) {
      this.requested.push(amount);
      this.#sendRequest(surb, amount, 0);
    }
    this.failed.push(...failed);
  }

  #sendReply(item: number, surb: ReplySurb): void {
    const attempt = (this.#attempts.get(item) ?? 0) + 1;
    this.#attempts.set(item, attempt);
    this.#travel(surb, () => {
      this.delivered.set(item, (this.delivered.get(item) ?? 0) + 1);
      if (this.#isLost()) return; // the acknowledgement
      this.#after(this.#delay(), () => {
        this.#acked.add(item);
        this.holder.drop(this.alice.tag, parked => parked === item);
      });
    });
    this.#after(1600, () => {
      if (this.#acked.has(item)) return;
      if (attempt > 10) this.failed.push(item);
      else this.#obey(this.holder.replyAgain(this.alice.tag, item, this.now));
    });
  }

  #sendRequest(surb: ReplySurb, amount: number, retransmissions: number): void {
    let acked = false;
    this.#travel(surb, () => {
      acked = true;
      // A repetition of a message that arrived is not read again.
      if (this.mute) return;
      const batches = this.supply.answer({ recipient: someRecipient, amount }, this.alice, this.now);
      for (const batch of batches) this.#give(batch, true);
    });
    this.#after(1600, () => {
      const again = acked || retransmissions >= 10 ? undefined : this.holder.requestAgain(this.alice.tag);
      if (again !== undefined) this.#sendRequest(again, amount, retransmissions + 1);
    });
  }

  /** Messages to a known recipient are sent again until they arrive. */
  #give(count: number, requested: boolean): void {
    const surbs = replyBlocks(count, rotationMarker(this.#maker.rotation));
    if (requested) this.given.push(count);
    this.keys.register(surbs, this.alice, this.#maker.rotation, this.now);
    let delay = this.#delay();
    for (let fragment = 0; fragment < Math.ceil((count * 460) / 1604); fragment++) {
      let arrival = this.#delay();
      while (this.#isLost()) arrival += 1600;
      delay = Math.max(delay, arrival);
    }
    this.#after(delay, () => {
      this.#obey(this.holder.received(this.alice.tag, surbs, requested, this.now));
      this.mostHeld = Math.max(this.mostHeld, this.holder.available(this.alice.tag));
    });
  }

  /** By a reply block, unless the packet is lost or its keys are gone. */
  #travel(surb: ReplySurb, arrive: () => void): void {
    if (this.#isLost()) return;
    this.#after(this.#delay(), () => {
      const { rotation, previousAccepted } = this.#network;
      const accepted = surb.rotation === rotationMarker(rotation) || previousAccepted;
      const sent = accepted ? this.keys.take(replyKeyDigest(surb.key), this.now) : undefined;
      if (sent === undefined) {
        this.dead += 1;
        return;
      }
      this.supply.used(sent.pseudonym);
      arrive();
    });
  }

  #isLost(): boolean {
    return this.#loss > 0 && uniformUnit(this.#random) < this.#loss;
  }

  #delay(): Milliseconds {
    return 100 + 300 * uniformUnit(this.#random);
  }

  #every(interval: Milliseconds, happen: () => void): void {
    this.#after(interval, () => {
      happen();
      this.#every(interval, happen);
    });
  }

  #after(delay: Milliseconds, happen: () => void): void {
    const event: Event = { at: this.now + delay, order: this.#order++, happen };
    // Latest first, so that the next is popped off the end.
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#events[middle];
      if (other !== undefined && other.at > event.at) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
  }
}

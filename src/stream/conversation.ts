/** What is said to one recipient under one pseudonym, and the reply blocks for the answers. */

import type { Milliseconds } from '../platform/platform.ts';
import type { StreamCore, StreamPseudonym } from './stream-core.ts';
import { type CreditDemand, SurbCredit } from './surb-credit.ts';

export interface ConversationOptions {
  readonly core: StreamCore;
  readonly pseudonym: StreamPseudonym;
  readonly now: () => Milliseconds;
  /** Of all connections that share the reply blocks. */
  readonly demands: () => readonly CreditDemand[];
  /** How many reply blocks the other side is believed to hold, whenever that may have changed. */
  readonly credited: (held: number) => void;
}

export class Conversation {
  readonly pseudonym: StreamPseudonym;
  readonly #options: ConversationOptions;
  readonly #credit = new SurbCredit();
  #heard = false;
  #restrained = false;

  constructor(options: ConversationOptions) {
    this.pseudonym = options.pseudonym;
    this.#options = options;
  }

  /**
   * With as many reply blocks as fit without another packet. Until the other side has answered, every message brings what it
   * can: who has not got a single one has nobody to answer to.
   */
  send(message: Uint8Array, lane: string): Promise<void> {
    const { core, demands, now } = this.#options;
    const held = core.surbsHeldBy(this.pseudonym);
    const target = this.#credit.target(demands(), now());
    const replySurbs = this.#credit.riding(message.length, this.#heard ? held : Math.min(held, target - 3), target);
    return core.sendAnonymous(this.pseudonym, message, { replySurbs, lane });
  }

  /** After what has to go first is sent: brings the other side's reply blocks to what its answers will use. */
  topUp(): void {
    const { core, now, credited } = this.#options;
    const demands = this.#options.demands();
    this.#restrain(this.#credit.holdsBack(demands, now()));
    const target = this.#credit.target(demands, now());
    for (const amount of this.#credit.topUps(core.surbsHeldBy(this.pseudonym), target)) {
      core.supplySurbs(this.pseudonym, amount);
    }
    // Who gets nothing on purpose does not starve.
    credited(this.#restrained ? Number.POSITIVE_INFINITY : core.surbsHeldBy(this.pseudonym));
  }

  /** An answer of that many bytes has come, to the connection with that demand, if to one that is known. */
  heard(bytes: number, demand: CreditDemand | undefined): void {
    this.#heard = true;
    // Who does not keep up, or was told how much comes, says nothing of what follows.
    if (demand?.lagging || demand?.expectedBytes !== undefined) return;
    this.#credit.received(bytes, this.#options.now());
  }

  release(): void {
    this.#options.core.releasePseudonym(this.pseudonym);
  }

  /** Not sending reply blocks ahead holds up nobody who may ask for them. */
  #restrain(restrained: boolean): void {
    if (this.#restrained === restrained) return;
    this.#restrained = restrained;
    this.#options.core.restrainSurbs(this.pseudonym, restrained);
  }
}

/** What is between one pseudonym and one exit: the connections that share its reply blocks. */

import type { Milliseconds } from '../platform/platform.ts';
import type { ExitCore, ExitPseudonym } from './exit-core.ts';
import { type ConnectionId, decodeResponse, type RequesterResponse } from './requester-message.ts';
import { type CreditDemand, SurbCredit } from './surb-credit.ts';

export interface SessionConnection {
  readonly id: ConnectionId;
  readonly demand: CreditDemand | undefined;
  received(response: RequesterResponse): void;
  credit(held: number): void;
}

export class ExitSession {
  readonly pseudonym: ExitPseudonym;
  readonly #core: ExitCore;
  readonly #now: () => Milliseconds;
  readonly #connections = new Map<ConnectionId, SessionConnection>();
  readonly #credit = new SurbCredit();
  #heard = false;
  #restrained = false;
  #idleSince: Milliseconds;

  constructor(core: ExitCore, pseudonym: ExitPseudonym, now: () => Milliseconds) {
    this.#core = core;
    this.pseudonym = pseudonym;
    this.#now = now;
    this.#idleSince = now();
  }

  /** `undefined` while it has a connection. */
  get idleSince(): Milliseconds | undefined {
    return this.#connections.size > 0 ? undefined : this.#idleSince;
  }

  attach(connection: SessionConnection): void {
    this.#connections.set(connection.id, connection);
  }

  detach(connection: SessionConnection): void {
    this.#connections.delete(connection.id);
    this.#idleSince = this.#now();
    this.topUp();
  }

  /**
   * With as many reply blocks as fit without another packet. Until the exit has answered, every message brings what it
   * can: an exit without a single one has nobody to answer to.
   */
  send(message: Uint8Array, lane: string): Promise<void> {
    const held = this.#core.surbsHeldBy(this.pseudonym);
    const target = this.#credit.target(this.#demands(), this.#now());
    const replySurbs = this.#credit.riding(message.length, this.#heard ? held : Math.min(held, target - 3), target);
    return this.#core.sendAnonymous(this.pseudonym, message, { replySurbs, lane });
  }

  /** After what has to go first is sent: brings the exit's reply blocks to what its connections will use. */
  topUp(): void {
    const demands = this.#demands();
    this.#restrain(this.#credit.holdsBack(demands, this.#now()));
    const target = this.#credit.target(demands, this.#now());
    for (const amount of this.#credit.topUps(this.#core.surbsHeldBy(this.pseudonym), target)) {
      this.#core.supplySurbs(this.pseudonym, amount);
    }
    // Who gets nothing on purpose does not starve.
    const held = this.#restrained ? Number.POSITIVE_INFINITY : this.#core.surbsHeldBy(this.pseudonym);
    for (const connection of this.#connections.values()) connection.credit(held);
  }

  /** What is not a response, or to a connection that is over, is ignored. */
  received(data: Uint8Array): void {
    this.#heard = true;
    const response = tryDecode(data);
    const answer = response?.kind === 'data' || response?.kind === 'error' ? response : undefined;
    const connection = answer && this.#connections.get(answer.connection);
    if (connection?.demand?.lagging !== true) this.#credit.received(data.length, this.#now());
    if (answer) connection?.received(answer);
    this.topUp();
  }

  release(): void {
    this.#core.releasePseudonym(this.pseudonym);
  }

  #demands(): CreditDemand[] {
    return [...this.#connections.values()].flatMap(({ demand }) => demand ?? []);
  }

  /** Not sending reply blocks ahead holds up nobody who may ask for them. */
  #restrain(restrained: boolean): void {
    if (this.#restrained === restrained) return;
    this.#restrained = restrained;
    this.#core.restrainSurbs(this.pseudonym, restrained);
  }
}

function tryDecode(data: Uint8Array): RequesterResponse | undefined {
  try {
    return decodeResponse(data).response;
  } catch {
    return undefined;
  }
}

/** A `RequesterConnection` at work: its messages on their lane, its deadline on a timer. */

import type { MixnetError } from '../errors.ts';
import type { Milliseconds, Platform, Timer } from '../platform/platform.ts';
import { type CreditDemand, MAX_UNACKNOWLEDGED_BYTES, type StreamCore } from '../stream/index.ts';
import type { ExitSession, SessionConnection } from './exit-session.ts';
import {
  type ConnectionAction,
  MAX_UNACKNOWLEDGED_MESSAGES,
  RequesterConnection,
  type RequesterConnectionOptions,
} from './requester-connection.ts';
import type { RequesterResponse } from './requester-message.ts';

export interface ConnectionEvents {
  opened(): void;
  delivered(data: Uint8Array): void;
  /** The other side has sent all it had. */
  ended(): void;
  failed(error: unknown): void;
  /** There may be room for more. */
  acknowledged(): void;
}

export interface ExitConnectionOptions extends Pick<RequesterConnectionOptions, 'address' | 'connectTimeout'> {
  readonly core: StreamCore;
  readonly platform: Pick<Platform, 'now' | 'setTimer' | 'randomBytes'>;
  readonly session: ExitSession;
  readonly on: ConnectionEvents;
  /** Called once, when nothing is left of it. */
  readonly released: () => void;
}

/** Events come until the first of `ended`, `failed` and `close`; what is still on its way up is looked after alone. */
export class ExitConnection implements SessionConnection {
  readonly id: bigint;
  readonly session: ExitSession;
  readonly #core: StreamCore;
  readonly #platform: ExitConnectionOptions['platform'];
  readonly #machine: RequesterConnection;
  readonly #lane: string;
  readonly #released: () => void;
  #on: ConnectionEvents | undefined;
  #timer: { readonly at: number; readonly timer: Timer } | undefined;
  #over = false;

  constructor({ core, platform, session, on, released, address, connectTimeout }: ExitConnectionOptions) {
    const { id, name } = randomId(platform);
    this.id = id;
    this.session = session;
    this.#core = core;
    this.#platform = platform;
    this.#machine = new RequesterConnection({ id, address, now: platform.now(), connectTimeout });
    this.#lane = `connection:${name}`;
    this.#on = on;
    this.#released = released;
    session.attach(this);
  }

  get demand(): CreditDemand | undefined {
    return this.#machine.demand;
  }

  /** How many bytes may be written now. */
  get room(): number {
    const { messages, bytes } = this.#core.unacknowledged(this.#lane);
    return messages < MAX_UNACKNOWLEDGED_MESSAGES ? Math.max(0, MAX_UNACKNOWLEDGED_BYTES - bytes) : 0;
  }

  open(): void {
    this.#apply(this.#machine.open());
  }

  /** The first bytes from the other side must come within that time. */
  awaitAnswer(within: Milliseconds): void {
    this.#machine.awaitAnswer(this.#platform.now() + within);
    this.#arm();
  }

  write(data: Uint8Array): void {
    this.#apply(this.#machine.write(data, this.#platform.now()));
  }

  taken(bytes: number): void {
    const lagged = this.#machine.lagging;
    this.#machine.taken(bytes, this.#platform.now());
    if (lagged && !this.#machine.lagging) this.session.topUp();
  }

  expect(bytes: number): void {
    this.#machine.expect(bytes);
    this.session.topUp();
  }

  received(response: RequesterResponse): void {
    this.#apply(this.#machine.received(response, this.#platform.now()));
  }

  credit(held: number): void {
    this.#machine.credit(held, this.#platform.now());
    this.#arm();
  }

  /** What was written still goes up. */
  close(): void {
    this.#on = undefined;
    this.#apply(this.#machine.close(this.#platform.now()));
  }

  /** Without a word to the exit. */
  forget(): void {
    if (this.#over) return;
    this.#over = true;
    this.#on = undefined;
    this.#timer?.timer.cancel();
    this.#core.dropLane(this.#lane);
    this.session.detach(this);
    this.#released();
  }

  #apply(actions: readonly ConnectionAction[]): void {
    for (const action of actions) this.#do(action);
    this.#arm();
  }

  #do(action: ConnectionAction): void {
    const on = this.#on;
    switch (action.do) {
      case 'send':
        this.#send(action.message, action.sequence);
        return;
      case 'opened':
        on?.opened();
        return;
      case 'deliver':
        on?.delivered(action.data);
        return;
      case 'end':
        this.#on = undefined;
        on?.ended();
        return;
      case 'fail':
        this.#on = undefined;
        on?.failed(action.error);
        return;
      case 'forget':
        this.forget();
    }
  }

  #send(message: Uint8Array, sequence: bigint | undefined): void {
    this.session.send(message, this.#lane).then(
      () => {
        if (this.#over) return;
        const drained = this.#core.unacknowledged(this.#lane).messages === 0;
        this.#apply(this.#machine.acknowledged(drained, this.#platform.now()));
        this.#on?.acknowledged();
      },
      (error: MixnetError) => {
        const on = this.#on;
        if (this.#over || on === undefined) return;
        this.#on = undefined;
        this.#apply(this.#machine.lost(sequence, this.#platform.now()));
        on.failed(error);
      },
    );
  }

  #arm(): void {
    const at = this.#over ? undefined : this.#machine.nextDeadline;
    if (at === this.#timer?.at) return;
    this.#timer?.timer.cancel();
    this.#timer = undefined;
    if (at === undefined) return;
    const timer = this.#platform.setTimer(() => {
      this.#timer = undefined;
      this.credit(this.#core.surbsHeldBy(this.session.pseudonym));
      this.#apply(this.#machine.tick(this.#platform.now()));
    }, at - this.#platform.now());
    this.#timer = { at, timer };
  }
}

/** 64 random bits: an exit keys its connections by that number alone, whoever they belong to. */
function randomId({ randomBytes }: Pick<Platform, 'randomBytes'>): { id: bigint; name: string } {
  const name = Array.from(randomBytes(8), byte => byte.toString(16).padStart(2, '0')).join('');
  return { id: BigInt(`0x${name}`), name };
}

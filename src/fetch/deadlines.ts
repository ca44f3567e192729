/**
 * The clock of one call of fetch, over all its redirects: at most one stage is being waited for, each has its limit, and
 * the whole may have one. The caller's signal joins in, so that everything below needs to watch one signal only.
 */

import { MixnetError, type MixnetErrorCode } from '../errors.ts';
import { longestTimer, type Milliseconds, type Platform, type Timer } from '../platform/platform.ts';
import type { CallRecord, Ending } from './call-record.ts';
import type { Timeouts } from './timeouts.ts';

/** `turn`: waiting for a free connection, as long as `setup` allows. */
export type Stage = 'setup' | 'turn' | 'connect' | 'headers' | 'body';

const stageLimits: Record<Stage, { timeout: keyof Timeouts; code: MixnetErrorCode }> = {
  setup: { timeout: 'setup', code: 'ERR_MIX_TIMEOUT_SETUP' },
  turn: { timeout: 'setup', code: 'ERR_MIX_TIMEOUT_TURN' },
  connect: { timeout: 'connect', code: 'ERR_MIX_TIMEOUT_CONNECT' },
  headers: { timeout: 'headers', code: 'ERR_MIX_TIMEOUT_HEADERS' },
  body: { timeout: 'body', code: 'ERR_MIX_TIMEOUT_BODY' },
};

export class Deadlines {
  readonly timeouts: Timeouts;
  /** What is told of the call, where somebody listens. */
  readonly record: CallRecord | undefined;
  readonly #platform: Pick<Platform, 'now' | 'setTimer'>;
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #total: Milliseconds;
  readonly #onEnd: (how: Ending) => void;
  #stage: Stage | undefined;
  #limit: Milliseconds = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;
  #firesAt: Milliseconds = Number.POSITIVE_INFINITY;
  #over = false;
  #callerAborted = false;

  /** `onEnd` is called once, when the call is over; not if `caller` is aborted already. */
  constructor(
    platform: Pick<Platform, 'now' | 'setTimer'>,
    timeouts: Timeouts,
    caller: AbortSignal | undefined,
    onEnd: (how: Ending) => void = () => {},
    record?: CallRecord,
  ) {
    this.#onEnd = onEnd;
    this.record = record;
    this.timeouts = timeouts;
    this.#platform = platform;
    this.#caller = caller;
    this.#total = platform.now() + timeouts.total;
    if (caller?.aborted) {
      this.#over = true;
      this.#callerAborted = true;
      this.#controller.abort(caller.reason);
      return;
    }
    caller?.addEventListener('abort', this.#onCallerAbort);
    this.#arm();
  }

  /** Aborts with the caller's reason, or with the `MixnetError` of the limit that was reached; never after `end()`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Whether `signal` was aborted by the caller, not by a limit. */
  get callerAborted(): boolean {
    return this.#callerAborted;
  }

  /** Waiting for `stage` begins now; for the stage that is already waited for, it begins anew. */
  enter(stage: Stage): void {
    this.#stage = stage;
    this.#limit = this.#platform.now() + this.timeouts[stageLimits[stage].timeout];
    this.#arm();
  }

  /** Nothing is waited for that could be late, but for the whole. */
  pause(): void {
    this.#stage = undefined;
    this.#limit = Number.POSITIVE_INFINITY;
  }

  /** Ends the call for a reason of ours. */
  abort(error: MixnetError): void {
    if (this.#over) return;
    this.end({ error });
    this.#controller.abort(error);
  }

  /** The call has come to its end, well or badly: no timer and no listener stays behind. Idempotent. */
  end(how: Ending): void {
    if (this.#over) return;
    this.#over = true;
    this.pause();
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#caller?.removeEventListener('abort', this.#onCallerAbort);
    this.#onEnd(how);
  }

  /** One timer, left alone while it fires no later than it must: a body of many chunks moves the limit, not the timer. */
  #arm(): void {
    const next = Math.min(this.#limit, this.#total);
    if (this.#over || next === Number.POSITIVE_INFINITY) return;
    if (this.#timer !== undefined && this.#firesAt <= next) return;
    this.#timer?.cancel();
    const delay = Math.min(Math.max(next - this.#platform.now(), 0), longestTimer);
    this.#firesAt = this.#platform.now() + delay;
    this.#timer = this.#platform.setTimer(() => this.#onTimer(), delay);
  }

  #onTimer(): void {
    this.#timer = undefined;
    const now = this.#platform.now();
    if (now >= this.#total) this.abort(new MixnetError('ERR_MIX_TIMEOUT_TOTAL'));
    else if (this.#stage !== undefined && now >= this.#limit)
      this.abort(new MixnetError(stageLimits[this.#stage].code));
    else this.#arm();
  }

  readonly #onCallerAbort = (): void => {
    if (this.#over) return;
    this.end('aborted');
    this.#callerAborted = true;
    this.#controller.abort(this.#caller?.reason);
  };
}

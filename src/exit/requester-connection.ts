/**
 * One TCP connection through a network requester, as decisions only: what happened goes in with the time, what to do
 * comes out (nymtech/nym `common/socks5/proxy-helpers/src/`, `service-providers/network-requester/src/`).
 */

import { MixnetError, type MixnetErrorCode } from '../errors.ts';
import * as limits from '../limits.ts';
import type { Milliseconds } from '../platform/platform.ts';
import {
  type CreditDemand,
  LAGGING_BYTES,
  MAX_SEND_BYTES,
  MAX_UNREAD_BYTES,
  OrderedBuffer,
  SURB_RESERVE,
} from '../stream/index.ts';
import {
  type ConnectionId,
  encodeRequest,
  type RequesterRequest,
  type RequesterResponse,
  type SocketData,
} from './requester-message.ts';

export type ConnectionAction =
  /** In this order. `sequence` is absent for the connect message; give it back to `lost`. */
  | { readonly do: 'send'; readonly message: Uint8Array; readonly sequence?: bigint }
  /** The exit has connected. */
  | { readonly do: 'opened' }
  | { readonly do: 'deliver'; readonly data: Uint8Array }
  /** The other side has sent all it had; the connection is over. */
  | { readonly do: 'end' }
  /** The connection is over, but for what was written, and a closing message, that may still be under way. */
  | { readonly do: 'fail'; readonly error: MixnetError }
  /** Nothing of the connection is needed any more. */
  | { readonly do: 'forget' };

/** Half of what an exit takes ahead of a lost message: beyond that it refuses for good. */
export const MAX_UNACKNOWLEDGED_MESSAGES = limits.streamUnacknowledgedMessages;
/** An exit drops data for which it got no reply block for about as long. */
export const STARVATION_TIME: Milliseconds = 45_000;
/** An exit cuts a connection that long after it last got a byte for it; empty messages do not count. */
export const EXIT_IDLE_TIME: Milliseconds = 300_000;
/**
 * Of every open connection an exit sends something each minute, be it empty. Where none of that has come for so long, or none
 * in order, something was lost for good, and nothing else would ever tell.
 */
export const SILENCE_TIME: Milliseconds = 200_000;
/** How long the closing message, and what was written before it, are looked after without an acknowledgement of any of it. */
export const CLOSING_TIME: Milliseconds = 10_000;

const NEVER = Number.POSITIVE_INFINITY;

export interface RequesterConnectionOptions {
  readonly id: ConnectionId;
  /** `host:port`, an IPv6 host in brackets. */
  readonly address: string;
  readonly now: Milliseconds;
  /** The exit must say within that time that it has connected. */
  readonly connectTimeout: Milliseconds;
}

export class RequesterConnection {
  readonly id: ConnectionId;
  readonly #address: string;
  readonly #connectDeadline: Milliseconds;
  readonly #incoming = new OrderedBuffer({ maxBytes: MAX_UNREAD_BYTES });
  #phase: 'connecting' | 'open' | 'closing' | 'over' = 'connecting';
  #nextSequence = 0n;
  #remoteEnd: bigint | undefined;
  #unread = 0;
  #expected: number | undefined;
  #answered = false;
  #heard = false;
  #answerDeadline: Milliseconds | undefined;
  #lastUpstreamByte: Milliseconds;
  #starvingSince: Milliseconds | undefined;
  /** When something last came that no message before it was missing of. */
  #lastInOrder: Milliseconds = 0;
  /** When that is looked at next, so that not every message moves a timer. */
  #silenceCheck: Milliseconds = 0;
  #forgetAt: Milliseconds | undefined;

  constructor({ id, address, now, connectTimeout }: RequesterConnectionOptions) {
    this.id = id;
    this.#address = address;
    this.#lastUpstreamByte = now;
    this.#connectDeadline = now + connectTimeout;
  }

  get phase(): 'connecting' | 'open' | 'closing' | 'over' {
    return this.#phase;
  }

  /** Whether its reader leaves too much unread to be sent more. */
  get lagging(): boolean {
    return this.#unread + this.#incoming.bytes > LAGGING_BYTES;
  }

  /** Who is behind with reading has asked for less. */
  get #isBehind(): boolean {
    return this.#unread > LAGGING_BYTES;
  }

  /** What it needs reply blocks for; nothing once it is closing. */
  get demand(): CreditDemand | undefined {
    if (!this.#isLive()) return undefined;
    return { lagging: this.lagging, awaiting: !this.#answered, expectedBytes: this.#expected };
  }

  /** When `tick` has something to do. */
  get nextDeadline(): Milliseconds | undefined {
    if (this.#phase === 'connecting') return this.#connectDeadline;
    if (this.#phase !== 'open') return this.#forgetAt;
    return Math.min(this.#starvedAt, this.#answerDeadline ?? NEVER, this.#silenceCheck);
  }

  get #starvedAt(): Milliseconds {
    return this.#starvingSince === undefined ? NEVER : this.#starvingSince + STARVATION_TIME;
  }

  /** First of all. Data may follow at once: an exit keeps what comes before it has connected. */
  open(): ConnectionAction[] {
    const message = encodeRequest({ kind: 'connect', connection: this.id, address: this.#address });
    return [{ do: 'send', message }];
  }

  /** The first bytes from the other side must come by then: it is known that it has been asked. */
  awaitAnswer(deadline: Milliseconds): void {
    if (!this.#heard) this.#answerDeadline = deadline;
  }

  /** At most `MAX_SEND_BYTES`, above none. What comes after the end is for nobody, and dropped. */
  write(data: Uint8Array, now: Milliseconds): ConnectionAction[] {
    if (data.length === 0 || data.length > MAX_SEND_BYTES) throw new RangeError(`a message of ${data.length} bytes`);
    if (!this.#isLive()) return [];
    this.#lastUpstreamByte = now;
    this.#answered = false;
    return [this.#send({ closed: false, sequence: this.#takeSequence(), data })];
  }

  /** Something of ours has arrived; `drained`: as all else of it has. */
  acknowledged(drained: boolean, now: Milliseconds): ConnectionAction[] {
    if (this.#phase !== 'closing') return [];
    if (drained) return this.#forget();
    this.#forgetAt = now + CLOSING_TIME;
    return [];
  }

  received(response: RequesterResponse, now: Milliseconds): ConnectionAction[] {
    if (!this.#isLive()) return [];
    if (response.kind === 'error') {
      return this.#fail(this.#phase === 'connecting' ? 'ERR_MIX_EXIT_REFUSED' : 'ERR_MIX_EXIT_CLOSED');
    }
    return response.kind === 'data' ? this.#receivedData(response, now) : [];
  }

  /** The reader has taken that much. */
  taken(bytes: number, now: Milliseconds): void {
    const wasBehind = this.#isBehind;
    this.#unread -= bytes;
    // The exit has had no means to say anything.
    if (wasBehind && !this.#isBehind) this.#lastInOrder = now;
  }

  /** So much more will come from the other side; with 0, what will come is not known any more. */
  expect(bytes: number): void {
    this.#expected = bytes > 0 ? bytes : undefined;
  }

  /** How many reply blocks the exit is believed to hold, whenever that may have changed. */
  credit(held: number, now: Milliseconds): void {
    if (this.#phase !== 'open' || held > SURB_RESERVE || this.lagging) this.#starvingSince = undefined;
    else this.#starvingSince ??= now;
  }

  /**
   * Says that no more will come, either way. What was written goes up before: an exit heeds the closing message only when
   * it has all that precedes it, and 64 KB are sooner sent than given up.
   */
  close(now: Milliseconds): ConnectionAction[] {
    return this.#isLive() ? [this.#closing(this.#takeSequence(), now)] : [];
  }

  /** That message will never arrive, so that nothing after it counts: the closing message takes its place. */
  lost(sequence: bigint | undefined, now: Milliseconds): ConnectionAction[] {
    if (!this.#isLive()) return [];
    return sequence === undefined ? this.close(now) : [this.#closing(sequence, now)];
  }

  tick(now: Milliseconds): ConnectionAction[] {
    const deadline = this.nextDeadline;
    if (deadline === undefined || now < deadline) return [];
    if (this.#phase === 'connecting') return this.#giveUp('ERR_MIX_EXIT_SILENT', now);
    if (this.#phase !== 'open') return this.#forget();
    if (now >= (this.#answerDeadline ?? NEVER)) return this.#giveUp('ERR_MIX_EXIT_STALLED', now);
    if (now >= this.#starvedAt) return this.#giveUp('ERR_MIX_EXIT_STARVED', now);
    this.#silenceCheck = (this.#isBehind ? now : this.#lastInOrder) + SILENCE_TIME;
    if (now < this.#silenceCheck) return [];
    return this.#giveUp('ERR_MIX_EXIT_SILENT', now, 'The exit has fallen silent, or something that it sent is lost.');
  }

  #receivedData({ sequence, closed, data }: SocketData, now: Milliseconds): ConnectionAction[] {
    if (sequence === 0n && closed && data.length === 0) {
      return this.#phase === 'connecting' ? this.#fail('ERR_MIX_EXIT_DIAL_FAILED') : [];
    }
    if (this.#remoteEnd !== undefined && sequence > this.#remoteEnd) return [];
    const opened = this.#phase === 'connecting' ? this.#opened(now) : [];
    const taken = this.#incoming.write(sequence, data);
    if (taken === 'full' || taken === 'too-far') {
      const why = 'A message is missing, and too much came after it.';
      return [...opened, ...this.#giveUp('ERR_MIX_EXIT_OVERRUN', now, why)];
    }
    if (taken !== 'stored') return opened;
    this.#starvingSince = undefined;
    if (closed) this.#remoteEnd = sequence;
    const run = this.#incoming.read(this.#remoteEnd);
    if (run) this.#lastInOrder = now;
    return run ? [...opened, ...this.#deliver(run.data, now), ...this.#end(run.lastSequence, now)] : opened;
  }

  #opened(now: Milliseconds): ConnectionAction[] {
    this.#phase = 'open';
    this.#lastInOrder = now;
    this.#silenceCheck = now + SILENCE_TIME;
    return [{ do: 'opened' }];
  }

  #deliver(data: Uint8Array, now: Milliseconds): ConnectionAction[] {
    if (data.length === 0) return [];
    this.#unread += data.length;
    this.#answered = true;
    this.#heard = true;
    this.#answerDeadline = undefined;
    if (this.#expected !== undefined) {
      this.#expected = this.#expected > data.length ? this.#expected - data.length : undefined;
    }
    if (this.#unread > MAX_UNREAD_BYTES) return this.#giveUp('ERR_MIX_EXIT_OVERRUN', now);
    return [{ do: 'deliver', data }];
  }

  /** The end of a stream that the exit cut looks like any other, but for the time. */
  #end(lastSequence: bigint, now: Milliseconds): ConnectionAction[] {
    if (!this.#isLive() || this.#remoteEnd === undefined || lastSequence < this.#remoteEnd) return [];
    if (now - this.#lastUpstreamByte >= EXIT_IDLE_TIME) {
      return this.#fail('ERR_MIX_EXIT_CLOSED', 'The exit cut the connection: nothing was sent up for five minutes.');
    }
    this.#phase = 'over';
    return [{ do: 'end' }, { do: 'forget' }];
  }

  /** The exit has let go of it already. */
  #fail(code: MixnetErrorCode, message?: string): ConnectionAction[] {
    this.#phase = 'over';
    return [failure(code, message), { do: 'forget' }];
  }

  /** Fails here, and tells the exit to let go as well. */
  #giveUp(code: MixnetErrorCode, now: Milliseconds, message?: string): ConnectionAction[] {
    return [failure(code, message), ...this.close(now)];
  }

  #closing(sequence: bigint, now: Milliseconds): ConnectionAction {
    this.#phase = 'closing';
    this.#forgetAt = now + CLOSING_TIME;
    return this.#send({ closed: true, sequence, data: new Uint8Array(0) });
  }

  #forget(): ConnectionAction[] {
    this.#phase = 'over';
    this.#forgetAt = undefined;
    return [{ do: 'forget' }];
  }

  #send(piece: Omit<SocketData, 'connection'>): ConnectionAction {
    const request: RequesterRequest = { kind: 'send', connection: this.id, ...piece };
    return { do: 'send', message: encodeRequest(request), sequence: piece.sequence };
  }

  #takeSequence(): bigint {
    const sequence = this.#nextSequence;
    this.#nextSequence += 1n;
    return sequence;
  }

  #isLive(): boolean {
    return this.#phase === 'connecting' || this.#phase === 'open';
  }
}

function failure(code: MixnetErrorCode, message?: string): ConnectionAction {
  return { do: 'fail', error: new MixnetError(code, message === undefined ? {} : { message }) };
}

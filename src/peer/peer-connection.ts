/**
 * One stream between two clients, as decisions only: what happened goes in with the time, what to do comes out. The
 * format is that of Nym's Rust SDK; see frame.ts for what is added to it, and said only to who understands it.
 */

import { MixnetError } from '../errors.ts';
import type { Milliseconds } from '../platform/platform.ts';
import { type CreditDemand, LAGGING_BYTES, MAX_UNREAD_BYTES, OrderedBuffer } from '../stream/index.ts';
import type { EndKind, PeerFrame, StreamId } from './frame.ts';

export type PeerAction =
  | { readonly do: 'send'; readonly frame: PeerFrame }
  /** The other client has taken the stream. */
  | { readonly do: 'opened' }
  | { readonly do: 'deliver'; readonly data: Uint8Array }
  /** The other side has sent all it had. */
  | { readonly do: 'end' }
  /** The other side reads no more. */
  | { readonly do: 'deafen' }
  /** There may be room for more. */
  | { readonly do: 'resume' }
  /** Both directions have ended. */
  | { readonly do: 'closed' }
  | { readonly do: 'fail'; readonly error: MixnetError }
  /** Nothing of the stream is needed any more. */
  | { readonly do: 'forget' };

export interface PeerConnectionOptions {
  readonly id: StreamId;
  readonly side: 'dialler' | 'acceptor';
  readonly now: Milliseconds;
  /** Who dials waits so long for the first word. */
  readonly connectTimeout: Milliseconds;
}

/** Who dials asks for a sign of life that long after the last one. */
export const PING_AFTER: Milliseconds = 60_000;
/** Who knows control frames, and is silent for so long, is gone. */
export const SILENCE_TIME: Milliseconds = 180_000;
/** The SDK forgets a stream that is idle for as long (`DEFAULT_STREAM_IDLE_TIMEOUT`), without a word. */
export const SDK_IDLE_TIME: Milliseconds = 1_800_000;
/** How long data waits for the frame that opens its stream, and the last frames are looked after. */
export const LINGER: Milliseconds = 60_000;

export class PeerConnection {
  readonly id: StreamId;
  readonly #side: 'dialler' | 'acceptor';
  readonly #incoming = new OrderedBuffer({ maxBytes: MAX_UNREAD_BYTES });
  #phase: 'opening' | 'open' | 'closing' | 'over' = 'opening';
  #openSent = false;
  #established = false;
  #knowsControl = false;
  #nextSequence = 0;
  /** Of our control frames, and of theirs. */
  #order = { sent: 0, received: -1 };
  #held = false;
  #holding = false;
  #remoteEnd: { readonly sequence: bigint; readonly how: EndKind } | undefined;
  /** Whether each direction has ended. */
  #ended = { here: false, there: false };
  #unread = 0;
  #expected: number | undefined;
  #answered = false;
  #heardAt: Milliseconds;
  #pingedAt: Milliseconds;
  #deadline: Milliseconds;

  constructor({ id, side, now, connectTimeout }: PeerConnectionOptions) {
    this.id = id;
    this.#side = side;
    this.#heardAt = now;
    this.#pingedAt = now;
    this.#deadline = now + (side === 'dialler' ? connectTimeout : LINGER);
  }

  /** Whether the stream has been opened by its first frame. */
  get begun(): boolean {
    return this.#openSent || this.#established;
  }

  /** Whether more may be sent: not before the open frame is with the gateway, which it must not be overtaken behind. */
  get maySend(): boolean {
    return this.#isLive() && !this.#held && !this.#ended.here && (!this.#openSent || this.#established);
  }

  get held(): boolean {
    return this.#held;
  }

  /** Delivered and not taken, or waiting for what comes before it. */
  get waitingBytes(): number {
    return this.#unread + this.#incoming.bytes;
  }

  get lagging(): boolean {
    return this.waitingBytes > LAGGING_BYTES;
  }

  /** What the other side needs reply blocks for. */
  get demand(): CreditDemand | undefined {
    if (!this.#isLive() || this.#ended.there) return undefined;
    return { lagging: this.lagging, awaiting: !this.#answered, expectedBytes: this.#expected };
  }

  /** When `tick` has something to do. */
  get nextDeadline(): Milliseconds | undefined {
    if (this.#phase === 'over') return undefined;
    if (this.#phase !== 'open') return this.#deadline;
    return this.#pings() ? Math.min(this.#pingAt(), this.#goneAt()) : this.#goneAt();
  }

  /** First of all, at who dials; with what is written already. */
  open(data: Uint8Array): PeerAction[] {
    this.#openSent = true;
    return [{ do: 'send', frame: { type: 'open', id: this.id, data, knowsControl: true } }];
  }

  /** The open frame is with the other side's gateway, which hands everything over in the order it came in. */
  openAcknowledged(now: Milliseconds): PeerAction[] {
    this.acknowledged(now);
    this.#established = true;
    return [{ do: 'resume' }];
  }

  /** Who accepts says so, if that is understood. */
  accept(): PeerAction[] {
    return this.#knowsControl && this.#isLive() ? [this.#control()] : [];
  }

  /** Only while `maySend`. Not empty. */
  write(data: Uint8Array): PeerAction[] {
    this.#answered = false;
    return [{ do: 'send', frame: { type: 'data', id: this.id, sequence: this.#nextSequence++, data } }];
  }

  /** Something of ours has reached the other side's gateway: all that the SDK lets us know of it. */
  acknowledged(now: Milliseconds): void {
    if (!this.#knowsControl) this.#heardAt = now;
  }

  /** Nothing of ours is on its way any more. */
  drained(): PeerAction[] {
    return this.#phase === 'closing' ? this.#forget() : [];
  }

  received(frame: PeerFrame, now: Milliseconds): PeerAction[] {
    if (!this.#isLive()) return [];
    this.#heardAt = now;
    if (frame.type === 'open') return this.#side === 'acceptor' ? this.#receivedOpen(frame, now) : [];
    if (frame.type === 'end' && frame.how === 'abort') return this.#reset();
    const first = this.#side === 'dialler' ? this.#firstWord() : [];
    if (frame.type === 'control') return [...first, ...this.#receivedControl(frame)];
    return [...first, ...this.#receivedPiece(frame, now)];
  }

  /** The reader has taken that much. */
  taken(bytes: number): PeerAction[] {
    this.#unread -= bytes;
    if (!this.#holding || this.waitingBytes > LAGGING_BYTES / 2 || !this.#isLive()) return [];
    this.#holding = false;
    return [this.#control()];
  }

  expect(bytes: number): void {
    this.#expected = bytes > 0 ? bytes : undefined;
  }

  /** All is written: the other side reads the end, and may go on sending. */
  finish(now: Milliseconds): PeerAction[] {
    if (!this.#isLive() || this.#ended.here) return [];
    this.#ended.here = true;
    return [this.#end('half'), ...this.#closeIfEnded(now)];
  }

  /** Nothing more is sent or read. */
  close(now: Milliseconds): PeerAction[] {
    if (!this.#isLive()) return [];
    if (!this.begun) return this.#forget();
    // After a half end, the same number says the rest.
    if (this.#ended.here) this.#nextSequence -= 1;
    this.#linger(now);
    return [this.#end('close')];
  }

  /** What is on its way is given up. */
  abort(now: Milliseconds): PeerAction[] {
    if (!this.#isLive()) return [];
    if (!this.begun) return this.#forget();
    this.#linger(now);
    return [this.#end('abort')];
  }

  tick(now: Milliseconds): PeerAction[] {
    const deadline = this.nextDeadline;
    if (deadline === undefined || now < deadline) return [];
    if (this.#phase === 'closing' || (this.#phase === 'opening' && this.#side === 'acceptor')) return this.#forget();
    if (this.#phase === 'opening') return this.#fail('ERR_MIX_PEER_SILENT', now);
    if (now >= this.#goneAt()) return this.#fail('ERR_MIX_PEER_SILENT', now);
    this.#pingedAt = now;
    return [this.#control(true)];
  }

  #receivedOpen({ data, knowsControl }: PeerFrame & { type: 'open' }, now: Milliseconds): PeerAction[] {
    if (this.#phase !== 'opening') return [];
    this.#phase = 'open';
    this.#established = true;
    this.#knowsControl = knowsControl;
    return [{ do: 'opened' }, ...this.#deliver(data, now), ...this.#readOn(now)];
  }

  #firstWord(): PeerAction[] {
    this.#established = true;
    if (this.#phase !== 'opening') return [];
    this.#phase = 'open';
    return [{ do: 'opened' }, { do: 'resume' }];
  }

  #receivedControl({ order, hold, ping }: PeerFrame & { type: 'control' }): PeerAction[] {
    if (order <= this.#order.received) return [];
    this.#order.received = order;
    this.#knowsControl = true;
    this.#held = hold;
    return [...(hold ? [] : [{ do: 'resume' } as const]), ...(ping ? [this.#control()] : [])];
  }

  #receivedPiece(frame: PeerFrame & { type: 'data' | 'end' }, now: Milliseconds): PeerAction[] {
    const sequence = BigInt(frame.sequence);
    const known = this.#remoteEnd;
    if (known !== undefined && sequence >= known.sequence) {
      if (frame.type !== 'end' || sequence !== known.sequence || frame.how !== 'close') return [];
      this.#remoteEnd = { sequence, how: 'close' };
      return this.#ended.there ? this.#deafened() : [];
    }
    const outcome = this.#incoming.write(sequence, frame.type === 'data' ? frame.data : new Uint8Array(0));
    if (outcome === 'full' || outcome === 'too-far') return this.#fail('ERR_MIX_PEER_OVERRUN', now);
    if (outcome !== 'stored') return [];
    if (frame.type === 'end') this.#remoteEnd = { sequence, how: frame.how };
    return this.#phase === 'open' ? this.#readOn(now) : [];
  }

  #readOn(now: Milliseconds): PeerAction[] {
    if (!this.#isLive()) return [];
    const run = this.#incoming.read(this.#remoteEnd?.sequence);
    if (run === undefined) return [];
    const delivered = this.#deliver(run.data, now);
    if (!this.#isLive() || this.#remoteEnd === undefined || run.lastSequence < this.#remoteEnd.sequence) {
      return delivered;
    }
    this.#ended.there = true;
    const end: PeerAction = { do: 'end' };
    const rest = this.#remoteEnd.how === 'close' ? this.#deafened() : this.#closeIfEnded(now);
    return [...delivered, end, ...rest];
  }

  #deliver(data: Uint8Array, now: Milliseconds): PeerAction[] {
    if (data.length === 0) return [];
    this.#unread += data.length;
    this.#answered = true;
    if (this.#expected !== undefined) {
      this.#expected = this.#expected > data.length ? this.#expected - data.length : undefined;
    }
    if (this.#unread > MAX_UNREAD_BYTES) return this.#fail('ERR_MIX_PEER_OVERRUN', now);
    const deliver: PeerAction = { do: 'deliver', data };
    if (!this.lagging || this.#holding || !this.#knowsControl) return [deliver];
    this.#holding = true;
    return [deliver, this.#control()];
  }

  /** Nobody is there to hear the rest of what we have to say. */
  #deafened(): PeerAction[] {
    return [{ do: 'deafen' }, { do: 'closed' }, ...this.#forget()];
  }

  #closeIfEnded(now: Milliseconds): PeerAction[] {
    if (!this.#ended.here || !this.#ended.there) return [];
    this.#linger(now);
    return [{ do: 'closed' }];
  }

  #reset(): PeerAction[] {
    return [{ do: 'fail', error: new MixnetError('ERR_MIX_PEER_RESET') }, ...this.#forget()];
  }

  #fail(code: 'ERR_MIX_PEER_SILENT' | 'ERR_MIX_PEER_OVERRUN', now: Milliseconds): PeerAction[] {
    return [{ do: 'fail', error: new MixnetError(code) }, ...this.abort(now)];
  }

  #linger(now: Milliseconds): void {
    this.#phase = 'closing';
    this.#deadline = now + LINGER;
  }

  #forget(): PeerAction[] {
    this.#phase = 'over';
    return [{ do: 'forget' }];
  }

  #end(how: EndKind): PeerAction {
    return { do: 'send', frame: { type: 'end', id: this.id, sequence: this.#nextSequence++, how } };
  }

  #control(ping = false): PeerAction {
    return {
      do: 'send',
      frame: { type: 'control', id: this.id, order: this.#order.sent++, hold: this.#holding, ping },
    };
  }

  /** Who dials, since it costs the other side reply blocks. */
  #pings(): boolean {
    return this.#side === 'dialler' && this.#knowsControl;
  }

  #pingAt(): Milliseconds {
    return Math.max(this.#heardAt, this.#pingedAt) + PING_AFTER;
  }

  #goneAt(): Milliseconds {
    return this.#heardAt + (this.#knowsControl ? SILENCE_TIME : SDK_IDLE_TIME);
  }

  #isLive(): boolean {
    return this.#phase === 'opening' || this.#phase === 'open';
  }
}

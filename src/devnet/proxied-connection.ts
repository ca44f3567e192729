import type { Duplex } from 'node:stream';
import type { Milliseconds, Platform, Timer } from '../platform/platform.ts';
import type { Lifetime } from './lifetime.ts';
import {
  CLIENT_IDLE,
  END_PAUSE,
  KEEPALIVE,
  LANE_PATIENCE,
  LANE_POLL,
  LINGER,
  MAX_QUEUED_PACKETS,
  MAX_READ_BYTES,
  MAX_UNWRITTEN_BYTES,
} from './requester-options.ts';

type TimerName = 'keepalive' | 'idle' | 'poll' | 'end';

export interface ProxiedConnectionOptions {
  /** Connected already. */
  readonly socket: Duplex;
  readonly platform: Pick<Platform, 'now'>;
  readonly lifetime: Lifetime;
  /** Sends one numbered message to the client. */
  readonly respond: (sequence: bigint, closed: boolean, data: Uint8Array) => void;
  /** Packets for the client that have not been sent. */
  readonly queuedPackets: () => number;
  readonly isStalled: () => boolean;
  /** Called once, when both halves have ended. */
  readonly over: () => void;
}

/**
 * Two half-loops between a socket and a client. The one that reads the socket says at once, by an empty message, that the
 * connection stands. There is no half-close: when the client closes, the server does not learn of it before it is cut off.
 */
export class ProxiedConnection {
  readonly #options: ProxiedConnectionOptions;
  readonly #timers: Partial<Record<TimerName, Timer>> = {};
  readonly #unwritten: { readonly data: Uint8Array; readonly closed: boolean }[] = [];
  #nextSequence = 0n;
  /** Since when the lane has been too full to read. */
  #waitingSince: Milliseconds | undefined;
  #readingEnded = false;
  #writingEnded = false;
  /** All that the server sent is gone, and only the client has some time left. */
  #lingering = false;
  #over = false;

  constructor(options: ProxiedConnectionOptions) {
    this.#options = options;
    const { socket } = options;
    this.#respond(false, new Uint8Array(0));
    this.#restartIdle();
    const ended = () => this.#endReading();
    socket.on('readable', () => this.#read());
    socket.once('end', ended).once('close', ended).on('error', ended);
    this.#read();
  }

  /** A run of the client's messages, in order. `closed`: nothing comes after it. */
  fromClient(data: Uint8Array, closed: boolean): void {
    if (this.#writingEnded || this.#over) return;
    this.#unwritten.push({ data, closed });
    if (!this.#options.isStalled()) this.#write();
  }

  /** The exit is not stalled any more. */
  resume(): void {
    this.#write();
    this.#read();
  }

  /** Lets go of everything. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    for (const timer of Object.values(this.#timers)) timer.cancel();
    this.#options.socket.destroy();
    this.#options.over();
  }

  #write(): void {
    for (const { data, closed } of this.#unwritten.splice(0)) {
      if (data.length > 0) {
        this.#restartIdle();
        this.#options.socket.write(data);
      }
      if (closed) this.#endWriting();
    }
    if (this.#options.socket.writableLength > MAX_UNWRITTEN_BYTES) this.end();
  }

  #read(): void {
    const { socket } = this.#options;
    while (!this.#readingEnded && !this.#over && this.#mayRead()) {
      const chunk: unknown = socket.read(Math.min(MAX_READ_BYTES, Math.max(1, socket.readableLength)));
      if (!(chunk instanceof Uint8Array)) return;
      this.#respond(false, chunk);
    }
  }

  #mayRead(): boolean {
    if (this.#options.isStalled()) return false;
    if (this.#isLaneClear()) return true;
    this.#set('poll', LANE_POLL, () => this.#read());
    return false;
  }

  #isLaneClear(): boolean {
    const now = this.#options.platform.now();
    this.#waitingSince ??= now;
    if (this.#options.queuedPackets() > MAX_QUEUED_PACKETS && now - this.#waitingSince < LANE_PATIENCE) return false;
    this.#waitingSince = undefined;
    return true;
  }

  #respond(closed: boolean, data: Uint8Array): void {
    this.#options.respond(this.#nextSequence++, closed, data);
    if (!closed) this.#set('keepalive', KEEPALIVE, () => this.#keepAlive());
  }

  #keepAlive(): void {
    if (this.#options.isStalled()) this.#set('keepalive', KEEPALIVE, () => this.#keepAlive());
    else this.#respond(false, new Uint8Array(0));
  }

  /** The server has sent all it had, or is gone. */
  #endReading(): void {
    if (this.#readingEnded || this.#over) return;
    this.#readingEnded = true;
    this.#timers.keepalive?.cancel();
    this.#respond(true, new Uint8Array(0));
    // With the client gone as well, its own linger is already running.
    if (!this.#writingEnded) this.#set('end', END_PAUSE, () => this.#drain(this.#options.platform.now()));
  }

  #drain(since: Milliseconds): void {
    const patient = this.#options.platform.now() - since < LANE_PATIENCE;
    if (patient && this.#options.queuedPackets() > 0) this.#set('end', LANE_POLL, () => this.#drain(since));
    else if (this.#writingEnded) this.end();
    else {
      this.#lingering = true;
      this.#set('end', LINGER, () => this.end());
    }
  }

  /** The client has closed, or has sent nothing for too long. What the server still sends gets its linger. */
  #endWriting(): void {
    if (this.#writingEnded) return;
    this.#writingEnded = true;
    this.#timers.idle?.cancel();
    if (this.#lingering) this.end();
    if (this.#readingEnded) return;
    this.#set('end', LINGER, () => {
      this.#readingEnded = true;
      this.#respond(true, new Uint8Array(0));
      this.end();
    });
  }

  #restartIdle(): void {
    this.#set('idle', CLIENT_IDLE, () => this.#endWriting());
  }

  #set(name: TimerName, delay: Milliseconds, callback: () => void): void {
    this.#timers[name]?.cancel();
    this.#timers[name] = this.#options.lifetime.after(delay, callback);
  }
}

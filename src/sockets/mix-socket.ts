/** One connection in the shape of a `net.Socket`, as far as the users of sockets look: HTTP agents, undici, `ws`. */

import { Duplex } from 'node:stream';
import { concatBytes } from '../crypto/bytes.ts';
import { MixnetError } from '../errors.ts';
import type { Deadlines, Reached } from '../fetch/index.ts';
import { longestTimer, type Milliseconds, type Platform, type Timer } from '../platform/platform.ts';
import type { ByteStream } from '../tls/index.ts';

export interface MixSocketOptions {
  readonly platform: Pick<Platform, 'setTimer' | 'hold'>;
  readonly secure: boolean;
  /** Called once, at once. `signal` gives it up until the connection stands. */
  readonly connect: (signal: AbortSignal) => Connecting;
}

interface Connecting {
  readonly reached: Promise<Reached>;
  /** Waiting for the connection; they end here. */
  readonly deadlines: Deadlines;
}

/**
 * Emits `connect` when the exit says that the destination is connected, and `secureConnect` when TLS stands too. It may be
 * written to before: what is written waits for TLS, or shares the flight of the request to connect. Like other sockets, it
 * keeps the process alive until `unref()`.
 */
export class MixSocket extends Duplex {
  /** As a `TLSSocket` says it. */
  readonly encrypted: boolean;
  /** Whether the certificate is accepted: true from `secureConnect` on, since otherwise there is no connection. */
  authorized = false;
  alpnProtocol: string | false = false;
  connecting = true;
  /** What `setTimeout` has set, ms; 0 is none. */
  timeout: Milliseconds = 0;
  /** Resolves when what is written goes out; rejects when that never comes. */
  readonly usable: Promise<void>;
  readonly #platform: MixSocketOptions['platform'];
  readonly #giveUp = new AbortController();
  readonly #carrier: Promise<Carrier>;
  #letGo: (() => void) | undefined;
  #timer: Timer | undefined;

  constructor({ platform, secure, connect }: MixSocketOptions) {
    // Exits know no half-closed connection.
    super({ allowHalfOpen: false });
    this.#platform = platform;
    this.encrypted = secure;
    // Whoever uses it hears of errors too; that nobody does yet must not end the process.
    this.on('error', () => {});
    this.ref();
    const connecting = connect(this.#giveUp.signal);
    this.#carrier = connecting.reached.then(reached => this.#carry(reached, connecting.deadlines));
    this.usable = this.#carrier.then(() => {});
    this.usable.catch(error => this.destroy(error));
    this.once('close', () => connecting.deadlines.end('complete'));
  }

  /** `timeout` is emitted when nothing has come or gone for so long. 0 ends that. */
  setTimeout(ms: Milliseconds, onTimeout?: () => void): this {
    this.timeout = ms;
    if (onTimeout !== undefined) {
      if (ms > 0) this.once('timeout', onTimeout);
      else this.removeListener('timeout', onTimeout);
    }
    this.#watchSilence();
    return this;
  }

  ref(): this {
    if (!this.destroyed) this.#letGo ??= this.#platform.hold();
    return this;
  }

  unref(): this {
    this.#letGo?.();
    this.#letGo = undefined;
    return this;
  }

  /** Of TCP, which is the exit's. Without effect. */
  setNoDelay(): this {
    return this;
  }

  /** Without effect: see `setNoDelay`. */
  setKeepAlive(): this {
    return this;
  }

  /** There is none that this side could know. */
  address(): object {
    return {};
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  override _read(): void {
    this.#carrier
      .then(({ reader }) => reader.read())
      .then(
        ({ done, value }) => {
          if (this.destroyed) return;
          this.#watchSilence();
          this.push(done ? null : value);
        },
        error => this.destroy(error),
      );
  }

  override _write(bytes: Uint8Array, _encoding: BufferEncoding, written: (error?: Error | null) => void): void {
    this.#watchSilence();
    this.#carrier
      .then(({ writer }) => writer.write(bytes))
      .then(() => {
        this.#watchSilence();
        written();
      }, written);
  }

  /** One write below for what was written while the last one was under way: below, each may be a message of its own. */
  override _writev(pieces: { readonly chunk: Uint8Array }[], written: (error?: Error | null) => void): void {
    this._write(concatBytes(...pieces.map(({ chunk }) => chunk)), 'binary', written);
  }

  override _final(written: (error?: Error | null) => void): void {
    this.#carrier.then(({ writer }) => writer.close()).then(() => written(), written);
  }

  override _destroy(error: Error | null, destroyed: (error: Error | null) => void): void {
    this.connecting = false;
    this.#timer?.cancel();
    this.unref();
    this.#giveUp.abort(error ?? new MixnetError('ERR_MIX_EXIT_CLOSED', { message: 'The socket was closed.' }));
    this.#carrier.then(carrier => carrier.close(error ?? undefined)).catch(() => {});
    destroyed(error);
  }

  /** The stream may be not open yet: whoever writes need not wait for it. */
  #carry({ stream, secured }: Reached, deadlines: Deadlines): Carrier {
    const carrier = secured ?? stream;
    stream.opened.then(
      () => this.#connected(deadlines),
      error => this.destroy(error),
    );
    if (secured !== undefined) {
      this.authorized = true;
      this.alpnProtocol = secured.alpn ?? false;
    }
    const reader = carrier.readable.getReader();
    const writer = carrier.writable.getWriter();
    for (const promise of [reader.closed, writer.closed]) promise.catch(() => {});
    return { reader, writer, close: reason => closeAll([carrier, stream], reader, reason) };
  }

  #connected(deadlines: Deadlines): void {
    deadlines.end('complete');
    if (this.destroyed) return;
    this.connecting = false;
    this.emit('connect');
    if (this.encrypted) this.emit('secureConnect');
    this.emit('ready');
  }

  #watchSilence(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.timeout === 0 || this.destroyed) return;
    const delay = Math.min(this.timeout, longestTimer);
    this.#timer = this.#platform.setTimer(() => this.emit('timeout'), delay);
  }
}

interface Carrier {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly writer: WritableStreamDefaultWriter<Uint8Array>;
  /** Without a reason, what was written is still sent. */
  close(reason: unknown): void;
}

function closeAll(streams: readonly ByteStream[], reader: ReadableStreamDefaultReader, reason: unknown): void {
  for (const stream of streams) stream.close(reason).catch(() => {});
  reader.cancel(reason).catch(() => {});
}

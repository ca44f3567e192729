import type { TLSSocket } from 'node:tls';
import { deferred } from '../deferred.ts';
import { MixnetError } from '../errors.ts';
import type { RecordDuplex } from './node-duplex.ts';
import { handshakeError, sessionError } from './node-errors.ts';
import { type Failure, PlainSide, piecesOf } from './plain-side.ts';
import type { ByteStream, SecureStream } from './secure-stream.ts';

/** A `TLSSocket` as a pair of web streams. Nothing is buffered in them: what waits, waits in the socket and below. */
export class NodeSecureStream implements SecureStream {
  readonly closed: Promise<void>;
  /** Resolves when the peer's certificate is accepted. */
  readonly handshake: Promise<void>;
  readonly #below: ByteStream;
  readonly #records: RecordDuplex;
  readonly #socket: TLSSocket;
  readonly #plain: PlainSide;
  readonly #shaken = deferred();
  readonly #closed = deferred();
  #state: 'handshake' | 'open' | 'over' = 'handshake';
  #belowEnded = false;
  #failure: Failure | undefined;
  /** Ends the read under way. */
  #pulled: (() => void) | undefined;

  constructor(below: ByteStream, records: RecordDuplex, socket: TLSSocket) {
    this.#below = below;
    this.#records = records;
    this.#socket = socket;
    this.handshake = this.#shaken.promise;
    this.closed = this.#closed.promise;
    this.#plain = new PlainSide({
      pull: () => this.#pull(),
      write: bytes => this.#write(bytes),
      endWriting: () => new Promise(resolve => this.#socket.end(resolve)),
      abort: reason => this.close(reason),
    });
    this.#listen();
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#plain.readable;
  }

  get writable(): WritableStream<Uint8Array> {
    return this.#plain.writable;
  }

  /** Undefined before the handshake too. */
  get alpn(): string | undefined {
    return this.#socket.alpnProtocol || undefined;
  }

  async close(reason?: unknown): Promise<void> {
    if (this.#state !== 'over') {
      // RFC 8446, section 6.1: close_notify goes before the close. It is written here and now, if there is room for it.
      if (this.#state === 'open' && reason === undefined) this.#socket.end();
      this.#end(reason === undefined ? undefined : { error: reason });
      this.#below.close(reason).then(this.#closed.resolve, this.#closed.reject);
    }
    // Whatever ended the stream is told by `closed`.
    return this.closed.catch(() => {});
  }

  /** Ends everything with an error, the stream below too. */
  fail(error: unknown): void {
    if (this.#state === 'over') return;
    this.#end({ error });
    this.#shaken.reject(error);
    this.#closed.reject(error);
    this.#below.close(error).catch(() => {});
  }

  #listen(): void {
    this.#socket.pause();
    this.#socket.on('secureConnect', () => {
      this.#state = 'open';
      this.#shaken.resolve();
    });
    this.#socket.on('data', (bytes: Buffer) => {
      this.#socket.pause();
      this.#plain.enqueue(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      this.#pulled?.();
    });
    this.#socket.on('end', () => {
      this.#plain.endReading();
      this.#pulled?.();
    });
    this.#socket.on('error', error => {
      this.fail(this.#state === 'handshake' ? handshakeError(error, this.#socket) : sessionError(error));
    });
    this.#socket.on('close', () => {
      if (this.#state === 'handshake') this.fail(handshakeError());
      // Without an error before it, that is when both directions have ended.
      void this.close();
    });
    this.#records.listener = {
      ended: () => {
        this.#belowEnded = true;
        this.#judgeEnd();
      },
      failed: error => this.fail(error),
      // An answer may be on its way all the same: a server that refuses an upload says so and closes.
      refused: error => (this.#state === 'handshake' ? this.fail(error) : this.#plain.refuseWrites(error)),
    };
  }

  #pull(): Promise<void> {
    const pulled = new Promise<void>(resolve => {
      this.#pulled = resolve;
    });
    this.#socket.resume();
    if (this.#belowEnded) this.#judgeEnd();
    return pulled;
  }

  /**
   * The stream below has ended, and TLS has all its bytes. If they were enough, that shows within this turn of the event
   * loop: as the end of the handshake, as data for whoever reads, or as the end that only a close_notify brings about.
   */
  #judgeEnd(): void {
    setImmediate(() => {
      if (this.#state === 'handshake') return this.fail(handshakeError());
      if (!this.#plain.isReadable || this.#socket.readableLength > 0) return;
      if (this.#socket.isPaused()) return;
      this.fail(new MixnetError('ERR_MIX_TLS_TRUNCATED'));
    });
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (const piece of piecesOf(bytes)) {
      await new Promise<void>((resolve, reject) => {
        this.#socket.write(piece, error => {
          if (error) reject(this.#failure === undefined ? sessionError(error) : this.#failure.error);
          else resolve();
        });
      });
    }
  }

  #end(failure: Failure | undefined): void {
    this.#state = 'over';
    this.#failure = failure ?? { error: new TypeError('the stream is closed') };
    this.#plain.endReading(failure);
    this.#plain.refuseWrites(this.#failure.error);
    this.#socket.destroy();
    this.#records.destroy();
  }
}

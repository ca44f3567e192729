import { deferred } from '../deferred.ts';
import { MixnetError } from '../errors.ts';
import { CONNECTION_ENDED, certificateRefused, connectionFailed, handshakeFailed } from './failures.ts';
import { type Failure, PlainSide, piecesOf } from './plain-side.ts';
import { CertificateError, type TlsError } from './protocol/alert.ts';
import type { TlsConnection } from './protocol/connection.ts';
import type { ByteStream, SecureStream } from './secure-stream.ts';

/**
 * A `TlsConnection` over a stream, as a pair of web streams: it moves the bytes, and decides nothing. Nothing is buffered
 * in it: bytes are read below when somebody wants to read here.
 */
export class OwnSecureStream implements SecureStream {
  readonly closed: Promise<void>;
  readonly #below: ByteStream;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #connection: TlsConnection;
  readonly #plain: PlainSide;
  readonly #closed = deferred();
  /** Rejects when the stream is over. */
  readonly #over = deferred();
  #failure: Failure | undefined;
  /** The writable side below is closed, or takes no more. */
  #isMute = false;
  /** Ends the waiting of a write. */
  #wake = () => {};

  /** The ClientHello is written at once. */
  constructor(below: ByteStream, connection: TlsConnection) {
    this.#below = below;
    this.#reader = below.readable.getReader();
    this.#writer = below.writable.getWriter();
    for (const promise of [this.#reader.closed, this.#writer.closed]) promise.catch(() => {});
    this.#connection = connection;
    this.closed = this.#closed.promise;
    this.#plain = new PlainSide({
      pull: () => this.#pull(),
      write: bytes => this.#write(bytes),
      endWriting: () => this.#endWriting(),
      abort: reason => this.close(reason),
    });
    this.#flush();
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#plain.readable;
  }

  get writable(): WritableStream<Uint8Array> {
    return this.#plain.writable;
  }

  get alpn(): string | undefined {
    return this.#connection.alpn;
  }

  /** Resolves when the server is authenticated. `ready` is what must be there before anything of it is looked at. */
  handshake(ready: Promise<unknown>): Promise<void> {
    return Promise.race([this.#over.promise, this.#shake(ready)]);
  }

  /** RFC 8446, section 5.1: application data may be of no length. */
  keepAlive(): void {
    const { opened, failure } = this.#connection;
    if (!opened || failure !== undefined || this.#isMute) return;
    this.#connection.send(new Uint8Array(0));
    this.#flush();
  }

  async close(reason?: unknown): Promise<void> {
    if (this.#failure === undefined) {
      // RFC 8446, section 6.1: close_notify goes before the close. It is written here and now, if there is room for it.
      const hasRoom = !this.#isMute && (this.#writer.desiredSize ?? 0) > 0;
      if (reason === undefined && this.#connection.opened && hasRoom) {
        this.#connection.close();
        this.#flush();
      }
      this.#end(reason === undefined ? undefined : { error: reason });
      this.#below.close(reason).then(this.#closed.resolve, this.#closed.reject);
    }
    // Whatever ended the stream is told by `closed`.
    return this.closed.catch(() => {});
  }

  /** Ends everything with an error, the stream below too. */
  fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#end({ error });
    this.#closed.reject(error);
    this.#below.close(error).catch(() => {});
  }

  async #shake(ready: Promise<unknown>): Promise<void> {
    try {
      await ready;
      while (!this.#connection.opened && this.#failure === undefined) {
        await this.#receive();
        const { failure, opened } = this.#connection;
        if (failure !== undefined && !opened) throw handshakeError(failure);
      }
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  /** What was decrypted goes up before it is told how it ended. */
  async #pull(): Promise<void> {
    try {
      while (this.#plain.isReadable) {
        const data = this.#connection.takeData();
        if (data.length > 0) {
          this.#plain.enqueue(data);
          return;
        }
        const { failure, peerClosed } = this.#connection;
        if (failure !== undefined) throw sessionError(failure);
        if (peerClosed) {
          this.#plain.endReading();
          // The peer takes nothing more either: what HTTP has to say by then is said.
          void this.close();
        } else await this.#receive();
      }
    } catch (error) {
      this.fail(error);
    }
  }

  async #receive(): Promise<void> {
    const { done, value } = await this.#reader.read();
    if (this.#failure !== undefined) return;
    if (done) {
      throw this.#connection.opened ? new MixnetError('ERR_MIX_TLS_TRUNCATED') : handshakeFailed(CONNECTION_ENDED);
    }
    this.#connection.receive(value);
    this.#flush();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (const piece of piecesOf(bytes)) {
      const { failure } = this.#connection;
      if (failure !== undefined) throw sessionError(failure);
      this.#connection.send(piece);
      this.#flush();
      await new Promise<void>(resolve => {
        this.#wake = resolve;
        this.#writer.ready.then(resolve, resolve);
      });
      if (this.#failure !== undefined) throw this.#failure.error;
    }
  }

  /** close_notify, and the end of the stream below. The peer may go on. */
  async #endWriting(): Promise<void> {
    this.#connection.close();
    this.#flush();
    if (this.#isMute) return;
    this.#isMute = true;
    this.#writer.close().catch(error => this.#refused(error));
  }

  /** One write below for all records of a flight: below, each may be a message of its own. */
  #flush(): void {
    const output = this.#connection.takeOutput();
    if (output.length > 0 && !this.#isMute) this.#writer.write(output).catch(error => this.#refused(error));
  }

  /** An answer may be on its way all the same: a server that refuses an upload says so and closes. */
  #refused(error: unknown): void {
    this.#isMute = true;
    if (this.#connection.opened) this.#plain.refuseWrites(error);
    else this.fail(error);
  }

  #end(failure: Failure | undefined): void {
    this.#failure = failure ?? { error: new TypeError('the stream is closed') };
    this.#isMute = true;
    this.#plain.endReading(failure);
    this.#plain.refuseWrites(this.#failure.error);
    this.#over.reject(this.#failure.error);
    this.#wake();
  }
}

function handshakeError(failure: TlsError): MixnetError {
  const refused = failure instanceof CertificateError ? certificateRefused : handshakeFailed;
  return refused(reasonOf(failure), { cause: failure });
}

function sessionError(failure: TlsError): MixnetError {
  return connectionFailed(reasonOf(failure), { cause: failure });
}

function reasonOf({ message, code }: TlsError): string {
  return `${message} (${code})`;
}

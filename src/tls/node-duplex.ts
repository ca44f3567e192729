import { Duplex } from 'node:stream';
import { concatBytes } from '../crypto/bytes.ts';
import type { ByteStream } from './secure-stream.ts';

export interface RecordListener {
  /** The stream below has ended, and all its bytes were handed on. */
  ended(): void;
  /** Its readable side has failed. */
  failed(error: unknown): void;
  /** It takes no more; what was under way to us may still come. */
  refused(error: unknown): void;
}

/**
 * The stream below in the shape that `node:tls` wants. Bytes are read only when TLS asks, and a write is done when there
 * is room for the next one.
 *
 * Its end is told to the listener and not to TLS. To `node:tls` the end of the stream and the peer's close_notify look
 * the same; this way, an end that TLS reports can only be the close_notify.
 */
export class RecordDuplex extends Duplex {
  listener: RecordListener | undefined;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(stream: ByteStream) {
    // Without a buffer of its own, it reads only when all that came before is in the hands of TLS.
    super({ readableHighWaterMark: 0 });
    this.#reader = stream.readable.getReader();
    this.#writer = stream.writable.getWriter();
  }

  override _read(): void {
    this.#reader.read().then(
      ({ done, value }) => {
        if (this.destroyed) return;
        if (done) this.listener?.ended();
        else if (value.length === 0) this._read();
        else this.push(value);
      },
      error => this.listener?.failed(error),
    );
  }

  override _write(bytes: Uint8Array, _encoding: BufferEncoding, written: () => void): void {
    this.#writer.write(bytes).catch(error => this.listener?.refused(error));
    this.#writer.ready.then(written, written);
  }

  /** One write below for all records of a flight: below, each may be a message of its own. */
  override _writev(flight: { readonly chunk: Uint8Array }[], written: () => void): void {
    this._write(concatBytes(...flight.map(({ chunk }) => chunk)), 'binary', written);
  }

  override _final(written: () => void): void {
    this.#writer.close().catch(error => this.listener?.refused(error));
    written();
  }
}

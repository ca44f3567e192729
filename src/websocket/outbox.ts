/** What is to be sent, frame by frame: messages in their order, what keeps the connection alive between their fragments. */

import { type Frame, opcodes } from '../rfc6455/index.ts';

type Content = Uint8Array<ArrayBuffer> | Blob;

interface Message {
  readonly opcode: typeof opcodes.text | typeof opcodes.binary;
  readonly content: Content;
  sent: number;
}

/**
 * A large message is fragmented, so that an answer to a ping does not wait until all of it has gone through the mixnet. A
 * part of this size is about what a stream takes before the first of it is acknowledged.
 */
export const FRAGMENT_BYTES = 64 * 1024;

export class Outbox {
  readonly #messages: Message[] = [];
  #pong: Uint8Array | undefined;
  #ping: Uint8Array | undefined;
  #close: Uint8Array | undefined;
  #closed = false;
  #buffered = 0;

  /** Bytes of messages that were not handed on yet. */
  get buffered(): number {
    return this.#buffered;
  }

  get waiting(): boolean {
    return [this.#pong, this.#ping, this.#close, this.#messages[0]].some(it => it !== undefined);
  }

  /** Counts as buffered at once. A Blob is read when its turn comes. */
  message(opcode: Message['opcode'], content: Content): void {
    if (this.#closed) return;
    this.#buffered += sizeOf(content);
    this.#messages.push({ opcode, content, sent: 0 });
  }

  ping(payload: Uint8Array): void {
    if (!this.#closed) this.#ping = payload;
  }

  /** RFC 6455, section 5.5.3: of several pings, the last may be answered alone. */
  pong(payload: Uint8Array): void {
    if (!this.#closed) this.#pong = payload;
  }

  /** After the messages; nothing more is taken. */
  close(payload: Uint8Array): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#close = payload;
  }

  /** Messages that are not sent yet will not be: who should read them is gone. They stay counted. */
  dropMessages(): void {
    this.#messages.length = 0;
  }

  /** The next frame, of what is `waiting`. Rejects if a Blob cannot be read. */
  async next(): Promise<Frame | undefined> {
    const control = this.#control();
    if (control !== undefined) return control;
    const [message] = this.#messages;
    if (message === undefined) return this.#last();
    const { opcode, content, sent } = message;
    const payload = await part(content, sent, sent + FRAGMENT_BYTES);
    message.sent += payload.length;
    const fin = message.sent >= sizeOf(content);
    // Dropped meanwhile, perhaps.
    if (fin && this.#messages[0] === message) this.#messages.shift();
    return { opcode: sent === 0 ? opcode : opcodes.continuation, fin, payload };
  }

  /** The frame was taken. */
  taken({ opcode, payload }: Frame): void {
    if (opcode < opcodes.close) this.#buffered -= payload.length;
  }

  #control(): Frame | undefined {
    const pong = this.#pong;
    if (pong !== undefined) {
      this.#pong = undefined;
      return { opcode: opcodes.pong, fin: true, payload: pong };
    }
    const ping = this.#ping;
    this.#ping = undefined;
    return ping && { opcode: opcodes.ping, fin: true, payload: ping };
  }

  #last(): Frame | undefined {
    const close = this.#close;
    this.#close = undefined;
    return close && { opcode: opcodes.close, fin: true, payload: close };
  }
}

function sizeOf(content: Content): number {
  return content instanceof Uint8Array ? content.length : content.size;
}

async function part(content: Content, start: number, end: number): Promise<Uint8Array> {
  if (content instanceof Uint8Array) return content.subarray(start, end);
  return new Uint8Array(await content.slice(start, end).arrayBuffer());
}

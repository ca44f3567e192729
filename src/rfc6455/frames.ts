/**
 * Frames of RFC 6455, section 5, as bytes in, events out: no sockets, no timers. Strict, as the RFC demands of a client:
 * what a server may not send ends the connection.
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-------+-+-------------+-------------------------------+
 *  |F|R|R|R| opcode|M| length (7)  | length (16, if it was 126;    |
 *  |I|S|S|S|  (4)  |A|             | 64, if it was 127)            |
 *  |N|V|V|V|       |S|             |                               |
 *  | |1|2|3|       |K|             |                               |
 *  +-+-+-+-+-------+-+-------------+-------------------------------+
 *  | masking key (32, if MASK is set), then the payload            |
 *  +---------------------------------------------------------------+
 *
 * @module
 */

import { concatBytes, putUint } from '../crypto/bytes.ts';
import { type CloseStatus, decodeCloseStatus } from './close-status.ts';
import { malformed, tooLarge } from './failures.ts';
import { BytesBuilder, type PayloadBuilder, TextBuilder, utf8Decoder } from './payloads.ts';

export const opcodes = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

export type Opcode = (typeof opcodes)[keyof typeof opcodes];

/** Everything that a server can say. */
export type Incoming =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'binary'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: 'ping' | 'pong'; readonly payload: Uint8Array<ArrayBuffer> }
  | ({ readonly type: 'close' } & CloseStatus);

export interface Frame {
  readonly opcode: Opcode;
  /** Whether it ends a message; true of control frames. */
  readonly fin: boolean;
  readonly payload: Uint8Array;
}

/** A frame as a client sends it: masked, by four bytes that nobody can foresee (section 5.3). */
export function encodeFrame({ opcode, fin, payload }: Frame, mask: Uint8Array): Uint8Array<ArrayBuffer> {
  const { length } = payload;
  const extended = length <= SHORTEST_OF_16_BITS - 1 ? 0 : length < SHORTEST_OF_64_BITS ? 2 : 8;
  const head = new Uint8Array(2 + extended);
  head[0] = (fin ? FIN : 0) | opcode;
  head[1] = MASKED | (extended === 0 ? length : extended === 2 ? LENGTH_OF_16_BITS : LENGTH_OF_64_BITS);
  putUint(head, 2, extended, length);
  const bytes = concatBytes(head, mask, payload);
  const start = head.length + mask.length;
  for (let i = 0; i < length; i++) bytes[start + i] = (bytes[start + i] ?? 0) ^ (mask[i & 3] ?? 0);
  return bytes;
}

/** Reads what a server sends, however it is sliced. After a close frame it is deaf: nothing may follow (section 5.5.1). */
export class FrameReader {
  readonly #head = new Uint8Array(MAX_HEAD_BYTES);
  #headLength = 0;
  /** Not looked at yet. */
  #rest: Uint8Array = new Uint8Array(0);
  /** The frame whose payload is being read, and how much of that is missing. */
  #frame: FrameHead | undefined;
  #left = 0;
  #control = new BytesBuilder();
  /** The message begun and not ended: its fragments may have control frames between them. */
  #message: PayloadBuilder | undefined;
  #isOver = false;
  readonly #decoder = utf8Decoder();
  readonly #maxMessageBytes: number;

  /** @param maxMessageBytes of a message that is taken, all its fragments together */
  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /**
   * Must be iterated to its end. What came before a fault is given before the fault is thrown.
   *
   * @throws MixnetError ERR_MIX_WEBSOCKET_MALFORMED, ERR_MIX_WEBSOCKET_TEXT, ERR_MIX_WEBSOCKET_TOO_LARGE; afterwards the
   * reader is deaf.
   */
  *read(bytes: Uint8Array): Generator<Incoming, void, void> {
    this.#rest = bytes;
    try {
      for (let head = this.#readHead(); head !== undefined && !this.#isOver; head = this.#readHead()) {
        this.#readPayload(head);
        if (this.#left > 0) return;
        this.#frame = undefined;
        const incoming = this.#finish(head);
        if (incoming === undefined) continue;
        if (incoming.type === 'close') this.#isOver = true;
        yield incoming;
      }
    } catch (error) {
      this.#isOver = true;
      throw error;
    }
  }

  /** Each byte is judged when it comes: a wrong one is not waited on. */
  #readHead(): FrameHead | undefined {
    let used = 0;
    while (this.#frame === undefined && used < this.#rest.length && !this.#isOver) {
      this.#head[this.#headLength++] = this.#rest[used++] ?? 0;
      const head = parseHead(this.#head, this.#headLength);
      if (head === undefined) continue;
      this.#headLength = 0;
      this.#begin(head);
      this.#frame = head;
      this.#left = head.length;
    }
    this.#rest = this.#rest.subarray(used);
    return this.#frame;
  }

  #begin({ opcode, length }: FrameHead): void {
    if (isControl(opcode)) {
      this.#control = new BytesBuilder();
      return;
    }
    if ((opcode === opcodes.continuation) !== (this.#message !== undefined)) {
      throw malformed('a message is gone on with that was not begun, or not ended before the next one');
    }
    this.#message ??= opcode === opcodes.text ? new TextBuilder(this.#decoder) : new BytesBuilder();
    if (this.#message.length + length > this.#maxMessageBytes) throw tooLarge();
  }

  #readPayload({ opcode }: FrameHead): void {
    const piece = this.#rest.subarray(0, this.#left);
    this.#rest = this.#rest.subarray(piece.length);
    this.#left -= piece.length;
    if (isControl(opcode)) this.#control.add(piece);
    else this.#message?.add(piece);
  }

  #finish({ opcode, fin }: FrameHead): Incoming | undefined {
    if (opcode === opcodes.close) return { type: 'close', ...decodeCloseStatus(this.#control.finish()) };
    if (isControl(opcode)) return { type: opcode === opcodes.ping ? 'ping' : 'pong', payload: this.#control.finish() };
    if (!fin) return undefined;
    const message = this.#message;
    this.#message = undefined;
    if (message instanceof TextBuilder) return { type: 'text', text: message.finish() };
    return message instanceof BytesBuilder ? { type: 'binary', bytes: message.finish() } : undefined;
  }
}

interface FrameHead {
  readonly opcode: Opcode;
  readonly fin: boolean;
  readonly length: number;
}

const MAX_HEAD_BYTES = 10;
const [FIN, RESERVED, OPCODE] = [0x80, 0x70, 0x0f];
const [MASKED, LENGTH] = [0x80, 0x7f];
const [LENGTH_OF_16_BITS, LENGTH_OF_64_BITS] = [126, 127];
const [SHORTEST_OF_16_BITS, SHORTEST_OF_64_BITS] = [126, 65_536];

/** Of the first `known` bytes; `undefined` while some are missing. Lengths take the fewest bytes that hold them (section 5.2). */
function parseHead(head: Uint8Array, known: number): FrameHead | undefined {
  const [first = 0, second = 0] = head;
  const opcode = first & OPCODE;
  const fin = (first & FIN) !== 0;
  if ((first & RESERVED) !== 0) throw malformed('a reserved bit is set, and no extension was agreed on');
  if (!isOpcode(opcode)) throw malformed('a frame is of an unknown kind');
  if (isControl(opcode) && !fin) throw malformed('a control frame is fragmented');
  if (known < 2) return undefined;
  if ((second & MASKED) !== 0) throw malformed('a frame of the server is masked');
  const short = second & LENGTH;
  if (short < LENGTH_OF_16_BITS) return { opcode, fin, length: short };
  if (isControl(opcode)) throw malformed('a control frame is too long');
  const size = short === LENGTH_OF_16_BITS ? 2 : 8;
  if (size === 8 && known > 2 && (head[2] ?? 0) >= 0x80) throw malformed('a frame has a negative length');
  if (known < 2 + size) return undefined;
  const length = head.subarray(2, known).reduce((sum, byte) => sum * 256 + byte, 0);
  if (length < (size === 2 ? SHORTEST_OF_16_BITS : SHORTEST_OF_64_BITS)) {
    throw malformed('the length of a frame takes more bytes than it needs');
  }
  return { opcode, fin, length };
}

function isControl(opcode: Opcode): boolean {
  return opcode >= opcodes.close;
}

function isOpcode(value: number): value is Opcode {
  return value <= opcodes.binary || (value >= opcodes.close && value <= opcodes.pong);
}

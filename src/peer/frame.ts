/**
 * The frames of a stream between two clients, each of which is a message (nymtech/nym
 * `sdk/rust/nym-sdk/src/mixnet/stream/protocol.rs`, `common/nym-lp/src/packet/frame.rs`).
 *
 * | bytes | field | |
 * |---|---|---|
 * | 2 | kind of frame | 3, little-endian: of a stream |
 * | 8 | stream | random, chosen by the client that dials |
 * | 1 | type | 0 open, 1 data |
 * | 4 | sequence | counted from 0 for the data of each direction; 0 in an open frame |
 * | 1 | reserved | 0; the SDK does not look at it |
 * | … | payload | |
 *
 * The format has no end and no flow control. The SDK's reader takes an empty data frame for the end, and its writer never
 * sends one: that is our end, and the reserved byte says more about it to our like (1: nor is anything read any more, 2: it
 * is given up). A frame of another type the SDK ignores: ours is 128, with one byte of flags (1: hold, 2: answer me), counted
 * by itself, and sent only to who has shown to know it: by one, or by the reserved byte 1 of an open frame.
 */

import { concatBytes } from '../crypto/bytes.ts';

/** An unsigned 64-bit number. */
export type StreamId = bigint;

export type PeerFrame =
  | {
      readonly type: 'open';
      readonly id: StreamId;
      /** Comes before all data frames. */
      readonly data: Uint8Array;
      /** Whether who dials knows control frames. */
      readonly knowsControl: boolean;
    }
  | {
      readonly type: 'data';
      readonly id: StreamId;
      readonly sequence: number;
      /** Not empty. */
      readonly data: Uint8Array;
    }
  /** `half`: nothing more is sent. `close`: nor is anything read. `abort`: from now on, whatever is missing. */
  | { readonly type: 'end'; readonly id: StreamId; readonly sequence: number; readonly how: EndKind }
  | {
      readonly type: 'control';
      readonly id: StreamId;
      /** The highest counts. */
      readonly order: number;
      /** Send no more for now. */
      readonly hold: boolean;
      /** Answer with a control frame. */
      readonly ping: boolean;
    };

export type EndKind = 'half' | 'close' | 'abort';

export const FRAME_HEADER_BYTES = 16;

/** @throws RangeError for a sequence beyond 32 bits. */
export function encodePeerFrame(frame: PeerFrame): Uint8Array<ArrayBuffer> {
  switch (frame.type) {
    case 'open':
      return encode(frame.id, OPEN, 0, frame.knowsControl ? KNOWS_CONTROL : 0, frame.data);
    case 'data':
      if (frame.data.length === 0) throw new RangeError('an empty data frame is the end');
      return encode(frame.id, DATA, frame.sequence, 0, frame.data);
    case 'end':
      return encode(frame.id, DATA, frame.sequence, END_KINDS.indexOf(frame.how), new Uint8Array(0));
    case 'control': {
      const flags = (frame.hold ? HOLD : 0) | (frame.ping ? PING : 0);
      return encode(frame.id, CONTROL, frame.order, 0, Uint8Array.of(flags));
    }
  }
}

/** `undefined` for what is no frame of a stream, but some other message. `data` is a view of `bytes`. */
export function decodePeerFrame(bytes: Uint8Array): PeerFrame | undefined {
  if (bytes.length < FRAME_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint16(0, true) !== STREAM) return undefined;
  const id = view.getBigUint64(2);
  const sequence = view.getUint32(11);
  const reserved = view.getUint8(15);
  const data = bytes.subarray(FRAME_HEADER_BYTES);
  switch (view.getUint8(10)) {
    case OPEN:
      return { type: 'open', id, data, knowsControl: reserved === KNOWS_CONTROL };
    case DATA:
      if (data.length > 0) return { type: 'data', id, sequence, data };
      return { type: 'end', id, sequence, how: END_KINDS[reserved] ?? 'half' };
    case CONTROL: {
      const flags = data[0] ?? 0;
      return { type: 'control', id, order: sequence, hold: (flags & HOLD) !== 0, ping: (flags & PING) !== 0 };
    }
    default:
      return undefined;
  }
}

const STREAM = 3;
const OPEN = 0;
const DATA = 1;
const CONTROL = 128;
const KNOWS_CONTROL = 1;
const HOLD = 1;
const PING = 2;
const END_KINDS: readonly EndKind[] = ['half', 'close', 'abort'];

function encode(
  id: StreamId,
  type: number,
  sequence: number,
  reserved: number,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (!(sequence >= 0 && sequence <= 0xffff_ffff)) throw new RangeError('a stream has 2³² messages at most');
  const header = new DataView(new ArrayBuffer(FRAME_HEADER_BYTES));
  header.setUint16(0, STREAM, true);
  header.setBigUint64(2, id);
  header.setUint8(10, type);
  header.setUint32(11, sequence);
  header.setUint8(15, reserved);
  return concatBytes(new Uint8Array(header.buffer), payload);
}

/**
 * Packets on the stream between two nodes, one after the other.
 * Upstream: `nymtech/nym common/nymsphinx/framing/src/codec.rs`, `src/packet.rs`.
 *
 * | version 8 | version 7 | field        | values                            |
 * |-----------|-----------|--------------|-----------------------------------|
 * | 0         | 0         | version      | 8 or 7                            |
 * | 1         | 1         | packet size  | `PacketSize.code`                 |
 * | 2         | 2         | packet type  | 0 (Sphinx)                        |
 * | 3         | –         | key rotation | `RotationMarker`; 7 means unknown |
 * | 4 …       | 3 …       | packet       | as long as its size says          |
 *
 * @module
 */

import { concatBytes } from '../crypto/bytes.ts';
import { malformed } from './malformed.ts';
import { type PacketType, parsePacketType, SPHINX_PACKET } from './packet-type.ts';
import { parseRotationMarker, type RotationMarker } from './rotation.ts';
import { type PacketSize, packetSizeOfCode, packetSizeOfTotal } from './sizes.ts';

/** Nodes of today send 7 unless told otherwise, and read both. */
export type FrameVersion = 7 | 8;

export interface Frame {
  readonly size: PacketSize;
  readonly packetType: PacketType;
  readonly rotation: RotationMarker;
  readonly packet: Uint8Array;
}

export interface FrameRequest {
  /** Of one of the sizes in `packetSizes`; a `RangeError` otherwise. */
  readonly packet: Uint8Array;
  /** Lost in version 7. */
  readonly rotation: RotationMarker;
  readonly version: FrameVersion;
}

export function encodeFrame({ packet, rotation, version }: FrameRequest): Uint8Array {
  const size = packetSizeOfTotal(packet.length);
  if (size === undefined) throw new RangeError(`a packet of ${packet.length} bytes`);
  const header = version === 7 ? [7, size.code, SPHINX_PACKET] : [8, size.code, SPHINX_PACKET, rotation];
  return concatBytes(Uint8Array.from(header), packet);
}

/**
 * Reads frames from a stream in chunks of any length. Holds at most one unfinished frame. An error is for good: the stream
 * has no marks by which to find the next frame.
 */
export class FrameDecoder {
  readonly #header = new Uint8Array(4);
  #headerLength = 0;
  #unfinished: { frame: Frame; filled: number } | undefined;
  #error: Error | undefined;

  /** The frames that `bytes` completes. Throws ERR_MIX_MIXNET_MALFORMED, and from then on always. */
  push(bytes: Uint8Array): Frame[] {
    if (this.#error !== undefined) throw this.#error;
    const frames: Frame[] = [];
    try {
      for (let rest = bytes; rest.length > 0; ) rest = this.#take(rest, frames);
    } catch (error) {
      this.#unfinished = undefined;
      this.#error = error instanceof Error ? error : malformed('A frame cannot be read.');
      throw this.#error;
    }
    return frames;
  }

  #take(bytes: Uint8Array, frames: Frame[]): Uint8Array {
    if (this.#unfinished === undefined) {
      this.#header[this.#headerLength++] = bytes[0] ?? 0;
      const frame = parseHeader(this.#header.subarray(0, this.#headerLength));
      if (frame !== undefined) {
        this.#headerLength = 0;
        this.#unfinished = { frame, filled: 0 };
      }
      return bytes.subarray(1);
    }
    const { frame, filled } = this.#unfinished;
    const taken = bytes.subarray(0, frame.packet.length - filled);
    frame.packet.set(taken, filled);
    this.#unfinished.filled += taken.length;
    if (this.#unfinished.filled === frame.packet.length) {
      this.#unfinished = undefined;
      frames.push(frame);
    }
    return bytes.subarray(taken.length);
  }
}

/** `undefined` while the header is not complete. The packet of the result is still to be filled in. */
function parseHeader(header: Uint8Array): Frame | undefined {
  const [version = 0, sizeCode = 0, packetType = 0, rotation] = header;
  // Version numbers start at 7, above all size codes, because frames once had no version and began with the size.
  if (version !== 7 && version !== 8) throw malformed('A frame of a version that is not spoken here.');
  if (header.length < (version === 7 ? 3 : 4)) return undefined;
  const size = packetSizeOfCode(sizeCode);
  if (size === undefined) throw malformed('A frame with a packet of no known size.');
  return {
    size,
    packetType: parsePacketType(packetType),
    rotation: parseRotationMarker(rotation ?? 0),
    packet: new Uint8Array(size.total),
  };
}

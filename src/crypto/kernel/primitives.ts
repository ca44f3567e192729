/**
 * Primitives by the kernel. What is too long for its memory, which nothing in a packet is, is left to the portable ones.
 *
 * @module
 */

import { Aes } from '../aes.ts';
import { eightfoldBasePoint } from '../base-point.ts';
import { BLOCK_BYTES as BLAKE2B_BLOCK_BYTES, parameterWord } from '../blake2b.ts';
import { BLOCK_BYTES as BLAKE3_BLOCK_BYTES, CHUNK_BYTES } from '../blake3.ts';
import { xorInto } from '../bytes.ts';
import type { EdwardsPoint } from '../edwards.ts';
import { gcmSivBy, streamOf } from '../gcm-siv.ts';
import { expand, extract } from '../hash.ts';
import { LIONESS_LEFT_BYTES, splitLionessKey } from '../lioness.ts';
import { PointTable, signedDigits } from '../point-table.ts';
import { polyval } from '../polyval.ts';
import * as portable from '../portable.ts';
import { expectLength, type Primitives } from '../primitives.ts';
import { littleEndian, type ScalarProduct, scalarProduct } from '../scalar-product.ts';
import { AES_STEP_BYTES } from './aes.ts';
import { CHACHA20_STEP_BYTES } from './chacha20.ts';
import { type Kernel, makeKernel } from './kernel.ts';

export interface KernelPrimitives
  extends Pick<
    Primitives,
    | 'aes128Ctr'
    | 'blake3'
    | 'ephemeralPublicKey'
    | 'gcmSivOpen'
    | 'gcmSivSeal'
    | 'hkdfBlake3'
    | 'hkdfSha256'
    | 'hmacSha256'
    | 'lionessDecrypt'
    | 'lionessEncrypt'
  > {
  /** A table whose multiples the kernel computes, while there is room for one. */
  tableOf(point: EdwardsPoint): PointTable;
}

/** @returns `undefined` where there is no kernel */
export function kernelPrimitives(): KernelPrimitives | undefined {
  const kernel = makeKernel();
  if (kernel === undefined) return undefined;
  const tableOf = tablesBy(kernel);
  let basePointTable: PointTable | undefined;
  return {
    ...hashesBy(kernel),
    ...aesBy(kernel),
    ...lionessBy(kernel),
    tableOf,
    ephemeralPublicKey(secretKey) {
      expectLength('secret key', secretKey, 32);
      if (basePointTable === undefined) {
        basePointTable = tableOf(eightfoldBasePoint());
        basePointTable.extend();
      }
      return basePointTable.multiply(scalarProduct(secretKey));
    },
  };
}

function tablesBy(kernel: Kernel): KernelPrimitives['tableOf'] {
  const { bytes, data, functions } = kernel;
  const digitsAt = data + 32;

  class KernelTable extends PointTable {
    readonly #at: number;

    constructor(point: EdwardsPoint, room: Int32Array<ArrayBuffer>) {
      super(point, room);
      this.#at = room.byteOffset;
    }

    override multiply(product: ScalarProduct): Uint8Array {
      bytes.set(signedDigits(littleEndian(product)), digitsAt);
      functions.multiplyPoint(this.#at, digitsAt, data);
      return bytes.slice(data, data + 32);
    }
  }

  const free = [...kernel.tables];
  const gone = new FinalizationRegistry<Int32Array<ArrayBuffer>>(room => free.push(room));
  return point => {
    const room = free.pop();
    if (room === undefined) return new PointTable(point);
    const table = new KernelTable(point, room);
    gone.register(table, room);
    return table;
  };
}

function lionessBy(kernel: Kernel): Pick<Primitives, 'lionessDecrypt' | 'lionessEncrypt'> {
  const { bytes, data, dataBytes, functions } = kernel;
  /** BLAKE2b takes the key as a block in front of the rest. */
  const [KEY, RIGHT] = [data, data + BLAKE2B_BLOCK_BYTES];
  const left = new Uint8Array(LIONESS_LEFT_BYTES);
  const streamKey = bytes.subarray(kernel.chacha20Key, kernel.chacha20Key + LIONESS_LEFT_BYTES);
  const digest = bytes.subarray(kernel.blake2bHash, kernel.blake2bHash + LIONESS_LEFT_BYTES);
  const parameters = parameterWord(64, LIONESS_LEFT_BYTES);
  const most = dataBytes - BLAKE2B_BLOCK_BYTES - CHACHA20_STEP_BYTES;

  function stream(key: Uint8Array, end: number): void {
    streamKey.set(key);
    xorInto(streamKey, left);
    functions.chacha20(RIGHT, end);
    // What is behind the end was encrypted, too.
    bytes.fill(0, end, end + BLAKE2B_BLOCK_BYTES);
  }

  function hash(key: Uint8Array, end: number): void {
    bytes.set(key, KEY);
    functions.blake2b(KEY, end - KEY, parameters);
    xorInto(left, digest);
  }

  function take(block: Uint8Array): number {
    const right = block.subarray(LIONESS_LEFT_BYTES);
    const end = RIGHT + right.length;
    left.set(block.subarray(0, LIONESS_LEFT_BYTES));
    bytes.fill(0, KEY, RIGHT);
    bytes.set(right, RIGHT);
    bytes.fill(0, end, end + BLAKE2B_BLOCK_BYTES);
    return end;
  }

  function give(end: number): Uint8Array {
    const block = new Uint8Array(LIONESS_LEFT_BYTES + end - RIGHT);
    block.set(left);
    block.set(bytes.subarray(RIGHT, end), LIONESS_LEFT_BYTES);
    return block;
  }

  return {
    lionessEncrypt(keys, block) {
      if (block.length > most) return portable.lionessEncrypt(keys, block);
      const end = take(block);
      for (const key of keys) {
        const { k1, k2, k3, k4 } = splitLionessKey(key);
        stream(k1, end);
        hash(k2, end);
        stream(k3, end);
        hash(k4, end);
      }
      return give(end);
    },
    lionessDecrypt(key, block) {
      if (block.length > most) return portable.lionessDecrypt(key, block);
      const end = take(block);
      const { k1, k2, k3, k4 } = splitLionessKey(key);
      hash(k4, end);
      stream(k3, end);
      hash(k2, end);
      stream(k1, end);
      return give(end);
    },
  };
}

function aesBy(kernel: Kernel): Pick<Primitives, 'aes128Ctr' | 'gcmSivOpen' | 'gcmSivSeal'> {
  const { bytes, data, dataBytes, functions } = kernel;
  /** Of a key, and of a counter. */
  const [KEY, COUNTER, INPUT] = [data, data + 32, data + 64];

  function expandKey(key: Uint8Array): void {
    bytes.set(key, KEY);
    functions.expandAesKey(KEY, key.length === 32 ? 1 : 0);
  }

  function write(counter: Uint8Array, input: Uint8Array): void {
    bytes.set(counter, COUNTER);
    bytes.set(input, INPUT);
  }

  /** So that nothing is written behind the end of the last step. */
  function fits(input: Uint8Array): boolean {
    return input.length > 0 && input.length <= dataBytes - 64 - AES_STEP_BYTES;
  }

  return {
    aes128Ctr(key, iv, input) {
      expectLength('AES-128 key', key, 16);
      expectLength('initial counter', iv, 16);
      // The kernel does not carry into the upper half of a counter.
      const carries = iv[8] === 0xff;
      if (carries || !fits(input)) return portable.aes128Ctr(key, iv, input);
      expandKey(key);
      write(iv, input);
      functions.xorAesCounter(COUNTER, INPUT, INPUT + input.length);
      return bytes.slice(INPUT, INPUT + input.length);
    },
    ...gcmSivBy(
      key => ({
        encrypt(blocks) {
          expandKey(key);
          bytes.set(blocks, kernel.aesStep);
          functions.encryptAesStep();
          return bytes.slice(kernel.aesStep, kernel.aesStep + blocks.length);
        },
        xorStream(counter, input) {
          if (!fits(input)) return streamOf(new Aes(key))(counter, input);
          expandKey(key);
          write(counter, input);
          functions.xorAesCounter32(COUNTER, INPUT, INPUT + input.length);
          return bytes.slice(INPUT, INPUT + input.length);
        },
      }),
      (key, blocks) => {
        if (!fits(blocks)) return polyval(key, blocks);
        bytes.set(key, KEY);
        bytes.set(blocks, INPUT);
        functions.polyval(KEY, INPUT, INPUT + blocks.length, KEY);
        return bytes.slice(KEY, KEY + 16);
      },
    ),
  };
}

function hashesBy(kernel: Kernel): Pick<Primitives, 'blake3' | 'hkdfBlake3' | 'hmacSha256' | 'hkdfSha256'> {
  const { bytes, data, dataBytes, functions } = kernel;
  /** Of each message, key and salt: three of them fit, and what HKDF gives. */
  const most = dataBytes / 4;
  const [KEY, MESSAGE] = [data, data + SHA256_BLOCK_BYTES];

  /** Zeros behind it. */
  function writeKey(key: Uint8Array): void {
    bytes.set(key, KEY);
    bytes.fill(0, KEY + key.length, KEY + SHA256_BLOCK_BYTES);
  }

  /** FIPS 180-4 §5.1.1, of what has a key in front of it. Returns its blocks. */
  function pad(at: number, length: number): number {
    const blocks = Math.ceil((length + 9) / SHA256_BLOCK_BYTES);
    const end = at + SHA256_BLOCK_BYTES * blocks;
    bytes.fill(0, at + length, end);
    bytes[at + length] = 0x80;
    const bits = 8 * (SHA256_BLOCK_BYTES + length);
    bytes[end - 3] = bits >>> 16;
    bytes[end - 2] = bits >>> 8;
    bytes[end - 1] = bits;
    return blocks;
  }

  const blake3 = Object.assign(
    (input: Uint8Array): Uint8Array => {
      if (input.length > CHUNK_BYTES) return portable.blake3(input);
      bytes.set(input, data);
      bytes.fill(0, data + input.length, data + input.length + BLAKE3_BLOCK_BYTES);
      functions.blake3(data, input.length);
      return bytes.slice(kernel.blake3Hash, kernel.blake3Hash + 32);
    },
    { blockBytes: BLAKE3_BLOCK_BYTES, digestBytes: 32 },
  );

  return {
    blake3,
    hkdfBlake3: (ikm, salt, info, length) => expand(blake3, extract(blake3, ikm, salt), info, length),
    hmacSha256(key, input) {
      if (key.length > SHA256_BLOCK_BYTES || input.length > most) return portable.hmacSha256(key, input);
      writeKey(key);
      bytes.set(input, MESSAGE);
      functions.hmacSha256(KEY, MESSAGE, pad(MESSAGE, input.length), KEY);
      return bytes.slice(KEY, KEY + SHA256_BYTES);
    },
    hkdfSha256(ikm, salt, info, length) {
      const isShort = (salt?.length ?? 0) <= SHA256_BLOCK_BYTES && ikm.length <= most && info.length <= most;
      const hashes = Math.ceil(length / SHA256_BYTES);
      if (!isShort || hashes === 0 || hashes > 255) return portable.hkdfSha256(ikm, salt, info, length);
      writeKey(salt ?? noSalt);
      bytes.set(ikm, MESSAGE);
      functions.hmacSha256(KEY, MESSAGE, pad(MESSAGE, ikm.length), KEY);
      bytes.fill(0, KEY + SHA256_BYTES, KEY + SHA256_BLOCK_BYTES);
      // RFC 5869 §2.3: the hash before, info, and a count; the first has none before it.
      bytes.set(info, MESSAGE);
      bytes[MESSAGE + info.length] = 1;
      const firstBlocks = pad(MESSAGE, info.length + 1);
      const later = MESSAGE + SHA256_BLOCK_BYTES * firstBlocks;
      bytes.set(info, later + SHA256_BYTES);
      const laterLength = SHA256_BYTES + info.length + 1;
      const laterBlocks = pad(later, laterLength);
      const out = later + SHA256_BLOCK_BYTES * laterBlocks;
      functions.expandSha256(KEY, MESSAGE, firstBlocks, later, laterBlocks, later + laterLength - 1, out, hashes);
      return bytes.slice(out, out + length);
    },
  };
}

const SHA256_BLOCK_BYTES = 64;
const SHA256_BYTES = 32;
const noSalt = new Uint8Array(0);

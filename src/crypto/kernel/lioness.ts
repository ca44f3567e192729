import { BLOCK_BYTES as BLAKE2B_BLOCK_BYTES, parameterWord } from '../blake2b.ts';
import { xorInto } from '../bytes.ts';
import { LIONESS_LEFT_BYTES, splitLionessKey } from '../lioness.ts';
import * as portable from '../portable.ts';
import type { Primitives } from '../primitives.ts';
import { CHACHA20_STEP_BYTES } from './chacha20.ts';
import type { Kernel } from './kernel.ts';

/** The block stays in the kernel's memory for all of its layers. */
export function lionessBy(kernel: Kernel): Pick<Primitives, 'lionessDecrypt' | 'lionessEncrypt'> {
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
    const start = RIGHT - LIONESS_LEFT_BYTES;
    const end = start + block.length;
    bytes.set(block, start);
    left.set(bytes.subarray(start, RIGHT));
    bytes.fill(0, KEY, RIGHT);
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

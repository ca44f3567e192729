import { Aes } from '../aes.ts';
import { gcmSivBy, streamOf } from '../gcm-siv.ts';
import { polyval } from '../polyval.ts';
import * as portable from '../portable.ts';
import { expectLength, type Primitives } from '../primitives.ts';
import { AES_STEP_BYTES } from './aes.ts';
import type { Kernel } from './kernel.ts';

/** Counter mode and GCM-SIV. */
export function aesModesBy(kernel: Kernel): Pick<Primitives, 'aes128Ctr' | 'gcmSivOpen' | 'gcmSivSeal'> {
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

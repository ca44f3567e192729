import { equalBytes, xorInto } from '../bytes.ts';
import { checkGcmSivLengths, TAG_BYTES } from '../gcm-siv.ts';
import * as portable from '../portable.ts';
import { expectLength, type Primitives } from '../primitives.ts';
import { AES_STEP_BYTES } from './aes.ts';
import type { Kernel } from './kernel.ts';

const BLOCK_BYTES = 16;

/** Counter mode, and GCM-SIV as `gcm-siv.ts` has it, whose data stays where it is meanwhile. */
export function aesModesBy(
  kernel: Kernel,
): Pick<Primitives, 'aes128Ctr' | 'aes128Keystream' | 'gcmSivOpen' | 'gcmSivSeal'> {
  const { bytes, data, dataBytes, functions } = kernel;
  /** Of a key, and of a counter. */
  const [KEY, COUNTER, INPUT] = [data, data + 32, data + 96];
  /** Of GCM-SIV. */
  const [AUTHENTICATION, TAG] = [data + 48, data + 64];

  function expandKey(key: Uint8Array): void {
    bytes.set(key, KEY);
    functions.expandAesKey(KEY, key.length === 32 ? 1 : 0);
  }

  /** So that nothing is written behind the end of the last step. */
  function fits(input: Uint8Array): boolean {
    return input.length > 0 && input.length <= dataBytes - (INPUT - data) - AES_STEP_BYTES;
  }

  /** RFC 8452 §4: the keys of a nonce are the first halves of six blocks, counter ‖ nonce. */
  function takeKeys(key: Uint8Array, nonce: Uint8Array): void {
    expandKey(key);
    for (let i = 0; i < 6; i++) {
      const block = kernel.aesStep + BLOCK_BYTES * i;
      bytes[block] = i;
      bytes.fill(0, block + 1, block + 4);
      bytes.set(nonce, block + 4);
    }
    functions.encryptAesStep();
    // Of the authentication, then of the encryption.
    for (let i = 0; i < 6; i++) {
      const half = kernel.aesStep + BLOCK_BYTES * i;
      bytes.copyWithin((i < 2 ? AUTHENTICATION : KEY - 16) + 8 * i, half, half + 8);
    }
    functions.expandAesKey(KEY, 1);
  }

  /** Of the plaintext at `INPUT`, behind which are zeros afterwards, and the lengths in bits. */
  function putTag(nonce: Uint8Array, length: number): void {
    const lengths = INPUT + BLOCK_BYTES * Math.ceil(length / BLOCK_BYTES);
    bytes.fill(0, INPUT + length, lengths + BLOCK_BYTES);
    const bits = 8 * length;
    for (let i = 0; i < 4; i++) bytes[lengths + 8 + i] = bits >>> (8 * i);
    functions.polyval(AUTHENTICATION, INPUT, lengths + BLOCK_BYTES, kernel.aesStep);
    const sum = bytes.subarray(kernel.aesStep, kernel.aesStep + BLOCK_BYTES);
    xorInto(sum, nonce);
    sum[15] = (sum[15] ?? 0) & 0x7f;
    functions.encryptAesStep();
    bytes.copyWithin(TAG, kernel.aesStep, kernel.aesStep + TAG_BYTES);
  }

  /** The tag with its highest bit set is the first counter. */
  function xorStream(tag: number, end: number): void {
    bytes.copyWithin(COUNTER, tag, tag + BLOCK_BYTES);
    bytes[COUNTER + 15] = (bytes[COUNTER + 15] ?? 0) | 0x80;
    functions.xorAesCounter32(COUNTER, INPUT, end);
  }

  return {
    aes128Ctr(key, iv, input) {
      expectLength('AES-128 key', key, 16);
      expectLength('initial counter', iv, 16);
      // The kernel does not carry into the upper half of a counter.
      const carries = iv[8] === 0xff;
      if (carries || !fits(input)) return portable.aes128Ctr(key, iv, input);
      expandKey(key);
      bytes.set(iv, COUNTER);
      bytes.set(input, INPUT);
      functions.xorAesCounter(COUNTER, INPUT, INPUT + input.length);
      return bytes.slice(INPUT, INPUT + input.length);
    },
    aes128Keystream(key, out) {
      expectLength('AES-128 key', key, 16);
      if (!fits(out)) {
        portable.aes128Keystream(key, out);
        return;
      }
      expandKey(key);
      bytes.fill(0, COUNTER, INPUT + out.length);
      functions.xorAesCounter(COUNTER, INPUT, INPUT + out.length);
      out.set(bytes.subarray(INPUT, INPUT + out.length));
    },
    gcmSivSeal(key, nonce, plaintext) {
      checkGcmSivLengths(key, nonce);
      if (!fits(plaintext)) return portable.gcmSivSeal(key, nonce, plaintext);
      takeKeys(key, nonce);
      bytes.set(plaintext, INPUT);
      putTag(nonce, plaintext.length);
      const end = INPUT + plaintext.length;
      const sealed = new Uint8Array(plaintext.length + TAG_BYTES);
      sealed.set(bytes.subarray(TAG, TAG + TAG_BYTES), plaintext.length);
      xorStream(TAG, end);
      sealed.set(bytes.subarray(INPUT, end));
      return sealed;
    },
    gcmSivOpen(key, nonce, sealed) {
      checkGcmSivLengths(key, nonce);
      const length = sealed.length - TAG_BYTES;
      if (!fits(sealed) || length <= 0) return portable.gcmSivOpen(key, nonce, sealed);
      const tag = sealed.subarray(length);
      takeKeys(key, nonce);
      bytes.set(sealed.subarray(0, length), INPUT);
      bytes.set(tag, TAG);
      xorStream(TAG, INPUT + length);
      putTag(nonce, length);
      const isGenuine = equalBytes(tag, bytes.subarray(TAG, TAG + TAG_BYTES));
      return isGenuine ? bytes.slice(INPUT, INPUT + length) : undefined;
    },
  };
}

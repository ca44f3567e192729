import { BLOCK_BYTES as BLAKE3_BLOCK_BYTES, CHUNK_BYTES } from '../blake3.ts';
import { expand, extract, hmac } from '../hash.ts';
import * as portable from '../portable.ts';
import type { Primitives } from '../primitives.ts';
import { BLOCK_BYTES as SHA256_BLOCK_BYTES, HASH_BYTES as SHA256_BYTES } from '../sha256.ts';
import { hkdfBy } from './hkdf.ts';
import type { Kernel } from './kernel.ts';
import { padAfterKey } from './sha256.ts';

/** What keys are derived by, and HMAC. */
export function hashesBy(kernel: Kernel): Pick<Primitives, 'blake3' | 'hkdfBlake3' | 'hmacSha256' | 'hkdfSha256'> {
  const { bytes, data, dataBytes, functions } = kernel;
  const most = dataBytes / 2;
  const [KEY, MESSAGE] = [data, data + SHA256_BLOCK_BYTES];

  /** Zeros behind it. */
  function writeKey(key: Uint8Array): void {
    bytes.set(key, KEY);
    bytes.fill(0, KEY + key.length, KEY + SHA256_BLOCK_BYTES);
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

  const keyedBlake3 = Object.assign((input: Uint8Array) => blake3(input), {
    ...{ blockBytes: blake3.blockBytes, digestBytes: blake3.digestBytes },
    hmac: hmacBlake3,
  });

  /** RFC 2104 */
  function hmacBlake3(key: Uint8Array, input: Uint8Array): Uint8Array {
    const message = data + BLAKE3_BLOCK_BYTES;
    const length = BLAKE3_BLOCK_BYTES + input.length;
    if (length > CHUNK_BYTES) return hmac(blake3, key, input);
    bytes.fill(0x36, data, message);
    for (let i = 0; i < key.length; i++) bytes[data + i] = (key[i] ?? 0) ^ 0x36;
    bytes.set(input, message);
    bytes.fill(0, data + length, data + length + BLAKE3_BLOCK_BYTES);
    functions.blake3(data, length);
    for (let i = data; i < message; i++) bytes[i] = (bytes[i] ?? 0) ^ 0x36 ^ 0x5c;
    bytes.copyWithin(message, kernel.blake3Hash, kernel.blake3Hash + blake3.digestBytes);
    bytes.fill(0, message + blake3.digestBytes, message + 2 * BLAKE3_BLOCK_BYTES);
    functions.blake3(data, BLAKE3_BLOCK_BYTES + blake3.digestBytes);
    return bytes.slice(kernel.blake3Hash, kernel.blake3Hash + blake3.digestBytes);
  }

  return {
    blake3,
    hkdfBlake3: (ikm, salt, info, length) => expand(keyedBlake3, extract(keyedBlake3, ikm, salt), info, length),
    hmacSha256(key, input) {
      if (key.length > SHA256_BLOCK_BYTES || input.length > most) return portable.hmacSha256(key, input);
      writeKey(key);
      bytes.set(input, MESSAGE);
      functions.hmacSha256(KEY, MESSAGE, padAfterKey(bytes, MESSAGE, input.length), KEY);
      return bytes.slice(KEY, KEY + SHA256_BYTES);
    },
    ...hkdfBy(kernel),
  };
}

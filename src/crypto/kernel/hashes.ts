import { BLOCK_BYTES as BLAKE3_BLOCK_BYTES, CHUNK_BYTES } from '../blake3.ts';
import { expand, extract } from '../hash.ts';
import * as portable from '../portable.ts';
import type { Primitives } from '../primitives.ts';
import { BLOCK_BYTES as SHA256_BLOCK_BYTES, HASH_BYTES as SHA256_BYTES } from '../sha256.ts';
import type { Kernel } from './kernel.ts';

/** What keys are derived by, and HMAC. */
export function hashesBy(kernel: Kernel): Pick<Primitives, 'blake3' | 'hkdfBlake3' | 'hmacSha256' | 'hkdfSha256'> {
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

const noSalt = new Uint8Array(0);

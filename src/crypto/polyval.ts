/**
 * POLYVAL (RFC 8452 §3), the polynomial hash of AES-GCM-SIV.
 *
 * Multiplication by a fixed element is linear, so the product is the sum of what each of the 32 nibbles contributes, which
 * a table has. @noble's makes an object for each of its entries, and takes three times as long.
 *
 * @module
 */

/** 16 bytes from 16 of a key that is used once, and whole blocks. The look-ups depend on both. */
export function polyval(key: Uint8Array, blocks: Uint8Array): Uint8Array {
  const table = productsOf(key);
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.byteLength);
  const sum = new Int32Array(4);
  for (let at = 0; at < blocks.length; at += 16) {
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    let row = 0;
    for (let word = 0; word < 4; word++) {
      let bits = (sum[word] ?? 0) ^ view.getInt32(at + 4 * word, true);
      for (const end = row + 8 * ROW; row < end; row += ROW) {
        const entry = row + 4 * (bits & 15);
        s0 ^= table[entry] ?? 0;
        s1 ^= table[entry + 1] ?? 0;
        s2 ^= table[entry + 2] ?? 0;
        s3 ^= table[entry + 3] ?? 0;
        bits >>>= 4;
      }
    }
    sum[0] = s0;
    sum[1] = s1;
    sum[2] = s2;
    sum[3] = s3;
  }
  const digest = new DataView(new ArrayBuffer(16));
  for (const [i, word] of sum.entries()) digest.setInt32(4 * i, word, true);
  return new Uint8Array(digest.buffer);
}

/** Sixteen values of a nibble, four words each. */
const ROW = 16 * 4;

/**
 * For the nibble of x⁴ⁱ and each of its values n, the four words of n·x⁴ⁱ·key·x⁻¹²⁸: §3's `dot`. Bit i of a
 * little-endian number is the coefficient of xⁱ, modulo x¹²⁸ + x¹²⁷ + x¹²⁶ + x¹²¹ + 1.
 */
function productsOf(key: Uint8Array): Int32Array {
  const table = new Int32Array(32 * ROW);
  const view = new DataView(key.buffer, key.byteOffset, 16);
  let [v0, v1] = [view.getInt32(0, true), view.getInt32(4, true)];
  let [v2, v3] = [view.getInt32(8, true), view.getInt32(12, true)];
  for (let power = 127; power >= 0; power--) {
    // Divided by x, after the modulus is added where the number is odd.
    const modulus = -(v0 & 1) & 0xe1000000;
    v0 = (v0 >>> 1) | (v1 << 31);
    v1 = (v1 >>> 1) | (v2 << 31);
    v2 = (v2 >>> 1) | (v3 << 31);
    v3 = (v3 >>> 1) ^ modulus;
    const entry = ROW * (power >> 2) + 4 * (1 << (power & 3));
    table[entry] = v0;
    table[entry + 1] = v1;
    table[entry + 2] = v2;
    table[entry + 3] = v3;
  }
  // The other values are sums of those with one bit: of the highest, and of the rest.
  for (let row = 0; row < table.length; row += ROW)
    for (let highest = 2; highest < 16; highest *= 2)
      for (let i = 4; i < 4 * highest; i++)
        table[row + 4 * highest + i] = (table[row + 4 * highest + (i & 3)] ?? 0) ^ (table[row + i] ?? 0);
  return table;
}

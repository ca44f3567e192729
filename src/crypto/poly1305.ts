/**
 * Poly1305 (RFC 8439 §2.5) in plain JavaScript: arithmetic modulo p = 2¹³⁰ − 5 in floating point. An element is six whole
 * numbers of 22 bits, the i-th times 2^(22·i), and 2¹³² is 20. A sum of six products, five of them times 20, is below 2⁵³.
 *
 * There is neither a branch nor a look-up that depends on key or data.
 *
 * @module
 */

/** With names for the six places, which are always there. */
type Limbs = Float64Array & Record<0 | 1 | 2 | 3 | 4 | 5, number>;

const LIMB = 2 ** 22;
/** What the last of the limbs has of 130 bits. */
const LAST_LIMB = 2 ** (130 - 5 * 22);

/** 16 bytes from 32 of a key that is used once, and whole blocks: the construction with ChaCha20 has no others. */
export function poly1305(key: Uint8Array, blocks: Uint8Array): Uint8Array {
  const { buffer, byteOffset } = key;
  const r = limbs();
  addBlock(r, clamped(new DataView(buffer, byteOffset)), 0);
  // What a product has at 2¹³² and above comes back times 20.
  const factors = Float64Array.of(...r.map(limb => 20 * limb), ...r);
  const sum = limbs();
  const view = new DataView(blocks.buffer, blocks.byteOffset);
  for (let at = 0; at < blocks.length; at += 16) {
    addBlock(sum, view, at);
    sum[5] += LAST_LIMB / 4;
    multiply(sum, factors);
  }
  reduce(sum);
  addBlock(sum, new DataView(buffer, byteOffset), 16);
  carry(sum);
  return lowBytes(sum);
}

function limbs(): Limbs {
  return new Float64Array(6) as Limbs;
}

/** §2.5.1 */
function clamped(r: DataView): DataView {
  const words = new DataView(new ArrayBuffer(16));
  for (let at = 0; at < 16; at += 4) {
    words.setInt32(at, r.getInt32(at, true) & (at === 0 ? 0x0fffffff : 0x0ffffffc), true);
  }
  return words;
}

/** 16 bytes, little-endian. */
function addBlock(sum: Limbs, view: DataView, at: number): void {
  const a = view.getUint32(at, true);
  const b = view.getUint32(at + 4, true);
  const c = view.getUint32(at + 8, true);
  const d = view.getUint32(at + 12, true);
  sum[0] += a & (LIMB - 1);
  sum[1] += ((a >>> 22) | (b << 10)) & (LIMB - 1);
  sum[2] += ((b >>> 12) | (c << 20)) & (LIMB - 1);
  sum[3] += (c >>> 2) & (LIMB - 1);
  sum[4] += ((c >>> 24) | (d << 8)) & (LIMB - 1);
  sum[5] += d >>> 14;
}

/** By r, into places of 22 bits each, but for the second, which has a few more at times. */
function multiply(sum: Limbs, factors: Float64Array): void {
  const { 0: a, 1: b, 2: c, 3: d, 4: e, 5: f } = sum;
  let carried = 0;
  for (let i = 0; i < 6; i++) {
    const product =
      a * (factors[i + 6] ?? 0) +
      b * (factors[i + 5] ?? 0) +
      c * (factors[i + 4] ?? 0) +
      d * (factors[i + 3] ?? 0) +
      e * (factors[i + 2] ?? 0) +
      f * (factors[i + 1] ?? 0) +
      carried;
    carried = Math.floor(product / LIMB);
    sum[i] = product - carried * LIMB;
  }
  const first = sum[0] + 20 * carried;
  carried = Math.floor(first / LIMB);
  sum[0] = first - carried * LIMB;
  sum[1] += carried;
}

/** To the least of the numbers that are the same modulo p: how often p is in it is what 5 more carry to 2¹³⁰, or once more. */
function reduce(sum: Limbs): void {
  for (let pass = 0; pass < 2; pass++) {
    const more = sum.slice() as Limbs;
    more[0] += 5;
    carry(more);
    const quotient = Math.floor(more[5] / LAST_LIMB);
    sum[0] += 5 * quotient;
    sum[5] -= quotient * LAST_LIMB;
    carry(sum);
  }
}

/** From place to place; the last keeps what is too much. */
function carry(sum: Limbs): void {
  for (let i = 0; i < 5; i++) {
    const carried = Math.floor((sum[i] ?? 0) / LIMB);
    sum[i] = (sum[i] ?? 0) - carried * LIMB;
    sum[i + 1] = (sum[i + 1] ?? 0) + carried;
  }
}

function lowBytes(sum: Limbs): Uint8Array {
  const bytes = new Uint8Array(16);
  let [bits, held, at] = [0, 0, 0];
  for (const limb of sum) {
    bits |= limb << held;
    for (held += 22; held >= 8; held -= 8) {
      bytes[at++] = bits;
      bits >>>= 8;
    }
  }
  return bytes;
}

/**
 * The roots of the first primes, of which the constants of SHA-2 and of both BLAKEs are made: FIPS 180-4, sections 4.2 and 5.3.
 *
 * @module
 */

/** Of primes `from` … `to` in their order the first 64 bits behind the point: pairs of integers, the high half first. */
export function fractionsOfRoots(degree: 2 | 3, from: number, to: number): Int32Array {
  const primes: number[] = [];
  for (let n = 2; primes.length < to; n++) if (primes.every(prime => n % prime !== 0)) primes.push(n);
  return Int32Array.from(
    primes.slice(from).flatMap(prime => {
      const root = scaledRoot(prime, degree);
      return [Number((root >> 32n) & 0xffffffffn), Number(root & 0xffffffffn)];
    }),
  );
}

/** The first 32 bits. */
export function highHalves(fractions: Int32Array): Int32Array {
  return fractions.filter((_, i) => i % 2 === 0);
}

/** Times 2⁶⁴, rounded down: by Newton's method, from a little above. */
function scaledRoot(prime: number, degree: number): bigint {
  const n = BigInt(degree);
  const power = BigInt(prime) << (64n * n);
  let root = BigInt(Math.ceil(prime ** (1 / degree) * 2 ** 32) + 1) << 32n;
  for (;;) {
    const next = ((n - 1n) * root + power / root ** (n - 1n)) / n;
    if (next >= root) return root;
    root = next;
  }
}

/** FIPS 180-4, section 5.3.5: of the first 8 primes. Computed once for all four. */
export const squareRoots: Int32Array = /* @__PURE__ */ fractionsOfRoots(2, 0, 8);

/** FIPS 180-4, section 4.2.3: of the first 80 primes. Computed once for both kinds of SHA-2. */
export const cubeRoots: Int32Array = /* @__PURE__ */ fractionsOfRoots(3, 0, 80);

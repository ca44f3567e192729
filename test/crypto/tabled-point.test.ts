import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import * as node from '../../src/crypto/node.ts';
import { scalarProduct } from '../../src/crypto/scalar-product.ts';
import { TabledPoint } from '../../src/crypto/tabled-point.ts';
import * as limits from '../../src/limits.ts';
import { seededRandom } from '../support/seeded-random.ts';

test('keys that are used often keep their results, and all their tables together a bound, however many there are', async () => {
  const random = seededRandom('tables');
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  const points: { key: Uint8Array; point: TabledPoint }[] = [];
  for (let i = 0; i < limits.pointTables + 20; i++) {
    const key = node.x25519PublicKey(random(32));
    const point = TabledPoint.of(key);
    if (point === undefined) throw new Error('an honest key');
    const secret = random(32);
    const expected = node.x25519(secret, key);
    for (let use = 0; use < 20; use++) expect(point.multiply(scalarProduct(secret))).toEqual(expected);
    points.push({ key, point });
  }
  for (const { key, point } of points.slice(0, 20)) {
    const secret = random(32);
    expect(point.multiply(scalarProduct(secret))).toEqual(node.x25519(secret, key));
  }
  const tableBytes = 115 * 1024;
  // What is garbage is given back a while after it was found to be.
  const taken = () => {
    collectGarbage();
    return process.memoryUsage().arrayBuffers - before;
  };
  await expect.poll(taken, { timeout: 10_000 }).toBeLessThan((limits.pointTables + 10) * tableBytes);
}, 30_000);

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
}

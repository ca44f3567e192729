import { expect, test } from 'vitest';
import { mutateCertificates, mutateFlights } from './mutations.ts';

test('two thousand changed flights of a server are refused, or waited for, and never accepted', () => {
  const { refusals, waiting, harmless } = mutateFlights(2000, 1);
  const refused = [...refusals.values()].reduce((sum, times) => sum + times, 0);
  expect(refused + waiting + harmless).toBe(2000);
  expect(refused).toBeGreaterThan(1400);
  expect(refusals.size).toBeGreaterThan(8);
});

test('three thousand changed certificates are refused', () => {
  const { refusals, harmless } = mutateCertificates(3000, 2);
  expect([...refusals.values()].reduce((sum, times) => sum + times, 0) + harmless).toBe(3000);
  expect(refusals.size).toBeGreaterThan(5);
});

/** A million changed flights and certificates: never accepted, no exception, no wait without end. */

import { expect, test } from 'vitest';
import { mutateCertificates, mutateFlights } from '../tls/mutations.ts';

const HOUR = 3_600_000;
const times = Number(process.env['MUTATIONS'] ?? 1_000_000);

test('changed flights and certificates of a server are refused', { timeout: 3 * HOUR }, () => {
  const batch = 1000;
  let refused = 0;
  for (let done = 0; done < times; done += batch) {
    // A flight takes ten times as long as a certificate.
    const outcome = done % (10 * batch) === 0 ? mutateFlights(batch, done) : mutateCertificates(batch, done);
    for (const count of outcome.refusals.values()) refused += count;
  }
  expect(refused).toBeGreaterThan(0.7 * times);
});

/** A million changed flights and certificates: never accepted, no exception, no wait without end. */

import { afterAll, expect, test } from 'vitest';
import { Figures, listed, seconds, total } from '../support/figures.ts';
import { mutateCertificates, mutateFlights, type Outcome } from '../tls/mutations.ts';

const HOUR = 3_600_000;
const times = Number(process.env['MUTATIONS'] ?? 1_000_000);

const figures = new Figures({
  file: new URL('FIGURES.md', import.meta.url),
  title: 'Figures of the long tests',
  chapter: 'Changed flights and certificates',
  about: [
    'Written by `npm run test:long -- mutations`: what a TLS server sends, and the certificates it shows, with bits flipped and',
    'pieces cut out, doubled or cut off. None may be accepted. Harmless are those that say the same as before.',
  ],
});

afterAll(() => figures.write());

test('changed flights and certificates of a server are refused', { timeout: 3 * HOUR }, () => {
  const batch = 1000;
  const flights: Outcome = { refusals: new Map(), waiting: 0, harmless: 0 };
  const certificates: Outcome = { refusals: new Map(), waiting: 0, harmless: 0 };
  const started = process.cpuUsage();
  for (let done = 0; done < times; done += batch) {
    // A flight takes ten times as long as a certificate.
    if (done % (10 * batch) === 0) count(flights, mutateFlights(batch, done));
    else count(certificates, mutateCertificates(batch, done));
  }
  const { user, system } = process.cpuUsage(started);

  const refused = tell('flights', flights) + tell('certificates', certificates);
  figures.add('processor time', seconds((user + system) / 1e6));
  expect(refused).toBeGreaterThan(0.7 * times);
});

function count(sum: Outcome, { refusals, waiting, harmless }: Outcome): void {
  for (const [code, more] of refusals) sum.refusals.set(code, (sum.refusals.get(code) ?? 0) + more);
  sum.waiting += waiting;
  sum.harmless += harmless;
}

/** Returns how many were refused. */
function tell(what: string, { refusals, waiting, harmless }: Outcome): number {
  const codes = Object.fromEntries([...refusals].sort(([, a], [, b]) => b - a));
  const refused = total(codes);
  figures.add(`changed ${what}`, `${refused + waiting + harmless}`, 'accepted: 0');
  figures.add(`${what}: refused`, `${refused}`, listed(codes));
  figures.add(`${what}: harmless`, `${harmless}`, waiting > 0 ? `the rest still waited for: ${waiting}` : '');
  return refused;
}

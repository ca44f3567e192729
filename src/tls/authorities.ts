import type { Authorities } from './secure-stream.ts';

/**
 * What is no certificate, Node would pass over without a word.
 *
 * @throws TypeError naming the option that holds something else.
 */
export function checkAuthorities({ ca, extraCa }: Authorities): void {
  for (const [option, value] of Object.entries({ ca, extraCa })) {
    if (value === undefined || (Array.isArray(value) && value.every(isCertificate))) continue;
    throw new TypeError(`The option "${option}" must be certificates in PEM.`);
  }
}

function isCertificate(value: unknown): boolean {
  return typeof value === 'string' && value.includes('-----BEGIN CERTIFICATE-----');
}

/** One line of the list of authorities. */

export type Listed = readonly [name: string, lastDay: Day, kind: KeyKind, key: Base64];

/** Of the Unix epoch: the day in which its certificate ends. */
export type Day = number;
export const DAY = 86_400_000;

/** A curve, or the exponent of an RSA key. */
export type KeyKind = 'P-256' | 'P-384' | 'P-521' | number;

/** The modulus, or the compressed point. */
export type Base64 = string;

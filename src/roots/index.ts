/**
 * The certificate authorities that Mozilla trusts for servers, as Node carries them: names and keys, without their
 * certificates. `npm run roots` writes the list.
 *
 * TLS of this package's own loads this module when it first needs it. Whoever wants it in the first bundle imports
 * `mixfetch/roots`, and that is all there is to do.
 *
 * @module
 */

import { authorities } from './list.ts';
import { DAY, type KeyKind } from './listed.ts';
import { encodeName } from './name.ts';

export { listedFrom, listedOn } from './list.ts';

export interface RootAuthority {
  /** Its Name, DER. */
  readonly subject: Uint8Array;
  /** Milliseconds since the Unix epoch: the end of its own certificate. */
  readonly notAfter: number;
  key(): RootKey;
}

export type RootKey =
  | { readonly type: 'rsa'; readonly modulus: bigint; readonly exponent: bigint }
  /** `point` is compressed: SEC 1, section 2.3.3. */
  | { readonly type: 'ecdsa'; readonly curve: 'P-256' | 'P-384' | 'P-521'; readonly point: Uint8Array };

export function rootAuthorities(): RootAuthority[] {
  return authorities.map(([name, lastDay, kind, key]) => ({
    subject: encodeName(name),
    notAfter: lastDay * DAY,
    key: () => decodeKey(kind, decodeBase64(key)),
  }));
}

function decodeKey(kind: KeyKind, bytes: Uint8Array): RootKey {
  if (typeof kind === 'string') return { type: 'ecdsa', curve: kind, point: bytes };
  const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
  return { type: 'rsa', modulus: BigInt(`0x${hex}`), exponent: BigInt(kind) };
}

/** Here once more: what this module had in common with those that load it would be a third file for every page. */
function decodeBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), character => character.charCodeAt(0));
}

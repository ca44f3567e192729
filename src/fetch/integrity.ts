/** The `integrity` of a request: the body is given only if it is what the caller expects. */

import { forgivingDecodeBase64 } from '../crypto/base64.ts';
import { concatBytes, equalBytes } from '../crypto/bytes.ts';
import { sha256 } from '../crypto/sha256.ts';
import { sha384, sha512 } from '../crypto/sha512.ts';
import { MixnetError } from '../errors.ts';
import * as limits from '../limits.ts';
import type { BodySource } from './response-body.ts';

/** Nothing of the body may be given before all of it is checked, so that all of it has to fit in memory. */
export const MAX_VERIFIED_BYTES = limits.verifiedBody;

/** The weakest first. */
const algorithms = [
  ['sha256', sha256],
  ['sha384', sha384],
  ['sha512', sha512],
] as const;

/**
 * Subresource Integrity, section 3.3.5: one of the digests of the strongest algorithm present must match. Metadata without
 * any known algorithm demands nothing.
 *
 * @throws MixnetError ERR_MIX_HTTP_INTEGRITY, or ERR_MIX_HTTP_TOO_LARGE for a body above `MAX_VERIFIED_BYTES`.
 */
export async function verifyBody(source: BodySource, integrity: string): Promise<BodySource> {
  const bytes = await readAll(source);
  if (!matches(bytes, integrity)) throw new MixnetError('ERR_MIX_HTTP_INTEGRITY');
  let rest: Uint8Array<ArrayBuffer> | undefined = bytes.length === 0 ? undefined : bytes;
  return {
    async next() {
      const given = rest;
      rest = undefined;
      return given;
    },
    async cancel() {
      rest = undefined;
    },
  };
}

function matches(bytes: Uint8Array, integrity: string): boolean {
  const expected = integrity
    .split(/[\t\n\f\r ]+/)
    .map(token => /^(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+={0,2})(?:\?|$)/.exec(token))
    .filter(match => match !== null);
  for (const [name, digest] of [...algorithms].reverse()) {
    const ofThis = expected.filter(([, algorithm]) => algorithm === name);
    if (ofThis.length === 0) continue;
    const actual = digest(bytes);
    return ofThis.some(([, , text = '']) => equalBytes(fromBase64(text), actual));
  }
  return true;
}

async function readAll(source: BodySource): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (let piece = await source.next(); piece !== undefined; piece = await source.next()) {
    length += piece.length;
    if (length > MAX_VERIFIED_BYTES) {
      throw new MixnetError('ERR_MIX_HTTP_TOO_LARGE', { message: 'The body is too large to verify its integrity.' });
    }
    pieces.push(piece);
  }
  return concatBytes(...pieces);
}

/** Also of the URL-safe alphabet; no bytes for what is neither. */
function fromBase64(text: string): Uint8Array {
  try {
    return forgivingDecodeBase64(text.replace(/-/g, '+').replace(/_/g, '/'));
  } catch {
    return new Uint8Array(0);
  }
}

/** The hashes that signatures are made over. SHA-1 and MD5 have no name here. */

import { sha256 } from '../../crypto/sha256.ts';
import { sha384, sha512 } from '../../crypto/sha512.ts';

export const hashes = { sha256, sha384, sha512 } as const;

export type HashName = keyof typeof hashes;

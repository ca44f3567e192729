/** The hashes that signatures are made over. SHA-1 and MD5 have no name here. */

import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';

export const hashes = { sha256, sha384, sha512 } as const;

export type HashName = keyof typeof hashes;

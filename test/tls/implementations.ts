/** Both implementations of TLS: what a user gets must be the same. */

import { createPlatform } from '#platform';
import { type Authorities, createOwnTls, createTls, type Tls } from '../../src/tls/index.ts';

export interface Implementation {
  readonly name: string;
  createTls(authorities: Authorities): Tls;
}

const platform = createPlatform();

export const implementations: readonly Implementation[] = [
  { name: 'node:tls', createTls: authorities => createTls(authorities, platform) },
  { name: 'own', createTls: authorities => createOwnTls(authorities, platform) },
];

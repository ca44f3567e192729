import * as portable from '../../src/crypto/portable.ts';
import type { Primitives } from '../../src/crypto/primitives.ts';

/** Those that this runtime can run: in browsers, one. */
export const implementations: readonly (readonly [string, Primitives])[] = [
  ...('process' in globalThis ? [['node:crypto', await import('../../src/crypto/node.ts')] as const] : []),
  ['plain JavaScript', portable],
];

/** Ways in which a directory can lie, each a change to one of its honest answers. */

import { encodeBase58 } from '../crypto/base58.ts';
import { nodeKey } from '../sphinx/index.ts';
import type { Json } from './directory-answers.ts';

/**
 * | lie | what clients are told |
 * |---|---|
 * | `duplicate-keys` | two mix nodes have the same identity and Sphinx key |
 * | `twist-keys` | the Sphinx keys of the mix nodes are on the twist of the curve |
 * | `missing-layer` | nobody is in layer 2 |
 * | `no-gateways` | there is no gateway |
 * | `inconsistent` | mix nodes and gateways are of different epochs |
 * | `wrong-rotation` | everything is of the next key rotation, but for the keys |
 * | `endless-list` | there are four billion nodes, and every page has the same ones |
 * | `endless-body` | an answer that never ends |
 * | `not-json` | a page of HTML |
 * | `broken` | status 500 |
 */
export type DirectoryLie =
  | 'duplicate-keys'
  | 'twist-keys'
  | 'missing-layer'
  | 'no-gateways'
  | 'inconsistent'
  | 'wrong-rotation'
  | 'endless-list'
  | 'endless-body'
  | 'not-json'
  | 'broken';

/** What the answer to `path` becomes; lies that are no JSON are told elsewhere. */
export function distorted(answer: Json, path: string, lie: DirectoryLie): Json {
  switch (lie) {
    case 'duplicate-keys':
      return withNodes(answer, path, 'mixnodes', ([first = null, second, ...rest]) => [
        first,
        changed(second, 'ed25519_identity_pubkey', () => member(first, 'ed25519_identity_pubkey')),
        ...rest,
      ]);
    case 'twist-keys':
      return withNodes(answer, path, 'mixnodes', nodes =>
        nodes.map((node, i) => changed(node, 'x25519_sphinx_pubkey', () => encodeBase58(twistKey(i)))),
      );
    case 'missing-layer':
      return changed(answer, 'layer2', () => []);
    case 'no-gateways':
      return withNodes(
        changed(
          changed(answer, 'entry_gateways', () => []),
          'exit_gateways',
          () => [],
        ),
        path,
        'gateways',
        () => [],
      );
    case 'inconsistent':
      return path.includes('entry-gateways') ? within(answer, ['metadata', 'absolute_epoch_id'], plusOne) : answer;
    case 'wrong-rotation':
      return within(
        within(answer, ['metadata', 'rotation_id'], plusOne),
        ['progress', 'current_key_rotation_id'],
        plusOne,
      );
    case 'endless-list':
      return within(answer, ['nodes', 'pagination', 'total'], () => 2 ** 32 - 1);
    default:
      return answer;
  }
}

/** The nth small u-coordinate that is on the twist, as half of them are (RFC 7748, section 4.1, has the curve). */
function twistKey(n: number): Uint8Array {
  let found = -1;
  for (let u = 2; ; u++) {
    const bytes = new Uint8Array(32);
    new DataView(bytes.buffer).setUint32(0, u, true);
    if (!isNodeKey(bytes)) found += 1;
    if (found === n) return bytes;
  }
}

function isNodeKey(bytes: Uint8Array): boolean {
  try {
    nodeKey(bytes);
    return true;
  } catch {
    return false;
  }
}

function withNodes(answer: Json, path: string, list: string, change: (nodes: readonly Json[]) => Json): Json {
  if (!path.includes(list)) return answer;
  return within(
    within(answer, ['nodes', 'data'], data => (Array.isArray(data) ? change(data) : data)),
    [],
    same => within(same, ['nodes', 'pagination', 'total'], () => lengthOf(member(member(same, 'nodes'), 'data'))),
  );
}

/** Changes what is at `path`, if it is there. */
function within(value: Json, [name, ...rest]: readonly string[], change: (value: Json) => Json): Json {
  return name === undefined ? change(value) : changed(value, name, inner => within(inner, rest, change));
}

function changed(value: Json | undefined, name: string, change: (value: Json) => Json): Json {
  if (!isObject(value)) return value ?? null;
  const inner = value[name];
  return inner === undefined ? value : { ...value, [name]: change(inner) };
}

function member(value: Json | undefined, name: string): Json {
  return isObject(value) ? (value[name] ?? null) : null;
}

function isObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function lengthOf(value: Json): number {
  return Array.isArray(value) ? value.length : 0;
}

function plusOne(value: Json): Json {
  return typeof value === 'number' ? value + 1 : value;
}

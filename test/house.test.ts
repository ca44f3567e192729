/** The rules of the house: which room may import which, no cycles, nothing of the platform taken behind its back. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { bundleOfSource, CODE_LIMIT, pageSizes } from './support/page-code.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const src = join(root, 'src');

/** Each room and what it may import; a single file at the top of `src` is a room of its own. */
const mayImport: Record<string, readonly string[]> = {
  'errors.ts': [],
  'limits.ts': [],
  'ip-address.ts': [],
  'deferred.ts': [],
  'option-names.ts': [],
  'bincode.ts': [],
  platform: ['errors.ts', 'http', 'rfc6455'],
  crypto: ['errors.ts', 'platform'],
  sphinx: ['crypto'],
  message: ['sphinx'],
  gateway: ['sphinx'],
  topology: ['sphinx'],
  storage: [],
  client: ['gateway', 'message', 'storage', 'topology', 'sphinx', 'diagnostics'],
  stream: ['message'],
  exit: ['stream', 'client', 'topology', 'message', 'diagnostics'],
  peer: ['stream', 'message'],
  diagnostics: ['crypto'],
  http: [],
  rfc6455: ['http'],
  roots: [],
  tls: ['crypto', 'roots'],
  fetch: ['http', 'tls', 'exit', 'diagnostics'],
  'mixnet-client': ['client', 'stream', 'exit', 'peer', 'storage', 'diagnostics'],
  'index.ts': ['fetch', 'mixnet-client', 'storage', 'diagnostics'],
  sockets: ['fetch', 'tls', 'mixnet-client', 'index.ts'],
  dns: ['index.ts'],
  websocket: ['rfc6455', 'http', 'fetch', 'index.ts'],
  'node.ts': ['sockets', 'fetch'],
  'undici.ts': ['sockets', 'fetch'],
  'polyfill.ts': ['index.ts'],
  polyfill: ['polyfill.ts', 'index.ts'],
  compat: ['index.ts'],
  servers: ['mixnet-client', 'message'],
  devnet: ['client', 'exit', 'stream', 'gateway', 'http', 'message', 'sphinx', 'tls', 'topology'],
  cli: ['index.ts', 'mixnet-client', 'servers', 'storage', 'devnet', 'fetch'],
};
const everybodyMayImport = [
  'errors.ts',
  'limits.ts',
  'ip-address.ts',
  'deferred.ts',
  'option-names.ts',
  'bincode.ts',
  'platform',
  'crypto',
];

describe('rooms', () => {
  test('a room imports only what its row of the table names', () => {
    const trespasses = imports().filter(({ from, to }) => {
      const [fromRoom, toRoom] = [room(from), room(to)];
      if (fromRoom === toRoom) return false;
      return ![...(mayImport[fromRoom] ?? []), ...everybodyMayImport].includes(toRoom);
    });
    expect(trespasses).toEqual([]);
  });

  test('a room is entered by its index, but for platform and crypto, which are shelves of single files', () => {
    const throughTheWindow = imports().filter(({ from, to }) => {
      const entered = room(to);
      if (room(from) === entered || entered.endsWith('.ts') || entered === 'platform' || entered === 'crypto')
        return false;
      // As the package has it: an entry of its own, since its index is for every platform.
      if (to === 'storage/node.ts') return false;
      return !to.endsWith('/index.ts');
    });
    expect(throughTheWindow).toEqual([]);
  });

  test('there is no import cycle', () => {
    const edges = new Map<string, string[]>();
    for (const { from, to } of imports()) edges.set(from, [...(edges.get(from) ?? []), to]);
    expect([...edges.keys()].map(file => cycleThrough(file, edges)).filter(cycle => cycle.length > 0)).toEqual([]);
  });

  test('time, randomness, sockets and fetch come from the platform, never from a global', () => {
    // The method of that name, which sockets have, is none.
    const taken =
      /\b(Date\.now|Math\.random|(?<!socket\.)setTimeout(?!\(ms:)|setInterval|performance\.now|getRandomValues|globalThis\.fetch|new WebSocket)\b/;
    const mayTake = ['platform', 'cli'];
    const takers = files()
      .filter(file => !mayTake.includes(room(file)))
      .filter(file => taken.test(withoutComments(readFileSync(join(src, file), 'utf8'))));
    expect(takers).toEqual([]);
  });

  test('Node modules are imported only where Node is', () => {
    const nodeOnly =
      /^(platform\/node|crypto\/node|tls\/node|diagnostics\/node|storage\/node|sockets\/|node\.ts|undici\.ts|cli\/|devnet\/|servers\/)/;
    const strays = files().filter(
      file => !nodeOnly.test(file) && /from '(node:|ws'|undici')/.test(readFileSync(join(src, file), 'utf8')),
    );
    expect(strays).toEqual([]);
  });
});

describe('what a page loads', () => {
  const bundle = bundleOfSource();

  test('importing mixFetch brings in neither devnet, command nor servers, nor anything of Node', async () => {
    const { metafile, outputFiles } = await bundle;
    const inputs = Object.keys(metafile.inputs);
    expect(inputs.length).toBeGreaterThan(20);
    expect(
      inputs.filter(input =>
        /src\/(devnet|cli|servers|sockets|crypto\/kernel)\/|src\/undici|\/node\.ts$|storage\/node|node_modules\/(ws|undici)\//.test(
          input,
        ),
      ),
    ).toEqual([]);
    expect(
      Object.values(metafile.outputs).flatMap(({ imports }) => imports.filter(({ external }) => external)),
    ).toEqual([]);
    const globalsOfNode = /\b(Buffer|setImmediate|__dirname|__filename)\b|\brequire\(/g;
    expect(outputFiles.flatMap(({ text }) => text.match(globalsOfNode) ?? [])).toEqual([]);
  });

  test('the code is no larger than its limit', { timeout: 240_000 }, async () => {
    expect(pageSizes(await bundle).code).toBeLessThanOrEqual(CODE_LIMIT);
  });
});

interface Import {
  readonly from: string;
  readonly to: string;
}

function imports(): Import[] {
  return files().flatMap(from => {
    const source = withoutComments(readFileSync(join(src, from), 'utf8'));
    return [...source.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(match => ({
      from,
      to: relative(src, join(src, dirname(from), match[1] ?? '')),
    }));
  });
}

function files(): string[] {
  return readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));
}

function room(file: string): string {
  return file.split('/')[0] ?? file;
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

function cycleThrough(start: string, edges: ReadonlyMap<string, readonly string[]>): string[] {
  const seen = new Set<string>();
  const walk = (file: string, path: readonly string[]): string[] => {
    for (const next of edges.get(file) ?? []) {
      if (next === start) return [...path, next];
      if (seen.has(next)) continue;
      seen.add(next);
      const cycle = walk(next, [...path, next]);
      if (cycle.length > 0) return cycle;
    }
    return [];
  };
  return walk(start, [start]);
}

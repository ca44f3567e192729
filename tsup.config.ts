import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    polyfill: 'src/polyfill.ts',
    'polyfill/auto': 'src/polyfill/auto.ts',
    'storage/node': 'src/storage/node.ts',
    'storage/web': 'src/storage/web.ts',
    devnet: 'src/devnet/index.ts',
    roots: 'src/roots/index.ts',
    cli: 'src/cli/main.ts',
    'platform/node': 'src/platform/node.ts',
    'platform/web': 'src/platform/web.ts',
    'crypto/node': 'src/crypto/node.ts',
    'crypto/portable': 'src/crypto/portable.ts',
    'tls/node': 'src/tls/node.ts',
    'tls/web': 'src/tls/web.ts',
    'diagnostics/node': 'src/diagnostics/node.ts',
    'diagnostics/web': 'src/diagnostics/web.ts',
  },
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  dts: {
    entry: {
      index: 'src/index.ts',
      polyfill: 'src/polyfill.ts',
      'polyfill/auto': 'src/polyfill/auto.ts',
      'storage/node': 'src/storage/node.ts',
      'storage/web': 'src/storage/web.ts',
      devnet: 'src/devnet/index.ts',
      roots: 'src/roots/index.ts',
    },
  },
  sourcemap: true,
  splitting: true,
  clean: true,
  // Resolved by the "imports" map of package.json, per runtime, when the package is used.
  external: ['#platform', '#crypto', '#secure', '#channels', /^node:/],
});

import { fileURLToPath } from 'node:url';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';

/** The same files as in Node: all that test what runs in pages too, and need no server at their side. */
const alsoInBrowsers = [
  'test/crypto/{base,blake2b,chacha20-poly1305,field25519,gcm-siv,hash,primitives,scalar-product,sha256}.test.ts',
  'test/sphinx/{delays,round-trip,unwrap,vectors}.test.ts',
  'test/message/{nym-message,payload,reassembly,recipient,surb-ack}.test.ts',
  'test/topology/*.test.ts',
  'test/gateway/{client-session,gateway-session,vectors}.test.ts',
  'test/client/{deadline,deliveries,lanes,network-view,pending-acks,ready-packets,receive,received-surbs}.test.ts',
  'test/client/{send-schedule,sending,sending-delay,sent-reply-keys,surb-supply,surb-workshop,traffic}.test.ts',
  'test/stream/*.test.ts',
  'test/exit/{policy,requester-connection,requester-message}.test.ts',
  'test/http/{request-writer,response-reader}.test.ts',
  'test/tls/rfc8448.test.ts',
  'test/storage/client-record.test.ts',
  // Over real websockets, through a mixnet in another process.
  'test/fetch/{content-codings,local,redirects,request-bodies,requests,responses}.test.ts',
];
/** What is of Node, and stands in their way: beds stand on the mixnet there, and the event loop is the page's. */
const standIns = [
  { find: /^\.\/ground\.ts$/, replacement: path('test/browser/ground.ts') },
  { find: /^\.\/event-loop\.ts$/, replacement: path('test/browser/event-loop.ts') },
];
const onlyInBrowsers = ['test/browser/storage.test.ts'];

const inNode = ['mixfetch-source', 'node'];
/** What examples call the package, which tests import. */
const ownNames = [
  { find: /^mixfetch$/, replacement: path('src/index.ts') },
  { find: /^mixfetch\/devnet$/, replacement: path('src/devnet/index.ts') },
];

export default defineConfig({
  test: {
    testTimeout: 240_000,
    hookTimeout: 150_000,
    // On a busy machine things take their time, and whoever waits for nothing that comes has it said within the test's.
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 2,
    // Of the page that runs tests: here, for a project's own is not looked at.
    browser: { connectTimeout: 600_000 },
    projects: [
      {
        extends: true,
        resolve: { conditions: inNode, alias: ownNames },
        ssr: { resolve: { conditions: inNode } },
        test: {
          name: 'node',
          environment: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/long/**', 'test/bench/**', 'test/traffic/real-clock.test.ts', ...onlyInBrowsers],
        },
      },
      {
        extends: true,
        resolve: { conditions: ['mixfetch-source', 'browser'], alias: standIns },
        optimizeDeps: {
          include: [
            '@noble/ciphers/_poly1305.js',
            '@noble/ciphers/aes.js',
            '@noble/ciphers/chacha.js',
            '@noble/curves/ed25519.js',
            '@noble/curves/nist.js',
            '@noble/hashes/blake2.js',
            '@noble/hashes/blake3.js',
            '@noble/hashes/hkdf.js',
            '@noble/hashes/hmac.js',
            '@noble/hashes/legacy.js',
            '@noble/hashes/scrypt.js',
            '@noble/hashes/sha2.js',
            '@noble/hashes/utils.js',
            '@scure/base',
            'fast-check',
          ],
        },
        test: {
          name: 'browser',
          include: [...alsoInBrowsers, ...onlyInBrowsers],
          globalSetup: 'test/browser/mixnet.ts',
          // Twenty redirects through a mixnet that has to wait for the processor.
          testTimeout: 300_000,
          // After those in Node, which would have no peace beside it.
          sequence: { groupOrder: 1 },
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium', timeout: 120_000 },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});

function path(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

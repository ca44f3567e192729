/**
 * The package as it is built, in Chromium, on a page that is served by https and whose policy allows what the README says:
 * scripts of its own, and connections to the directory and the gateway by https and wss.
 */

import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { build } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { startDevnet } from '../../src/devnet/index.ts';
import { buildPackage } from '../support/built-package.ts';
import { createAuthority, type IssuedCertificate } from '../support/certificates.ts';
import { launchChromium, openTab } from '../support/chromium.ts';
import { type Echo, startOrigin } from '../support/origin.ts';
import { text } from '../support/text.ts';

const POLICY = "default-src 'self'; connect-src https: wss:";

test('fetches under a strict policy, with nothing on the console and nothing past the mixnet', {
  timeout: 240_000,
}, async () => {
  const authority = await createAuthority();
  const origin = await startOrigin({ certificate: await authority.issue({ hosts: ['shop.test'] }) });
  const devnet = await startDevnet({ tls: true, hosts: { 'shop.test': origin.port } });
  const certificate = await authority.issue({ hosts: ['localhost'] });
  const page = await servePage(certificate);
  const browser = await launchChromium([
    `--ignore-certificate-errors-spki-list=${[
      keyDigest(new X509Certificate(certificate.cert)),
      keyDigest(await certificateOf(devnet.api)),
    ].join()}`,
    '--host-resolver-rules=MAP * ~NOTFOUND,EXCLUDE localhost,EXCLUDE 127.0.0.1',
  ]);
  onTestFinished(async () => {
    await browser.close();
    await devnet.close();
    await origin.close();
  });
  const tab = await openTab(browser);
  const complaints: string[] = [];
  const asked = new Set<string>();
  tab.on('console', message => complaints.push(message.text()));
  tab.on('pageerror', error => complaints.push(String(error)));
  tab.on('request', request => asked.add(new URL(request.url()).origin));
  tab.on('websocket', socket => asked.add(new URL(socket.url()).origin));
  await tab.goto(page);
  await tab.waitForFunction('globalThis.builtPage !== undefined');

  // Its pace is not the point, and more than a busy machine can keep.
  const traffic = { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true };
  await tab.evaluate(options => builtPage.connect(options), { api: devnet.api, ca: [authority.certificate], traffic });
  const [got, echo, compressed] = await tab.evaluate(() =>
    Promise.all([
      builtPage.text('https://shop.test/text'),
      builtPage.text('https://shop.test/echo', { method: 'POST', body: '{"jsonrpc":"2.0"}' }),
      builtPage.text('https://shop.test/gzip'),
    ]),
  );
  expect(got).toBe(text);
  expect(compressed).toBe(text);
  expect(JSON.parse(echo) as Echo).toMatchObject({ method: 'POST', body: '{"jsonrpc":"2.0"}' });
  // Of a body that never ends: it comes as it is sent.
  expect(await tab.evaluate(() => builtPage.firstPiece('https://shop.test/silence-after-head'))).toBe('first');
  expect(await tab.evaluate(() => builtPage.length('https://shop.test/bytes/60000'))).toBe(60_000);
  await tab.evaluate(() => builtPage.close());

  expect(complaints).toEqual([]);
  const gateways = devnet.gateways.map(({ url }) => new URL(url).origin);
  const allowed = [new URL(page).origin, new URL(devnet.api).origin, ...gateways];
  expect([...asked].filter(place => !allowed.includes(place))).toEqual([]);
  expect([...asked].some(place => place.startsWith('wss:'))).toBe(true);
});

/** Over https, with its script, which is bundled from the built package. */
async function servePage(certificate: IssuedCertificate): Promise<string> {
  const built = await buildPackage();
  onTestFinished(() => built.remove());
  const contents = readFileSync(new URL('built-page.ts', import.meta.url), 'utf8');
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: built.folder, loader: 'ts', sourcefile: 'page.ts' },
    ...{ bundle: true, splitting: true, minify: true, write: false, outdir: '/', entryNames: 'page', tsconfigRaw: {} },
    ...{ format: 'esm', platform: 'browser', target: 'es2022' },
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [path, contents]));
  const server = createServer(certificate, ({ url = '/' }, response) => {
    const script = files.get(url);
    response.setHeader('content-security-policy', POLICY);
    if (script !== undefined) response.setHeader('content-type', 'text/javascript').end(script);
    else if (url === '/') response.setHeader('content-type', 'text/html').end(PAGE);
    else response.writeHead(204).end();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `https://localhost:${(server.address() as AddressInfo).port}/`;
}

const PAGE = '<!doctype html><meta charset="utf-8"><title>page</title><script type="module" src="/page.js"></script>';

/** What the devnet shows to a browser. */
function certificateOf(url: string): Promise<X509Certificate> {
  const { hostname: host, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false }, () => {
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      if (certificate === undefined) reject(new Error('it has no certificate'));
      else resolve(certificate);
    });
    socket.on('error', reject);
  });
}

/** By which Chromium takes a certificate of an authority that it does not know. */
function keyDigest({ publicKey }: X509Certificate): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}

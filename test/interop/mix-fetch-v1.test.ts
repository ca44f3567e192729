/**
 * The published mixFetch v1, unmodified, in Chromium: through our mixnet and our requester it fetches what a server has.
 * Its TLS, which is Go's, trusts authorities that are built in: for `https:` one of them is exchanged for ours in the memory
 * of the program, which stays as it is.
 *
 * `INTEROP=long` makes it a megabyte each way, at its usual pace and cover.
 */

import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuthority, type Devnet, startDevnet } from '../../src/devnet/index.ts';
import { type Echo, type Origin, startOrigin } from '../support/origin.ts';
import { type OpenedPage, openPage, published } from './chromium.ts';
import type { PageAnswer, PlainInit } from './fetch-page.ts';
import { exchangeOfRoots } from './go-roots.ts';

const long = process.env['INTEROP'] === 'long';
/** It sends at once and no cover in the short form, which shares two cores with other tests. */
const clientOverride = long
  ? {}
  : {
      traffic: { disableMainPoissonPacketDistribution: true },
      coverTraffic: { disableLoopCoverTrafficStream: true },
    };
/** For whatever takes seconds on a machine that is not busy, ms. */
const WITHIN = long ? 180_000 : 80_000;

const big = Buffer.alloc(long ? 1_000_000 : 100_000, 'abcdefghijklmnopqrstuvwxyz');
/** It delivers only bodies of types that it knows. */
const routes: Record<string, RequestListener> = {
  '/big': async (request, response) => {
    for await (const _ of request);
    response.setHeader('content-type', 'application/octet-stream').end(big);
  },
  '/sum': async (request, response) => {
    const sum = createHash('sha256');
    for await (const piece of request) sum.update(piece as Buffer);
    response.setHeader('content-type', 'text/plain').end(sum.digest('hex'));
  },
};

let devnet: Devnet;
let origins: { http: Origin; https: Origin };
let opened: OpenedPage;

beforeAll(async () => {
  const authority = await createAuthority();
  const certificate = await authority.issue({ hosts: ['secure.test'] });
  origins = { http: await startOrigin({ routes }), https: await startOrigin({ routes, certificate }) };
  devnet = await startDevnet({
    hosts: { 'plain.test': origins.http.port, 'secure.test': origins.https.port },
  });
  opened = await openPage({
    script: new URL('mix-fetch-v1-page.ts', import.meta.url),
    modules: { '@nymproject/mix-fetch-full-fat': published('@nymproject/mix-fetch-full-fat/index.js') },
    beforeWorkers: exchangeOfRoots(authority.certificate),
  });
  await opened.page.waitForFunction('globalThis.fetchPage !== undefined');
  await opened.page.evaluate(options => fetchPage.connect(options), {
    nymApiUrl: devnet.api,
    preferredGateway: devnet.gateways[0]?.identity,
    preferredNetworkRequester: devnet.exits[0],
    clientId: 'interop',
    forceTls: false,
    clientOverride,
    mixFetchOverride: { requestTimeoutMs: WITHIN },
  });
}, WITHIN);

afterAll(async () => {
  await opened?.close();
  await Promise.all([devnet?.close(), origins?.http.close(), origins?.https.close()]);
});

describe.each([
  ['http://plain.test', 'http'],
  ['https://secure.test', 'https'],
] as const)('%s', (url, scheme) => {
  test('GET, with its headers', { timeout: WITHIN }, async () => {
    const { method, headers } = echoed(await fetched(`${url}/echo?a=1`, { headers: { 'X-Asked': 'yes' } }));
    expect({ method, asked: headers['x-asked'], agent: headers['user-agent'] }).toEqual({
      method: 'GET',
      asked: 'yes',
      agent: 'Go-http-client/1.1',
    });
  });

  test('POST', { timeout: WITHIN }, async () => {
    const init = { method: 'POST', body: 'what is sent', headers: { 'Content-Type': 'text/plain' } };
    expect(echoed(await fetched(`${url}/echo`, init))).toMatchObject({ method: 'POST', body: 'what is sent' });
  });

  test('a redirect, on a connection of its own', { timeout: WITHIN }, async () => {
    const before = origins[scheme].connections;
    const { method, url: path } = echoed(await fetched(`${url}/redirect/302?to=/echo`));
    expect({ method, path }).toEqual({ method: 'GET', path: '/echo' });
    expect(origins[scheme].connections - before).toBe(2);
  });

  test('many packets down', { timeout: WITHIN }, async () => {
    const { status, bytes, sha256 } = await fetched(`${url}/big`);
    expect({ status, bytes, sha256 }).toEqual({ status: 200, bytes: big.length, sha256: sumOf(big) });
  });

  test('many packets up', { timeout: WITHIN }, async () => {
    const init = { method: 'POST', body: big.toString(), headers: { 'Content-Type': 'text/plain' } };
    expect((await fetched(`${url}/sum`, init)).text).toBe(sumOf(big));
  });
});

test('a certificate for another host is refused', { timeout: WITHIN }, async () => {
  devnet.setHost('other.test', origins.https.port);
  await expect(fetched('https://other.test/')).rejects.toThrow(
    /certificate is valid for secure\.test, not other\.test/,
  );
});

test('our nodes could read all that it sent', () => {
  for (const node of devnet.stats().nodes) expect(node).toMatchObject({ unreadable: 0, replayed: 0, unroutable: 0 });
});

function fetched(url: string, init?: PlainInit): Promise<PageAnswer> {
  return opened.page.evaluate(args => fetchPage.fetch(...args), [url, init] as const);
}

function echoed({ status, text = '' }: PageAnswer): Echo {
  expect(status).toBe(200);
  return JSON.parse(text) as Echo;
}

function sumOf(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

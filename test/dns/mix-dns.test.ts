/** Names through a whole mixnet, by a resolver behind the exit that speaks DNS over HTTPS. */

import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import dnsPacket, { type Answer, type Packet } from 'dns-packet';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Devnet, startDevnet } from '../../src/devnet/index.ts';
import { defaultResolvers, type MixDNSOptions, mixDNS } from '../../src/dns/index.ts';
import { createMixFetch, type MixFetch } from '../../src/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { watchedPlatform } from '../support/watched-platform.ts';

const zone: Record<string, Answer[]> = {
  'shop.test': [
    { type: 'A', name: 'shop.test', ttl: 60, data: '192.0.2.7' },
    { type: 'AAAA', name: 'shop.test', ttl: 70, data: '2001:db8::7' },
    { type: 'TXT', name: 'shop.test', ttl: 80, data: 'open' },
  ],
  'www.shop.test': [
    { type: 'CNAME', name: 'www.shop.test', ttl: 5, data: 'shop.test' },
    { type: 'A', name: 'shop.test', ttl: 60, data: '192.0.2.7' },
  ],
  'xn--bcher-kva.test': [{ type: 'A', name: 'xn--bcher-kva.test', ttl: 1, data: '192.0.2.8' }],
};

interface Asked {
  readonly host: string;
  readonly port: number;
  readonly query: Packet;
}

const asked: Asked[] = [];
let server: Server;
let devnet: Devnet;
let mixFetch: MixFetch;

beforeAll(async () => {
  const authority = await createAuthority();
  const hosts = ['dns.test', 'apart.test', 'broken.test', 'silent.test', 'other.test', 'large.test', '1.1.1.1'];
  server = createServer(await authority.issue({ hosts }), (request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', piece => pieces.push(piece));
    request.on('end', () => {
      const { host = '' } = request.headers;
      const query = dnsPacket.decode(Buffer.concat(pieces));
      const port = (request.socket as { remotePort?: number }).remotePort ?? 0;
      asked.push({ host, port, query });
      if (host === 'silent.test') return;
      if (host === 'broken.test') return void response.writeHead(500).end();
      if (host === 'other.test') return void response.writeHead(302, { location: 'https://dns.test/' }).end();
      response.writeHead(200, { 'content-type': 'application/dns-message' });
      response.end(host === 'large.test' ? Buffer.alloc(100_000) : answerTo(query));
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  devnet = await startDevnet({
    transport: 'in-process',
    delayScale: 0,
    hosts: Object.fromEntries(hosts.map(host => [host, port])),
  });
  const { openWebSocket, directoryFetch } = devnet.clientPlatform();
  mixFetch = createMixFetch({
    api: devnet.api,
    platform: { ...watchedPlatform(), openWebSocket, directoryFetch },
    extraCa: [authority.certificate],
    traffic: { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true },
  });
});
/** Also of what was given up before, and arrives all the same. */
beforeEach(async () => {
  await expect.poll(() => mixFetch.stats().busy).toBe(0);
  asked.splice(0);
});
afterAll(async () => {
  await mixFetch.close();
  await devnet.close();
  server.closeAllConnections();
  server.close();
});

function answerTo(query: Packet): Buffer {
  const [question] = query.questions ?? [];
  const { name = '', type = 'A' } = question ?? {};
  const rcode = name === 'broken.shop.test' ? 2 : zone[name] === undefined ? 3 : 0;
  const answers = (zone[name] ?? []).filter(
    record => record.type === type || record.type === 'CNAME' || record.name !== name,
  );
  return dnsPacket.encode({ type: 'response', id: 0, flags: rcode, questions: query.questions ?? [], answers });
}

function look(name: string, options: MixDNSOptions = {}) {
  return mixDNS(name, { resolvers: ['https://dns.test/dns-query'], fetch: mixFetch, ...options });
}

describe('mixDNS', () => {
  test('gives addresses of both kinds, by one resolver, over one connection', async () => {
    expect(await look('Shop.test.')).toEqual([
      { name: 'shop.test', type: 'A', ttl: 60, data: '192.0.2.7' },
      { name: 'shop.test', type: 'AAAA', ttl: 70, data: '2001:db8::7' },
    ]);
    expect(asked.map(({ query }) => [query.id, query.questions?.[0]?.type]).sort()).toEqual([
      [0, 'A'],
      [0, 'AAAA'],
    ]);
  });

  test('follows aliases, and asks for a type', async () => {
    expect(await look('www.shop.test', { type: 'A' })).toEqual([
      { name: 'shop.test', type: 'A', ttl: 5, data: '192.0.2.7' },
    ]);
    expect(await look('shop.test', { type: 'TXT' })).toMatchObject([{ data: 'open' }]);
    expect(await look('shop.test', { type: 'NS' })).toEqual([]);
    expect(await look('bücher.test', { type: 'A' })).toMatchObject([{ data: '192.0.2.8' }]);
  });

  test('says that a name does not exist, and asks nobody else then', async () => {
    const resolvers = ['https://dns.test/', 'https://1.1.1.1/'];
    await expect(look('no.test', { resolvers, type: 'A' })).rejects.toMatchObject({ code: 'ERR_MIX_DNS_NO_NAME' });
    expect(asked.length).toBe(1);
    await expect(look('no.test', { resolvers })).rejects.toMatchObject({ code: 'ERR_MIX_DNS_NO_NAME' });
    expect(new Set(asked.map(({ host }) => host))).toEqual(new Set(['dns.test']));
  });

  test('asks the next resolver when one fails, and says why the last did', async () => {
    const resolvers = ['https://broken.test/', 'https://other.test/', 'https://large.test/', 'https://unknown.test/'];
    const found = await look('shop.test', { resolvers: [...resolvers, 'https://dns.test/'], type: 'A' });
    expect(found).toMatchObject([{ data: '192.0.2.7' }]);
    expect(asked.map(({ host }) => host)).toEqual(['broken.test', 'other.test', 'large.test', 'dns.test']);
    const causes = ['ERR_MIX_DNS_FAILED', 'ERR_MIX_HTTP_REDIRECT', 'ERR_MIX_DNS_MALFORMED', 'ERR_MIX_EXIT_REFUSED'];
    for (const [i, resolver] of resolvers.entries()) {
      await expect(look('shop.test', { resolvers: [resolver] })).rejects.toMatchObject({
        code: 'ERR_MIX_DNS_FAILED',
        cause: { code: expect.stringMatching(i === 3 ? /EXIT/ : (causes[i] ?? '')) },
      });
    }
    await expect(look('broken.shop.test')).rejects.toMatchObject({
      cause: { message: expect.stringMatching(/SERVFAIL/) },
    });
  });

  test('ends with the signal, and gives up a silent resolver in time', async () => {
    const resolvers = ['https://silent.test/'];
    const late = look('shop.test', { resolvers, timeout: 300 });
    await expect(late).rejects.toMatchObject({ code: 'ERR_MIX_DNS_FAILED', cause: { code: 'ERR_MIX_TIMEOUT_TOTAL' } });
    const abort = new AbortController();
    const aborted = look('shop.test', { resolvers, signal: abort.signal });
    setTimeout(() => abort.abort(new Error('enough')), 100);
    await expect(aborted).rejects.toThrow('enough');
    await expect(look('shop.test', { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  });

  test('asks for names apart: no two of them by one connection', async () => {
    // A resolver of its own: what other tests have given up may still arrive at theirs.
    const resolvers = ['https://apart.test/dns-query'];
    await look('shop.test', { type: 'A', resolvers });
    await look('www.shop.test', { type: 'A', resolvers });
    await look('shop.test', { type: 'A', resolvers, isolation: 'other' });
    const ports = asked.filter(({ host }) => host === 'apart.test').map(({ port }) => port);
    expect(ports.length).toBe(3);
    expect(new Set(ports).size).toBe(3);
  });

  test('asks nobody for names that are of this machine, or of another network', async () => {
    for (const name of ['localhost', 'printer.local', 'a.onion', 'deep.localhost.']) {
      await expect(look(name)).rejects.toMatchObject({ code: 'ERR_MIX_DNS_NO_NAME' });
    }
    expect(asked).toEqual([]);
  });

  const wrong: [name: unknown, options: object, named: RegExp][] = [
    ['', {}, /domain name/],
    ['a..b', {}, /domain name/],
    ['https://shop.test/', {}, /domain name/],
    [5, {}, /domain name/],
    ['192.0.2.1', {}, /address/],
    ['2001:db8::1', {}, /domain name|address/],
    ['shop.test', { resolver: 'x' }, /"resolver"/],
    ['shop.test', { resolvers: [] }, /"resolvers"/],
    ['shop.test', { resolvers: ['http://dns.test/'] }, /"resolvers"/],
    ['shop.test', { type: 'ANY' }, /"type"/],
    ['shop.test', { timeout: 0 }, /"timeout"/],
    ['shop.test', { isolation: 1 }, /"isolation"/],
    ['shop.test', { signal: 1 }, /"signal"/],
    ['shop.test', { fetch: globalThis.fetch }, /"fetch"/],
  ];
  test.each(wrong)('%j with %j is a TypeError that says what is wrong', async (name, options, named) => {
    const asking = look(name as string, options);
    await expect(asking).rejects.toThrow(named);
    await expect(asking).rejects.toBeInstanceOf(TypeError);
  });

  test('asks by default who is reached by address and by https', () => {
    for (const url of defaultResolvers) expect(new URL(url)).toMatchObject({ protocol: 'https:', port: '' });
  });
});

/** No code path contacts anything but the directory and the gateway: seen at the sockets of a process of its own. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Devnet, startDevnet } from '../../src/devnet/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import type { NetworkRecord } from '../support/socket-recorder.ts';

let origin: Origin;
let devnet: Devnet;
let ca: string;

beforeAll(async () => {
  const authority = await createAuthority();
  ca = authority.certificate;
  origin = await startOrigin({
    certificate: await authority.issue({ hosts: ['shop.test'] }),
    routes: { '/away': (_, response) => response.writeHead(302, { location: 'https://localhost/' }).end() },
  });
  devnet = await startDevnet({ hosts: { 'shop.test': origin.port, 'impostor.test': origin.port } });
});

afterAll(() => Promise.all([devnet.close(), origin.close()]));

test('a client opens sockets to the directory and its gateway alone, whatever it is asked to fetch', {
  timeout: 60_000,
}, async () => {
  const [entry] = devnet.gateways;
  if (entry === undefined) throw new Error('the devnet has no gateway');
  const { outcomes, connections, handles } = await lonelyClient(entry.identity, [
    'https://shop.test/json',
    'https://shop.test/away', // a redirect to a host that resolves here, but must not be resolved here
    'https://impostor.test/', // a certificate for another host
    'https://no-such-host.test/',
    `http://127.0.0.1:${origin.port}/`, // an address that is one socket away
    `http://localhost:${origin.port}/`,
    'http://[::1]:8080/',
  ]);

  expect(outcomes).toEqual([
    '200 13',
    'fetch failed: ERR_MIX_EXIT_REFUSED',
    'fetch failed: ERR_MIX_TLS_CERTIFICATE',
    ...Array<string>(4).fill('fetch failed: ERR_MIX_EXIT_REFUSED'),
  ]);
  const allowed = [devnet.api, entry.url].map(url => new URL(url).host);
  expect([...new Set(connections)].sort()).toEqual([...allowed].sort());
  expect(handles).toEqual({
    TCPCONNECTWRAP: connections.length,
    GETADDRINFOREQWRAP: 0,
    GETNAMEINFOREQWRAP: 0,
    QUERYWRAP: 0,
    UDPWRAP: 0,
    PIPECONNECTWRAP: 0,
  });
});

async function lonelyClient(gateway: string, urls: readonly string[]): Promise<NetworkRecord & { outcomes: string[] }> {
  const script = fileURLToPath(new URL('lonely-client.ts', import.meta.url));
  const child = fork(script, [devnet.api, gateway, ca, ...urls], {
    execArgv: ['--conditions=mixfetch-source', '--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [report] = (await once(child, 'message')) as [NetworkRecord & { outcomes: string[] }];
  return report;
}

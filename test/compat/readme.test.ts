/** The examples in the READMEs of Nym's packages run as they stand, but for the import: over HTTPS, by real sockets. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import * as v1 from '../../src/compat/nym-v1.ts';
import * as v2 from '../../src/compat/nym-v2.ts';
import { createAuthority, type Devnet, startDevnet } from '../../src/devnet/index.ts';
import type { MixFetchOptions } from '../../src/index.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { examplesOf, run } from './published-readme.ts';

const agents: (string | undefined)[] = [];
let origin: Origin;
let devnet: Devnet;
let options: MixFetchOptions;

beforeAll(async () => {
  const authority = await createAuthority('authority of the test');
  origin = await startOrigin({
    certificate: await authority.issue({ hosts: ['nymtech.net', 'example.com'] }),
    routes: {
      '/': (request, response) => {
        agents.push(request.headers['user-agent']);
        response.end(`the page of ${request.headers.host}`);
      },
    },
  });
  const hosts = { 'nymtech.net': origin.port, 'example.com': origin.port };
  devnet = await startDevnet({ tls: true, hosts });
  options = { api: devnet.api, platform: devnet.clientPlatform(), extraCa: [authority.certificate] };
});

afterAll(() => Promise.all([devnet.close(), origin.close()]));

test('1.4.4: usage', async () => {
  const mixFetch = v1.withOptions(options);
  const [usage = ''] = examplesOf('@nymproject/mix-fetch-full-fat');
  expect(await run(usage, 'html', { '@nymproject/mix-fetch': { ...v1, ...mixFetch } })).toBe('the page of nymtech.net');
  await mixFetch.disconnectMixFetch();
});

test('2.1.1: usage, set-up and fetch in one call, headers of one request', async () => {
  const tunnel = v2.withOptions(options);
  const modules = { '@nymproject/mix-fetch': { ...v2, ...tunnel } };
  const [usage = '', inOneCall = '', , headers = ''] = examplesOf('@nymproject/mix-fetch');
  expect(await run(usage, 'html', modules)).toBe('the page of example.com');
  await tunnel.disconnectMixTunnel();

  const gateway = devnet.gateways[1]?.identity;
  const ipr = `${devnet.exits[0]?.split('@')[0]}@${gateway}`;
  const response = await run(inOneCall.replace("'...'", JSON.stringify(ipr)), 'res', modules);
  expect(await (response as Response).text()).toBe('the page of example.com');

  expect(await run(headers, 'res.status', modules, tunnel)).toBe(200);
  expect(agents.at(-1)).toBe('my-app/1.0');
  await tunnel.disconnectMixTunnel();
});

/** An exit cuts a connection five minutes after the last byte that its client sent, however much comes the other way. */

import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { startDevnet } from '../../src/devnet/index.ts';
import { VirtualPlatform } from '../../src/devnet/virtual-clock.ts';
import { createMixFetch } from '../../src/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { startOrigin } from '../support/origin.ts';

test.each([
  ['own', 'arrives'],
  ['platform', 'ERR_MIX_EXIT_CLOSED'],
] as const)('an answer that takes twelve minutes, by the TLS of %s: %s', async (tls, outcome) => {
  const clock = new VirtualPlatform({ wallTime: Date.now() });
  const authority = await createAuthority();
  const answers: ServerResponse[] = [];
  const origin = await startOrigin({
    certificate: await authority.issue({ hosts: ['slow.test'] }),
    routes: { '/slow': (_, response) => answers.push(response) && response.write('first, ') },
  });
  const devnet = await clock.until(
    startDevnet({ platform: clock, transport: 'in-process', hosts: { 'slow.test': origin.port } }),
  );
  const mixFetch = createMixFetch({
    api: devnet.api,
    platform: devnet.clientPlatform(),
    ca: [authority.certificate],
    tls,
    traffic: { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true },
  });
  const response = await clock.until(mixFetch('https://slow.test/slow'));
  const text = response.text().catch(error => error.cause.code);
  for (let written = 0; written < 24; written++) {
    await clock.advance(30_000);
    answers[0]?.write('more, ');
  }
  answers[0]?.end('last');
  expect(await clock.until(text)).toBe(outcome === 'arrives' ? `first, ${'more, '.repeat(24)}last` : outcome);
  await clock.until(mixFetch.close());
  await clock.until(devnet.close());
  await origin.close();
});

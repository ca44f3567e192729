/**
 * What wallets do, and what they had to build around other clients of the mixnet: a screen that asks five services at once,
 * over exits of which some answer nothing, or refuse. On virtual time.
 */

import { expect, onTestFinished, test } from 'vitest';
import { type Devnet, startDevnet, VirtualPlatform } from '../../src/devnet/index.ts';
import { createMixFetch, type MixFetch, type MixFetchOptions } from '../../src/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { startOrigin } from '../support/origin.ts';

type Behaviour = Devnet['requesters'][number]['behaviour'];

const services = ['eth', 'btc', 'rates', 'names', 'tokens'].map(name => `${name}.test`);
/** As many as a wallet was seen to begin at once. */
const requests = 12;
const timeouts = { setup: 60_000, connect: 30_000, headers: 60_000 };

/** Where nothing comes, how fast packets leave is not the point. */
const unpaced = { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true };

async function wallet(
  exits: readonly Behaviour[],
  { seed, ...options }: { readonly seed: string } & Pick<MixFetchOptions, 'tls' | 'traffic'>,
) {
  const authority = await createAuthority();
  const origin = await startOrigin({ certificate: await authority.issue({ hosts: services }) });
  const platform = new VirtualPlatform({ seed });
  const until = <T>(work: Promise<T>) => platform.until(work);
  const devnet = await until(
    startDevnet({
      transport: 'in-process',
      platform,
      random: platform.randomBytes,
      gateways: exits.length + 1,
      exits: exits.length,
      hosts: Object.fromEntries(services.map(name => [name, origin.port])),
      faults: { loss: 0.05 },
    }),
  );
  devnet.requesters.forEach((requester, i) => {
    requester.behaviour = exits[i] ?? 'normal';
  });
  const mixFetch = createMixFetch({
    api: devnet.api,
    platform: devnet.clientPlatform(),
    extraCa: [authority.certificate],
    timeouts,
    ...options,
  });
  onTestFinished(async () => {
    await until(mixFetch.close());
    await until(devnet.close());
    await origin.close();
    expect({ timers: platform.pendingTimers, holders: platform.holders }).toEqual({ timers: 0, holders: 0 });
  });
  await until(mixFetch.ready());
  return { platform, mixFetch, until };
}

/** What each request came to, and after how long. */
function askAll(mixFetch: MixFetch, platform: VirtualPlatform): Promise<{ outcome: unknown; after: number }[]> {
  const started = platform.now();
  const ask = async (id: number): Promise<unknown> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id, method: 'eth_blockNumber', params: [] });
    const url = `https://${services[id % services.length]}/echo`;
    const response = await mixFetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const echo = (await response.json()) as { body: string };
    return echo.body === body ? 'its own answer' : echo.body;
  };
  return Promise.all(
    Array.from({ length: requests }, async (_, id) => {
      const outcome = await ask(id).catch((error: Error) => (error.cause as { code?: string }).code ?? error.cause);
      return { outcome, after: platform.now() - started };
    }),
  );
}

test.each([
  ['silent', 'platform'],
  ['stall', 'platform'],
  ['stall', 'own'],
] as const)(
  '"My wallet opens 12 requests at once and some never come back": they all do, past exits of which one does "%s" and one refuses, with "%s" TLS and 5 % loss',
  async (bad, tls) => {
    const { platform, mixFetch, until } = await wallet([bad, 'refuse', 'normal'], { seed: 'wallet', tls });
    const answers = await until(askAll(mixFetch, platform));
    expect(answers.map(({ outcome }) => outcome)).toEqual(Array(requests).fill('its own answer'));
    expect(Math.max(...answers.map(({ after }) => after))).toBeLessThan(timeouts.connect + timeouts.headers);
    // What was learnt holds: nobody waits a second time.
    const again = await until(askAll(mixFetch, platform));
    expect(again.map(({ outcome }) => outcome)).toEqual(Array(requests).fill('its own answer'));
    expect(Math.max(...again.map(({ after }) => after))).toBeLessThan(10_000);
  },
);

test.each([
  [['silent'], /^ERR_MIX_(EXIT_SILENT|TIMEOUT_CONNECT)$/],
  [['refuse', 'refuse'], /^ERR_MIX_EXIT_REFUSED$/],
  [['silent', 'refuse'], /^ERR_MIX_(EXIT_NONE|TIMEOUT_CONNECT)$/],
  [['stall'], /^ERR_MIX_(EXIT_STALLED|TIMEOUT_CONNECT)$/],
  [['stall', 'silent', 'refuse'], /^ERR_MIX_(EXIT_NONE|TIMEOUT_CONNECT)$/],
] as const)(
  '"It says Calculating Fee for ever": with exits that all %s, every request fails in time, and says why',
  async (exits, code) => {
    const { platform, mixFetch, until } = await wallet(exits, { seed: `bad exits: ${exits}`, traffic: unpaced });
    const answers = await until(askAll(mixFetch, platform));
    expect(answers.map(({ outcome }) => outcome)).toEqual(Array(requests).fill(expect.stringMatching(code)));
    expect(Math.max(...answers.map(({ after }) => after))).toBeLessThanOrEqual(timeouts.connect);
  },
);

/** How fast the protocols are where computing takes no time: under a virtual clock, which stands while there is work. */

import { startDevnet, VirtualPlatform } from '../../src/devnet/index.ts';
import { createMixFetch } from '../../src/index.ts';
import { startOrigin } from '../support/origin.ts';

/** Bytes per second, of one download and one upload of that many bytes. */
export async function ratesOfVirtualNetwork(down: number, up: number): Promise<{ download: number; upload: number }> {
  const platform = new VirtualPlatform();
  const until = <T>(work: Promise<T>) => platform.until(work);
  const origin = await startOrigin({
    routes: { '/sink': (request, response) => void request.resume().on('end', () => response.end()) },
  });
  const hosts = { 'files.test': origin.port };
  const devnet = await until(startDevnet({ platform, transport: 'in-process', hosts }));
  const mixFetch = createMixFetch({ api: devnet.api, platform: devnet.clientPlatform() });
  const rateOf = async (bytes: number, path: string, init?: RequestInit) => {
    const started = platform.now();
    const response = await until(mixFetch(`http://files.test${path}`, init));
    await until(response.arrayBuffer());
    return (1000 * bytes) / (platform.now() - started);
  };
  try {
    await until(mixFetch.ready());
    return {
      download: await rateOf(down, `/bytes/${down}`),
      upload: await rateOf(up, '/sink', { method: 'POST', body: new Uint8Array(up) }),
    };
  } finally {
    await until(mixFetch.close());
    await until(devnet.close());
    await origin.close();
  }
}

/** A devnet in the process, on a virtual clock, with an origin behind its exit: all gone, and nothing left behind, after the test. */

import { expect, onTestFinished } from 'vitest';
import { type Devnet, type DevnetOptions, startDevnet, VirtualPlatform } from '../../src/devnet/index.ts';
import { createMixFetch, type MixFetch, type MixFetchOptions } from '../../src/index.ts';
import { type Origin, type OriginOptions, startOrigin } from './origin.ts';

export interface World {
  readonly platform: VirtualPlatform;
  readonly devnet: Devnet;
  readonly origin: Origin;
  /** Drives the clock until the promise is settled. */
  until<T>(work: Promise<T>): Promise<T>;
  /** What leads into it: options of clients. */
  readonly entrance: Pick<MixFetchOptions, 'api' | 'platform'>;
  create(options?: MixFetchOptions): MixFetch;
}

export async function world(options: DevnetOptions = {}, served: OriginOptions = {}): Promise<World> {
  const platform = new VirtualPlatform();
  const until = <T>(work: Promise<T>) => platform.until(work);
  const origin = await startOrigin(served);
  const hosts = { 'shop.test': origin.port };
  const devnet = await until(startDevnet({ platform, transport: 'in-process', hosts, ...options }));
  onTestFinished(async () => {
    await until(devnet.close());
    await origin.close();
    expect({ timers: platform.pendingTimers, holders: platform.holders }).toEqual({ timers: 0, holders: 0 });
  });
  const entrance = { api: devnet.api, platform: devnet.clientPlatform() };
  return {
    ...{ platform, devnet, origin, until, entrance },
    create: given => createMixFetch({ ...entrance, ...given }),
  };
}

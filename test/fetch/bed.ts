/** A fetch over streams on loopback and an origin to ask, both gone when the test is. */

import { expect, onTestFinished } from 'vitest';
import { createFetch, type Fetch, type FetchContext } from '../../src/fetch/index.ts';
import type { Echo } from '../support/origin.ts';
import { type WatchedPlatform, watchedPlatform } from '../support/watched-platform.ts';
import { Exit, type ExitOptions, type Origin, type OriginOptions, startOrigin } from './ground.ts';

export interface Bed {
  readonly fetch: Fetch;
  readonly origin: Origin;
  readonly exit: Exit;
  readonly platform: WatchedPlatform;
  /** The URL of a path at the origin. */
  readonly at: (path: string) => string;
  /** What the server got of a request to `/echo`. */
  readonly echo: (...args: Parameters<Fetch>) => Promise<Echo>;
}

export interface BedOptions extends OriginOptions, Partial<FetchContext> {
  readonly exit?: ExitOptions;
}

export async function bed(options: BedOptions = {}): Promise<Bed> {
  const { exit: exitOptions, certificate, keepAlive, routes, ...context } = options;
  const origin = await startOrigin({
    ...(certificate && { certificate }),
    ...(keepAlive && { keepAlive }),
    ...(routes && { routes }),
  });
  const platform = watchedPlatform();
  const exit = new Exit(exitOptions);
  const fetch = createFetch({ open: exit.openStream, platform, ...context });
  onTestFinished(async () => {
    await fetch.close();
    await origin.close();
  });
  return {
    fetch,
    origin,
    exit,
    platform,
    at: path => origin.url + path,
    echo: async (...args) => (await (await fetch(...args)).json()) as Echo,
  };
}

/** After all calls are over: nothing is held but idle connections, each with its one timer. */
export async function expectQuiet({ fetch, exit, platform }: Bed, idle?: number): Promise<void> {
  await expect.poll(() => fetch.stats()).toMatchObject({ busy: 0, waiting: 0, calls: 0 });
  if (idle !== undefined) await expect.poll(() => fetch.stats().idle).toBe(idle);
  const kept = fetch.stats().idle;
  await expect
    .poll(() => ({ open: exit.open, timers: platform.timers, holders: platform.holders }))
    .toEqual({ open: kept, timers: kept, holders: 0 });
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('it resolved'),
    (error: unknown) => error,
  );
}

/** The code of the error behind a failed fetch, or behind a body that broke off. */
export async function failureCode(promise: Promise<unknown>): Promise<unknown> {
  const error = await rejection(promise);
  expect(error).toBeInstanceOf(TypeError);
  expect((error as TypeError).message).toMatch(/^(fetch failed|terminated)$/);
  return ((error as TypeError).cause as { code?: unknown }).code;
}

import { describe, expect, test } from 'vitest';
import { ClientSetup } from '../../src/fetch/index.ts';
import { VirtualPlatform } from '../support/virtual-platform.ts';
import { rejection } from './bed.ts';

interface Attempt {
  readonly signal: AbortSignal;
  readonly at: number;
  succeed(client?: string): void;
  fail(error: Error): void;
}

function setupOnDemand() {
  const platform = new VirtualPlatform();
  const attempts: Attempt[] = [];
  const discarded: string[] = [];
  const dead = new Set<string>();
  const setup = new ClientSetup<string>({
    platform,
    connect: signal =>
      new Promise<string>((resolve, reject) => {
        attempts.push({ signal, at: platform.now(), succeed: (client = 'client') => resolve(client), fail: reject });
      }),
    isAlive: client => !dead.has(client),
    discard: client => void discarded.push(client),
  });
  const asked = async (signal?: AbortSignal) => setup.get(signal);
  return { platform, attempts, discarded, dead, setup, asked };
}

describe('the set-up that all calls share', () => {
  test('is begun by the first who needs it, and not again', async () => {
    const { attempts, setup, asked } = setupOnDemand();
    expect(attempts.length).toBe(0);
    const three = Promise.all([asked(), asked(), asked()]);
    await Promise.resolve();
    expect(attempts.length).toBe(1);
    attempts[0]?.succeed();
    expect(await three).toEqual(['client', 'client', 'client']);
    expect(setup.get(undefined)).toBe('client'); // At once.
  });

  test('fails for all, and is tried anew after a cool-down that grows to half a minute', async () => {
    const { platform, attempts, asked } = setupOnDemand();
    const refused = new Error('refused');
    const begun: number[] = [];
    for (let i = 0; i < 8; i++) {
      const [first, second] = [rejection(asked()), rejection(asked())];
      await platform.advance(60_000 * (i === 0 ? 0 : 1));
      const attempt = attempts[i];
      begun.push((attempt?.at ?? Number.NaN) - (i === 0 ? 0 : platform.now() - 60_000));
      attempt?.fail(refused);
      expect([await first, await second]).toEqual([refused, refused]);
    }
    expect(begun).toEqual([0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(platform.pendingTimers).toBe(0);
  });

  test('after a success the next failure is the first one again', async () => {
    const { platform, attempts, dead, asked } = setupOnDemand();
    for (let i = 0; i < 3; i++) {
      const failed = rejection(asked());
      await platform.advance(60_000);
      attempts.at(-1)?.fail(new Error('refused'));
      await failed;
    }
    const connected = asked();
    await platform.advance(60_000);
    attempts.at(-1)?.succeed();
    dead.add(await connected);
    const failed = rejection(asked());
    await platform.advance(0);
    attempts.at(-1)?.fail(new Error('refused'));
    await failed;
    const count = attempts.length;
    const again = asked();
    await platform.advance(1000);
    expect(attempts.length).toBe(count + 1);
    attempts.at(-1)?.succeed('another');
    expect(await again).toBe('another');
  });

  test('who gives up leaves the others waiting; when all have, it ends', async () => {
    const { platform, attempts, asked } = setupOnDemand();
    const [first, second] = [new AbortController(), new AbortController()];
    const [one, two] = [rejection(asked(first.signal)), rejection(asked(second.signal))];
    await platform.advance(0);
    first.abort(new Error('first'));
    expect(await one).toMatchObject({ message: 'first' });
    expect(attempts[0]?.signal.aborted).toBe(false);
    second.abort(new Error('second'));
    expect(await two).toMatchObject({ message: 'second' });
    expect(attempts[0]?.signal.aborted).toBe(true);
    // And whoever comes next is not kept waiting by that.
    const third = asked();
    await platform.advance(0);
    attempts[1]?.succeed();
    expect(await third).toBe('client');
  });

  test('a client that comes when nobody wants it any more is let go of', async () => {
    const { platform, attempts, discarded, setup, asked } = setupOnDemand();
    const abort = new AbortController();
    const one = rejection(asked(abort.signal));
    await platform.advance(0);
    abort.abort();
    await one;
    attempts[0]?.succeed('late');
    await platform.advance(0);
    expect([discarded, setup.client]).toEqual([['late'], undefined]);
  });

  test('can be given up during the cool-down', async () => {
    const { platform, attempts, asked } = setupOnDemand();
    const failed = rejection(asked());
    await platform.advance(0);
    attempts[0]?.fail(new Error('refused'));
    await failed;
    const abort = new AbortController();
    const waiting = rejection(asked(abort.signal));
    await platform.advance(10);
    abort.abort();
    await waiting;
    await platform.advance(60_000);
    expect([attempts.length, platform.pendingTimers]).toEqual([1, 0]);
  });

  test('ends with close, and cannot be begun again', async () => {
    const { platform, attempts, setup, asked } = setupOnDemand();
    const waiting = rejection(asked());
    await platform.advance(0);
    expect(setup.close()).toBeUndefined();
    expect(attempts[0]?.signal.reason).toMatchObject({ code: 'ERR_MIX_MIXNET_CLOSED' });
    attempts[0]?.fail(attempts[0].signal.reason as Error);
    expect(await waiting).toMatchObject({ code: 'ERR_MIX_MIXNET_CLOSED' });
    expect(await rejection(asked())).toMatchObject({ code: 'ERR_MIX_MIXNET_CLOSED' });
  });
});

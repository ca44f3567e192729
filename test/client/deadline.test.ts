import { describe, expect, test } from 'vitest';
import { withDeadline } from '../../src/client/deadline.ts';
import { VirtualPlatform } from '../support/virtual-platform.ts';

const late = () => new Error('too late');

describe('a wait with a deadline', () => {
  test('gives what it waited for', async () => {
    const platform = new VirtualPlatform();
    expect(await withDeadline(platform, { ms: 100, error: late }, async () => 'result')).toBe('result');
    await expect(
      withDeadline(platform, { ms: 100, error: late }, async () => {
        throw new Error('failed');
      }),
    ).rejects.toThrow('failed');
    expect(platform.pendingTimers).toBe(0);
  });

  test('ends on time, or with the signal, even where the operation does not heed it', async () => {
    const platform = new VirtualPlatform();
    const never = () => new Promise<string>(() => {});
    const overdue = withDeadline(platform, { ms: 100, error: late }, never).catch((error: unknown) => error);
    const controller = new AbortController();
    const aborted = withDeadline(platform, { ms: 100, error: late, signal: controller.signal }, never).catch(
      (error: unknown) => error,
    );
    controller.abort('enough');
    expect(await aborted).toBe('enough');
    await platform.advance(100);
    expect(await overdue).toEqual(new Error('too late'));
    expect(platform.pendingTimers).toBe(0);
    await expect(withDeadline(platform, { ms: 100, error: late, signal: AbortSignal.abort('no') }, never)).rejects.toBe(
      'no',
    );
  });

  test('that has ended throws away what comes afterwards', async () => {
    const platform = new VirtualPlatform();
    const discarded: string[] = [];
    let finish: (result: string) => void = () => {};
    const operation = () =>
      new Promise<string>(resolve => {
        finish = resolve;
      });
    const options = { ms: 100, error: late, discard: (result: string) => discarded.push(result) };
    const wait = withDeadline(platform, options, operation).catch(() => {});
    await platform.advance(100);
    await wait;
    finish('a connection');
    await platform.advance(0);
    expect(discarded).toEqual(['a connection']);
  });
});

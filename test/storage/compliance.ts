/** What every storage has to do, whatever it keeps its records in. */

import { describe, expect, onTestFinished, test } from 'vitest';
import type { ClientStorage } from '../../src/storage/index.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

/** `place` is a new, empty one; each call of what it gives is another storage of the same place. */
export function compliesWithStorage(place: () => Promise<() => ClientStorage>): void {
  async function opened(): Promise<{ storage: ClientStorage; again: () => ClientStorage }> {
    const again = await place();
    return { storage: again(), again };
  }

  describe('records', () => {
    test('of which there are none are undefined, and can be removed', async () => {
      const { storage } = await opened();
      expect(await storage.load('client')).toBeUndefined();
      await storage.remove('client');
      expect(await storage.load('client')).toBeUndefined();
    });

    test('come back as they were, in another storage of the same place too', async () => {
      const { storage, again } = await opened();
      const every = Uint8Array.from({ length: 256 }, (_, i) => i);
      await storage.store('client', every);
      await storage.store('another-1', bytes());
      for (const reader of [storage, again()]) {
        expect(await reader.load('client')).toEqual(every);
        expect(await reader.load('another-1')).toEqual(bytes());
      }
    });

    test('are replaced whole, by shorter ones too', async () => {
      const { storage, again } = await opened();
      await storage.store('client', new Uint8Array(1000).fill(1));
      await storage.store('client', bytes(2, 2));
      expect(await again().load('client')).toEqual(bytes(2, 2));
    });

    test('are one or the other where two are written at once', async () => {
      const { storage, again } = await opened();
      const written = [1, 2, 3, 4].map(fill => new Uint8Array(5000).fill(fill));
      await Promise.all(written.map(record => storage.store('client', record)));
      expect(written).toContainEqual(await again().load('client'));
    });

    test('can be removed, one by one', async () => {
      const { storage, again } = await opened();
      await storage.store('one', bytes(1));
      await storage.store('two', bytes(2));
      await storage.remove('one');
      expect(await again().load('one')).toBeUndefined();
      expect(await again().load('two')).toEqual(bytes(2));
    });

    test('are copies: what is done to the bytes afterwards does not reach them', async () => {
      const { storage } = await opened();
      const mine = bytes(1, 2, 3);
      await storage.store('client', mine);
      mine.fill(9);
      const read = await storage.load('client');
      expect(read).toEqual(bytes(1, 2, 3));
      read?.fill(9);
      expect(await storage.load('client')).toEqual(bytes(1, 2, 3));
    });

    test.each(['', '../client', 'a/b', 'a.b', 'Client', 'x'.repeat(65), 'a b', 'a\0'])(
      'are not named %j',
      async name => {
        const { storage } = await opened();
        await expect(storage.load(name)).rejects.toThrow(TypeError);
        await expect(storage.store(name, bytes(1))).rejects.toThrow(TypeError);
        await expect(storage.remove(name)).rejects.toThrow(TypeError);
      },
    );
  });

  describe('the lock', () => {
    test('is refused to everybody else until it is released', async () => {
      const { storage, again } = await opened();
      const lock = await storage.lock();
      await expect(storage.lock()).rejects.toMatchObject({ code: 'ERR_MIX_STORAGE_LOCKED' });
      await expect(again().lock()).rejects.toMatchObject({ code: 'ERR_MIX_STORAGE_LOCKED' });
      await lock.release();
      const next = await again().lock();
      await expect(storage.lock()).rejects.toMatchObject({ code: 'ERR_MIX_STORAGE_LOCKED' });
      await next.release();
    });

    test('is released once: a second time does not release that of another', async () => {
      const { storage, again } = await opened();
      const first = await storage.lock();
      await first.release();
      const second = await again().lock();
      await first.release();
      await expect(storage.lock()).rejects.toMatchObject({ code: 'ERR_MIX_STORAGE_LOCKED' });
      await second.release();
      await second.release();
    });

    test('is never had by two of those who try at once', async () => {
      const { again } = await opened();
      for (let round = 0; round < 10; round++) {
        const tries = await Promise.allSettled(Array.from({ length: 4 }, () => again().lock()));
        const locks = tries.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []));
        expect(locks.length).toBeLessThanOrEqual(1);
        for (const { release } of locks) await release();
      }
      await (await again().lock()).release();
    });

    test('has nothing to do with the records', async () => {
      const { storage, again } = await opened();
      const lock = await storage.lock();
      onTestFinished(() => lock.release());
      await storage.store('client', bytes(1));
      expect(await again().load('client')).toEqual(bytes(1));
      await storage.remove('client');
      expect(await storage.load('client')).toBeUndefined();
    });
  });
}

import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { scrypt } from '@noble/hashes/scrypt.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ClientStorage, decodeClientRecord, memoryStorage, withPassphrase } from '../../src/storage/index.ts';

const cheap = { logN: 10 };
const secret = new TextEncoder().encode('a secret that must not be seen');

async function sealedBytes(storage: ClientStorage): Promise<Uint8Array> {
  return (await storage.load('client')) ?? new Uint8Array(0);
}

describe('a storage under a passphrase', () => {
  test('opens with that passphrase, however it was typed, and with no other', async () => {
    const storage = memoryStorage();
    await withPassphrase(storage, 'caf\u00e9', cheap).store('client', secret);
    expect(await withPassphrase(storage, 'cafe\u0301').load('client')).toEqual(secret);
    const another = withPassphrase(storage, 'cafe');
    await expect(another.load('client')).rejects.toMatchObject({ code: 'ERR_MIX_STORAGE_PASSPHRASE' });
    await expect(another.load('client')).rejects.toMatchObject({ code: 'ERR_MIX_STORAGE_PASSPHRASE' });
    expect(await withPassphrase(storage, 'caf\u00e9').load('client')).toEqual(secret);
  });

  test('shows nothing of what it keeps, and never the same bytes twice', async () => {
    const storage = memoryStorage();
    const sealed = withPassphrase(storage, 'passphrase', cheap);
    await sealed.store('client', secret);
    const first = await sealedBytes(storage);
    await sealed.store('client', secret);
    const second = await sealedBytes(storage);
    expect(Buffer.from(first).includes(Buffer.from(secret.subarray(0, 8)))).toBe(false);
    expect(second).not.toEqual(first);
    // One key, derived once: the salt stays, the nonce does not.
    expect(second.subarray(6, 22)).toEqual(first.subarray(6, 22));
    expect(second.subarray(22, 46)).not.toEqual(first.subarray(22, 46));
  });

  test('is scrypt and XChaCha20-Poly1305, as its table says', async () => {
    const storage = memoryStorage();
    await withPassphrase(storage, 'passphrase', cheap).store('client', secret);
    const bytes = await sealedBytes(storage);
    const key = scrypt('passphrase', bytes.subarray(6, 22), { N: 1024, r: 8, p: 1, dkLen: 32 });
    const data = Buffer.concat([bytes.subarray(0, 22), Buffer.from('client')]);
    expect(xchacha20poly1305(key, bytes.subarray(22, 46), data).decrypt(bytes.subarray(46, -8))).toEqual(secret);
  });

  test('tells damage from a wrong passphrase, and leaves both as they are', async () => {
    const storage = memoryStorage();
    const sealed = withPassphrase(storage, 'passphrase', cheap);
    await sealed.store('client', secret);
    const good = await sealedBytes(storage);
    for (let byte = 0; byte < good.length; byte++) {
      const damaged = good.slice();
      damaged[byte] = (damaged[byte] ?? 0) ^ 1;
      await storage.store('client', damaged);
      await expect(sealed.load('client')).rejects.toMatchObject({ code: 'ERR_MIX_STORAGE_UNREADABLE' });
    }
    for (let length = 0; length < good.length; length++) {
      await storage.store('client', good.subarray(0, length));
      await expect(sealed.load('client')).rejects.toMatchObject({ code: 'ERR_MIX_STORAGE_UNREADABLE' });
    }
  });

  test('whatever else is there is an error of ours, and cheap to find out', async () => {
    const storage = memoryStorage();
    const sealed = withPassphrase(storage, 'passphrase', cheap);
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.uint8Array({ maxLength: 200 }), async (sealedStart, rest) => {
        await storage.store('client', Uint8Array.from([...(sealedStart ? Buffer.from('seal\x01\xff') : []), ...rest]));
        await expect(sealed.load('client')).rejects.toMatchObject({ code: 'ERR_MIX_STORAGE_UNREADABLE' });
      }),
    );
  });

  test('keeps a record from being taken for another', async () => {
    const storage = memoryStorage();
    const sealed = withPassphrase(storage, 'passphrase', cheap);
    await sealed.store('one', secret);
    await storage.store('two', (await storage.load('one')) ?? secret);
    await expect(sealed.load('two')).rejects.toMatchObject({ code: 'ERR_MIX_STORAGE_PASSPHRASE' });
  });

  test('its records are known for what they are without a passphrase', async () => {
    const storage = memoryStorage();
    await withPassphrase(storage, 'passphrase', cheap).store('client', secret);
    const bytes = await sealedBytes(storage);
    expect(() => decodeClientRecord(bytes)).toThrow(/sealed by a passphrase/);
    await storage.store('client', secret);
    await expect(withPassphrase(storage, 'passphrase').load('client')).rejects.toThrow(/not sealed/);
  });

  test('is refused where it cannot be', () => {
    const storage = memoryStorage();
    expect(() => withPassphrase(storage, '')).toThrow(TypeError);
    expect(() => withPassphrase(storage, undefined as unknown as string)).toThrow(TypeError);
    for (const logN of [9, 19, 12.5]) expect(() => withPassphrase(storage, 'x', { logN })).toThrow(RangeError);
  });
});

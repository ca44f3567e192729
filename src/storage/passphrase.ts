import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { scryptAsync } from '@noble/hashes/scrypt.js';
import { createPlatform } from '#platform';
import { MixnetError } from '../errors.ts';
import type { RandomBytes } from '../platform/platform.ts';
import { associatedData, decodeSealed, encodeSealed, SCRYPT_LOG_N } from './sealed-format.ts';
import { type ClientStorage, checkRecordName } from './storage.ts';

export interface PassphraseOptions {
  /**
   * What a guess costs: log2 of scrypt's N, 10 to 18, with r = 8 and p = 1. Default 17, which takes about a second and
   * 128 MB (OWASP's recommendation). Records keep the cost that they were first written with.
   */
  readonly logN?: number;
  /** Default: that of the runtime. */
  readonly random?: RandomBytes;
}

const DEFAULT_LOG_N = 17;

interface DerivedKey {
  readonly logN: number;
  readonly salt: Uint8Array;
  readonly key: Uint8Array;
}

/**
 * A storage whose records are sealed: scrypt makes a key of the passphrase, once, and XChaCha20-Poly1305 seals with it.
 * `load` rejects with ERR_MIX_STORAGE_PASSPHRASE where the passphrase is another, and with ERR_MIX_STORAGE_UNREADABLE
 * where the record is damaged or not sealed. The passphrase is taken as NFKC in UTF-8.
 *
 * @throws TypeError or RangeError for what cannot be.
 */
export function withPassphrase(
  storage: ClientStorage,
  passphrase: string,
  { logN = DEFAULT_LOG_N, random = createPlatform().randomBytes }: PassphraseOptions = {},
): ClientStorage {
  if (typeof passphrase !== 'string' || passphrase === '') throw new TypeError('a passphrase is a text, and not empty');
  if (!Number.isInteger(logN) || logN < SCRYPT_LOG_N.least || logN > SCRYPT_LOG_N.most) {
    throw new RangeError(`logN is a whole number from ${SCRYPT_LOG_N.least} to ${SCRYPT_LOG_N.most}`);
  }
  const password = new TextEncoder().encode(passphrase.normalize('NFKC'));
  let latest: DerivedKey | undefined;

  async function derive(cost: number, salt: Uint8Array): Promise<DerivedKey> {
    const known = latest;
    if (known?.logN === cost && known.salt.every((byte, i) => byte === salt[i])) return known;
    const key = await scryptAsync(password, salt, { N: 2 ** cost, r: 8, p: 1, dkLen: 32 });
    latest = { logN: cost, salt: salt.slice(), key };
    return latest;
  }

  return {
    async load(name) {
      const bytes = await storage.load(checkRecordName(name));
      if (bytes === undefined) return undefined;
      const { nonce, ciphertext, ...sealed } = decodeSealed(bytes);
      const { key } = await derive(sealed.logN, sealed.salt);
      try {
        return xchacha20poly1305(key, nonce, associatedData(sealed.logN, sealed.salt, name)).decrypt(ciphertext);
      } catch (cause) {
        throw new MixnetError('ERR_MIX_STORAGE_PASSPHRASE', { cause });
      }
    },
    async store(name, bytes) {
      checkRecordName(name);
      const { logN: cost, salt, key } = latest ?? (await derive(logN, random(16)));
      const nonce = random(24);
      const ciphertext = xchacha20poly1305(key, nonce, associatedData(cost, salt, name)).encrypt(bytes);
      await storage.store(name, encodeSealed({ logN: cost, salt, nonce, ciphertext }));
    },
    remove: name => storage.remove(name),
    lock: () => storage.lock(),
  };
}

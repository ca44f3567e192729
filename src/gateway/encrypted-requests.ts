/**
 * Text requests that travel sealed under the shared key (`nymtech/nym common/gateway-requests/src/types/text_request`):
 * `encryptedRequest` and `encryptedResponse` hold a nonce and the ciphertext of a JSON text.
 */

import { gcmSivOpen, gcmSivSeal } from '#crypto';
import type { RandomBytes } from '../platform/platform.ts';
import { NONCE_BYTES } from './frames.ts';
import { isRecord } from './json.ts';

export interface SealedText {
  readonly ciphertext: Uint8Array;
  readonly nonce: Uint8Array;
}

/** `forget-me` deletes stored messages, bandwidth and the shared key; `remember-me` only names a kind of session. */
export type EncryptedRequest =
  | { readonly type: 'forget-me'; readonly client: boolean; readonly stats: boolean }
  | { readonly type: 'remember-me'; readonly session: string };
export type EncryptedResponse = 'forget-me-ack' | 'remember-me-ack';

export function sealRequest(request: EncryptedRequest, sharedKey: Uint8Array, random: RandomBytes): SealedText {
  const value =
    request.type === 'forget-me'
      ? { ForgetMe: { client: request.client, stats: request.stats } }
      : { RememberMe: { session_type: request.session } };
  return seal(value, sharedKey, random);
}

/** `undefined` for what does not decrypt, or decrypts to nothing known. */
export function openRequest(sealed: SealedText, sharedKey: Uint8Array): EncryptedRequest | undefined {
  const value = open(sealed, sharedKey);
  const forget = value?.['ForgetMe'];
  if (isRecord(forget) && typeof forget['client'] === 'boolean' && typeof forget['stats'] === 'boolean') {
    return { type: 'forget-me', client: forget['client'], stats: forget['stats'] };
  }
  const remember = value?.['RememberMe'];
  if (isRecord(remember) && typeof remember['session_type'] === 'string') {
    return { type: 'remember-me', session: remember['session_type'] };
  }
  return undefined;
}

export function sealResponse(response: EncryptedResponse, sharedKey: Uint8Array, random: RandomBytes): SealedText {
  return seal(response === 'forget-me-ack' ? { ForgetMeAck: {} } : { RememberMeAck: {} }, sharedKey, random);
}

export function openResponse(sealed: SealedText, sharedKey: Uint8Array): EncryptedResponse | undefined {
  const value = open(sealed, sharedKey);
  if (isRecord(value?.['ForgetMeAck'])) return 'forget-me-ack';
  return isRecord(value?.['RememberMeAck']) ? 'remember-me-ack' : undefined;
}

function seal(value: unknown, sharedKey: Uint8Array, random: RandomBytes): SealedText {
  const nonce = random(NONCE_BYTES);
  return { ciphertext: gcmSivSeal(sharedKey, nonce, new TextEncoder().encode(JSON.stringify(value))), nonce };
}

function open({ ciphertext, nonce }: SealedText, sharedKey: Uint8Array): Record<string, unknown> | undefined {
  const plaintext = gcmSivOpen(sharedKey, nonce, ciphertext);
  if (plaintext === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(plaintext));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

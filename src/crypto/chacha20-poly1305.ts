/** AEAD_CHACHA20_POLY1305: RFC 8439, section 2.8. */

import { type AuthenticatedCipher, aeadBy, authenticated } from './aead.ts';
import { chacha20 } from './chacha20.ts';
import { poly1305 } from './poly1305.ts';

export const chacha20Poly1305: AuthenticatedCipher = /* @__PURE__ */ aeadBy(
  (key, nonce, data) => chacha20(key, nonce, data, 1),
  (key, nonce, associated, ciphertext) =>
    poly1305(chacha20(key, nonce, new Uint8Array(32)), authenticated(associated, ciphertext, 1, true)),
);

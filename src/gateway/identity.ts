/** An ed25519 key pair: who a client, or a gateway, is. */
export interface Identity {
  /** The secret, 32 bytes (RFC 8032 calls it the private key). */
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
}

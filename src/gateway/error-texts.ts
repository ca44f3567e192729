/** The error texts of the protocol: there are no codes, so clients go by these. */
export const gatewayTexts = {
  incompatibleVersion: (ours: number, theirs: number) =>
    `Attempted to negotiate connection with client using incompatible protocol version. Ours is ${ours} and the client reports ${theirs}`,
  skewedTimestamp: (theirs: number, ours: number) =>
    `the provided request timestamp is excessively skewed. got ${theirs} whilst the server time is ${ours}`,
  badSignature: 'failed to verify request signature',
  notRegistered: 'the client is not registered',
  badAddress: 'failed to verify provided address ciphertext',
  usedTimestamp: 'the provided request timestamp is smaller or equal to one previously used',
  staleSession: 'attempted to overwrite client session with a stale authentication',
  alreadyOpen: 'There is already an open connection to this client',
  legacyAuthentication: 'the legacy authentication method is no longer supported. please update your client',
  unauthenticated: "Only 'Register' or 'Authenticate' requests are allowed",
  unauthenticatedPacket:
    'possibly received a sphinx packet without prior authentication. Request is going to be ignored',
  tooSlow: 'timed out while waiting for initial data',
  ticketsOnly: 'This gateway is only accepting coconut credentials for bandwidth',
  handshakeFailed: (why: string) => `Failed to perform registration handshake: ${why}`,
  malformedHandshake: 'sent request was malformed',
  unknownText: 'received a text request of an unknown type',
  unknownBinary: 'received a binary request of an unknown type',
  wrongContext: (what: string) => `The received request is not valid in the current context: ${what}`,
  malformedText: (why: string) => `Provided text request was malformed - ${why}`,
  malformedBinary: (why: string) => `Provided binary request was malformed - ${why}`,
  undecryptableText: 'failed to decrypt provided text request',
} as const;

/** The error texts of the protocol: there are no codes, so clients go by these. Each by itself, for they read but a few. */

export const incompatibleVersion = (ours: number, theirs: number) =>
  `Attempted to negotiate connection with client using incompatible protocol version. Ours is ${ours} and the client reports ${theirs}`;
export const skewedTimestamp = (theirs: number, ours: number) =>
  `the provided request timestamp is excessively skewed. got ${theirs} whilst the server time is ${ours}`;
export const badSignature = 'failed to verify request signature';
export const notRegistered = 'the client is not registered';
export const badAddress = 'failed to verify provided address ciphertext';
export const usedTimestamp = 'the provided request timestamp is smaller or equal to one previously used';
export const staleSession = 'attempted to overwrite client session with a stale authentication';
export const alreadyOpen = 'There is already an open connection to this client';
export const legacyAuthentication =
  'the legacy authentication method is no longer supported. please update your client';
export const unauthenticated = "Only 'Register' or 'Authenticate' requests are allowed";
export const unauthenticatedPacket =
  'possibly received a sphinx packet without prior authentication. Request is going to be ignored';
export const tooSlow = 'timed out while waiting for initial data';
export const ticketsOnly = 'This gateway is only accepting coconut credentials for bandwidth';
export const handshakeFailed = (why: string) => `Failed to perform registration handshake: ${why}`;
export const malformedHandshake = 'sent request was malformed';
export const unknownText = 'received a text request of an unknown type';
export const unknownBinary = 'received a binary request of an unknown type';
export const wrongContext = (what: string) => `The received request is not valid in the current context: ${what}`;
export const malformedText = (why: string) => `Provided text request was malformed - ${why}`;
export const malformedBinary = (why: string) => `Provided binary request was malformed - ${why}`;
export const undecryptableText = 'failed to decrypt provided text request';

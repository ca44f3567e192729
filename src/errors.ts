/**
 * The error base of every room.
 *
 * A code says who is to blame by its family: the directory, the gateway, the mixnet, the exit, another client, the destination's TLS,
 * HTTP or websocket, a resolver, the clock, the storage, or the caller.
 *
 * @module
 */

/** Every error code this package can give, with what it means. The README's list is printed from here. */
export const mixnetErrorCodes = {
  ERR_MIX_DIRECTORY_UNREACHABLE: 'No directory URL answered.',
  ERR_MIX_DIRECTORY_MALFORMED: 'The directory answered with something that is not a node list, or with absurd values.',
  ERR_MIX_DIRECTORY_UNUSABLE:
    'The directory is readable, but no route can be made from it: a mix layer or every gateway is missing.',
  ERR_MIX_GATEWAY_UNKNOWN: 'The directory lists no gateway of that identity, or none at all that fits.',
  ERR_MIX_GATEWAY_UNREACHABLE: 'The gateway could not be reached, or did not answer in time.',
  ERR_MIX_GATEWAY_REFUSED: 'The gateway refused the registration or the authentication.',
  ERR_MIX_GATEWAY_TICKETS: 'The gateway demands paid bandwidth tickets, which this client does not carry.',
  ERR_MIX_GATEWAY_VERSION: 'The gateway speaks no protocol version that this client speaks.',
  ERR_MIX_GATEWAY_MISBEHAVED: 'The gateway sent something the protocol forbids at that point.',
  ERR_MIX_GATEWAY_CLOSED: 'The connection to the gateway ended.',
  ERR_MIX_MIXNET_MALFORMED: 'Bytes that came through the mixnet are not what the format demands.',
  ERR_MIX_MIXNET_NO_ROUTE: 'The current topology has no route to the recipient.',
  ERR_MIX_MIXNET_UNDELIVERED: 'A packet was not acknowledged within its retransmission limit.',
  ERR_MIX_MIXNET_UNKNOWN_SENDER: 'There is no reply block for that sender tag.',
  ERR_MIX_MIXNET_NO_SURBS: 'The sender has left no usable reply block, and no more arrived in time.',
  ERR_MIX_MIXNET_CLOSED: 'The client is closed.',
  ERR_MIX_EXIT_NONE: 'No exit is known, or every exit tried has failed.',
  ERR_MIX_EXIT_REFUSED: 'The exit refused the destination: its policy forbids it, or the name does not resolve.',
  ERR_MIX_EXIT_DIAL_FAILED: 'The exit could not open a TCP connection to the destination.',
  ERR_MIX_EXIT_SILENT: 'The exit did not answer in time, or has fallen silent.',
  ERR_MIX_EXIT_STALLED:
    'The exit said that it had connected, but the first answer of the destination did not come in time.',
  ERR_MIX_EXIT_CLOSED: 'The exit closed the connection before it was done.',
  ERR_MIX_EXIT_STARVED: 'The exit ran out of reply blocks for this connection.',
  ERR_MIX_EXIT_MALFORMED: 'The exit sent a message that its protocol does not have.',
  ERR_MIX_EXIT_OVERRUN: 'The reader of this connection was too slow, and its buffer is full.',
  ERR_MIX_PEER_SILENT: 'The other client did not answer in time, or has fallen silent.',
  ERR_MIX_PEER_RESET: 'The other client gave the stream up.',
  ERR_MIX_PEER_CLOSED: 'The stream to the other client is closed.',
  ERR_MIX_PEER_OVERRUN: 'The reader of this stream was too slow, or a piece is missing and too much came after it.',
  ERR_MIX_TLS_UNAVAILABLE: 'This runtime has no TLS that this package can use.',
  ERR_MIX_TLS_CERTIFICATE: 'The certificate of the destination was not accepted.',
  ERR_MIX_TLS_HANDSHAKE: 'The TLS handshake with the destination failed.',
  ERR_MIX_TLS_FAILED:
    'The TLS connection failed after its handshake: by an alert, or by a record that does not verify.',
  ERR_MIX_TLS_TRUNCATED: 'The TLS connection ended without its closing message.',
  ERR_MIX_HTTP_MALFORMED: 'The answer of the destination is not HTTP/1.1.',
  ERR_MIX_HTTP_TRUNCATED: 'The answer of the destination ended before it was complete.',
  ERR_MIX_HTTP_TOO_LARGE: 'The headers of the answer, or what its body expands to, exceed the limit.',
  ERR_MIX_HTTP_REDIRECT: 'A redirect is not allowed, not valid, or one too many.',
  ERR_MIX_HTTP_ENCODING: 'The body of the answer does not decode as its Content-Encoding says.',
  ERR_MIX_HTTP_INTEGRITY: 'The body of the answer does not match the integrity metadata of the request.',
  ERR_MIX_WEBSOCKET_REFUSED: 'The server did not accept the opening handshake of the websocket.',
  ERR_MIX_WEBSOCKET_MALFORMED: 'The server sent frames that RFC 6455 does not allow.',
  ERR_MIX_WEBSOCKET_TEXT: 'The server sent text that is not UTF-8.',
  ERR_MIX_WEBSOCKET_TOO_LARGE: 'A message of the server exceeds the limit.',
  ERR_MIX_WEBSOCKET_TRUNCATED: 'The connection ended without the closing of the websocket.',
  ERR_MIX_WEBSOCKET_SILENT: 'The server did not answer a ping in time.',
  ERR_MIX_DNS_NO_NAME: 'The name does not exist, or is one that is never asked for.',
  ERR_MIX_DNS_FAILED: 'Every resolver asked has failed.',
  ERR_MIX_DNS_MALFORMED: 'The answer of the resolver is no DNS message, or the answer to something else.',
  ERR_MIX_TIMEOUT_SETUP: 'The client was not connected to the mixnet in time.',
  ERR_MIX_TIMEOUT_TURN: 'Every connection that the limits allow stayed busy for too long.',
  ERR_MIX_TIMEOUT_CONNECT: 'The connection through the exit was not established in time.',
  ERR_MIX_TIMEOUT_HEADERS: 'The headers of the answer did not arrive in time.',
  ERR_MIX_TIMEOUT_BODY: 'The body of the answer, or of the request, made no progress for too long.',
  ERR_MIX_TIMEOUT_TOTAL: 'The whole request took too long.',
  ERR_MIX_STORAGE_UNREADABLE: 'What is stored of the client is damaged, or of a newer version. It is left as it is.',
  ERR_MIX_STORAGE_PASSPHRASE: 'The passphrase does not open what is stored, or none was given where one is needed.',
  ERR_MIX_STORAGE_LOCKED: 'Another client, of this process or of another, uses the storage.',
  ERR_MIX_STORAGE_FAILED: 'The storage could not be read or written.',
  ERR_MIX_USAGE_OPTION: 'An option or argument has a value it cannot have.',
  ERR_MIX_USAGE_BUSY: 'Too much is waiting already: the limit on queued work is reached.',
} as const;

export type MixnetErrorCode = keyof typeof mixnetErrorCodes;

export interface MixnetErrorOptions {
  /** What happened, without URLs, keys or payloads. Default: the meaning of the code. */
  readonly message?: string;
  readonly cause?: unknown;
}

const mark = Symbol.for('mixfetch.MixnetError');

/** `instanceof MixnetError` holds across copies of this package in one process. */
export class MixnetError extends Error {
  override readonly name = 'MixnetError';
  readonly code: MixnetErrorCode;

  constructor(code: MixnetErrorCode, options: MixnetErrorOptions = {}) {
    super(options.message ?? mixnetErrorCodes[code], 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    Object.defineProperty(this, mark, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && (value as { [mark]?: unknown })[mark] === true;
  }
}

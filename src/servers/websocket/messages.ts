/**
 * What programs ask of the service, and what it tells them: as of `nym-client`
 * (nymtech/nym clients/native/websocket-requests). Both have a binary and a text form.
 */

import type { Recipient, SenderTag } from '../../message/index.ts';

/** By which a program tells its connections apart: each has a lane of its own. Unsigned, 64 bits. */
export type ConnectionId = bigint;

export type ServiceRequest =
  | DataRequest
  | { readonly type: 'selfAddress' }
  /** What waits of that connection is given up. */
  | { readonly type: 'closedConnection'; readonly connectionId: ConnectionId }
  | { readonly type: 'laneQueueLength'; readonly connectionId: ConnectionId };

/** One that is answered only where it names a connection: with the length of its lane. */
export type DataRequest = SendRequest | SendAnonymousRequest | ReplyRequest;

interface DataOfConnection {
  readonly message: Uint8Array;
  readonly connectionId: ConnectionId | undefined;
}

export interface SendRequest extends DataOfConnection {
  readonly type: 'send';
  readonly recipient: Recipient;
}

export interface SendAnonymousRequest extends DataOfConnection {
  readonly type: 'sendAnonymous';
  readonly recipient: Recipient;
  /** Unsigned, 32 bits. */
  readonly replySurbs: number;
}

export interface ReplyRequest extends DataOfConnection {
  readonly type: 'reply';
  readonly senderTag: SenderTag;
}

export type ServiceResponse =
  | { readonly type: 'error'; readonly kind: ErrorKind; readonly detail: string }
  | { readonly type: 'received'; readonly message: Uint8Array; readonly senderTag: SenderTag | undefined }
  | { readonly type: 'selfAddress'; readonly address: Recipient }
  | { readonly type: 'laneQueueLength'; readonly lane: ConnectionId; readonly queueLength: number };

/** The binary form has the code, the text form the words. Codes from 0x80 to 0x83 are about responses: no service says them. */
export const errorKinds = {
  empty: { code: 0x01, words: 'received request contained no data' },
  tooShort: { code: 0x02, words: 'received request did not contain enough data' },
  unknown: { code: 0x03, words: 'unknown request type' },
  malformed: { code: 0x04, words: 'malformed request' },
  other: { code: 0xff, words: 'other' },
} as const;

export type ErrorKind = keyof typeof errorKinds;

/** What a program has sent is no request. The detail is for it to read. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, detail: string) {
    super(detail);
    this.kind = kind;
  }
}

/**
 * Requests and responses as text frames: JSON with a `type`. A request may have other fields, which mean nothing.
 *
 * | request | fields |
 * |---|---|
 * | send | recipient, message [, connectionId] [, encoding] |
 * | sendAnonymous | recipient, message, replySurbs [, connectionId] [, encoding] |
 * | reply | senderTag, message [, connectionId] [, encoding] |
 * | selfAddress | [encoding] |
 * | closedConnection, laneQueueLength | connectionId [, encoding] |
 *
 * | response | fields |
 * |---|---|
 * | error | message: the words of its kind, a colon, the detail |
 * | received | message, senderTag or null [, encoding] |
 * | selfAddress | address |
 * | laneQueueLength | lane, queue_length |
 *
 * `message` is text. With `encoding: "base64"`, which `nym-client` does not have, it is base64 of bytes: in that request, and in
 * what is received until a request comes without. The last two requests are not of `nym-client` either, in this form.
 */

import { decodeBase58, encodeBase58 } from '../../crypto/base58.ts';
import {
  formatRecipient,
  parseRecipient,
  type Recipient,
  SENDER_TAG_BYTES,
  type SenderTag,
} from '../../message/index.ts';
import { type ConnectionId, errorKinds, RequestError, type ServiceRequest, type ServiceResponse } from './messages.ts';

export type TextEncoding = 'text' | 'base64';

export interface TextRequest {
  readonly request: ServiceRequest;
  readonly encoding: TextEncoding;
}

/** @throws RequestError */
export function decodeTextRequest(text: string): TextRequest {
  const fields = parseObject(text);
  const encoding = readEncoding(fields);
  return { request: readRequest(fields, encoding), encoding };
}

export function encodeTextResponse(response: ServiceResponse, encoding: TextEncoding): string {
  const { type } = response;
  switch (type) {
    case 'error':
      return JSON.stringify({ type, message: `${errorKinds[response.kind].words}:${response.detail}` });
    case 'received': {
      const senderTag = response.senderTag === undefined ? null : encodeBase58(response.senderTag);
      const { message } = response;
      if (encoding === 'text') return JSON.stringify({ type, message: lossyUtf8.decode(message), senderTag });
      return JSON.stringify({ type, message: asBuffer(message).toString('base64'), senderTag, encoding });
    }
    case 'selfAddress':
      return JSON.stringify({ type, address: formatRecipient(response.address) });
    case 'laneQueueLength':
      // By hand: a lane may be a number that JavaScript does not have.
      return `{"type":"${type}","lane":${response.lane},"queue_length":${response.queueLength}}`;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function parseObject(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(LONG_CONNECTION_ID, '$1"$2"'));
  } catch {
    throw malformed('it is not JSON');
  }
  if (!isObject(value)) throw malformed('it is no JSON object');
  return value;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

/** `JSON.parse` rounds it. As a quotation mark within a string has a backslash before it, this is the name of a field. */
const LONG_CONNECTION_ID = /("connectionId"\s*:\s*)(\d{16,})/g;

function readRequest(fields: Fields, encoding: TextEncoding): ServiceRequest {
  const { type } = fields;
  switch (type) {
    case 'send':
      return { type, recipient: readRecipient(fields), ...readData(fields, encoding) };
    case 'sendAnonymous':
      return {
        type,
        recipient: readRecipient(fields),
        replySurbs: readReplySurbs(fields),
        ...readData(fields, encoding),
      };
    case 'reply':
      return { type, senderTag: readSenderTag(fields), ...readData(fields, encoding) };
    case 'selfAddress':
      return { type };
    case 'closedConnection':
    case 'laneQueueLength': {
      const connectionId = readConnection(fields);
      if (connectionId === undefined) throw malformed('it needs the field "connectionId"');
      return { type, connectionId };
    }
    default:
      throw malformed('no request has that type');
  }
}

function readEncoding({ encoding }: Fields): TextEncoding {
  if (encoding === undefined || encoding === null || encoding === 'text') return 'text';
  if (encoding === 'base64') return encoding;
  throw malformed('the field "encoding" is "text" or "base64"');
}

function readRecipient({ recipient }: Fields): Recipient {
  try {
    if (typeof recipient === 'string') return parseRecipient(recipient);
  } catch {
    // told below
  }
  throw malformed('the field "recipient" is an address');
}

function readSenderTag({ senderTag }: Fields): SenderTag {
  const tag = typeof senderTag === 'string' ? decodeBase58(senderTag, SENDER_TAG_BYTES) : undefined;
  if (tag !== undefined) return tag as SenderTag;
  throw malformed('the field "senderTag" is the tag of a message');
}

function readReplySurbs({ replySurbs }: Fields): number {
  if (typeof replySurbs === 'number' && Number.isInteger(replySurbs) && replySurbs >= 0 && replySurbs < 2 ** 32) {
    return replySurbs;
  }
  throw malformed('the field "replySurbs" is a whole number');
}

function readData(
  fields: Fields,
  encoding: TextEncoding,
): { readonly message: Uint8Array; readonly connectionId: ConnectionId | undefined } {
  return { message: readMessage(fields, encoding), connectionId: readConnection(fields) };
}

function readMessage({ message }: Fields, encoding: TextEncoding): Uint8Array {
  if (typeof message !== 'string') throw malformed('the field "message" is a text');
  const bytes = Buffer.from(message, encoding === 'text' ? 'utf8' : 'base64');
  // What has no such form does not come back the same.
  if (bytes.toString(encoding === 'text' ? 'utf8' : 'base64') !== message) {
    throw malformed(`the field "message" is no ${encoding === 'text' ? 'Unicode text' : 'base64'}`);
  }
  return bytes;
}

function readConnection({ connectionId }: Fields): ConnectionId | undefined {
  if (connectionId === undefined || connectionId === null) return undefined;
  const id = wholeNumber(connectionId);
  if (id === undefined || id < 0n || id >= 2n ** 64n) {
    throw malformed('the field "connectionId" is a whole number of 64 bits');
  }
  return id;
}

function wholeNumber(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt(value) : undefined;
}

function malformed(detail: string): RequestError {
  return new RequestError('malformed', detail);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** What is no UTF-8 becomes U+FFFD, as with nym-client. */
const lossyUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Requests and responses as binary frames. Numbers are big-endian; connection 0 is none; `length` is that of the rest.
 *
 * | request | layout |
 * |---|---|
 * | send | 0x00 ‖ recipient 96 ‖ connection 8 ‖ length 8 ‖ message |
 * | sendAnonymous | 0x01 ‖ reply blocks 4 ‖ recipient 96 ‖ connection 8 ‖ length 8 ‖ message |
 * | reply | 0x02 ‖ sender tag 16 ‖ connection 8 ‖ length 8 ‖ message |
 * | selfAddress | 0x03, whatever follows |
 * | closedConnection | 0x04 ‖ connection 8 |
 * | laneQueueLength | 0x05 ‖ connection 8 |
 *
 * | response | layout |
 * |---|---|
 * | error | 0x00 ‖ code 1 ‖ length 8 ‖ detail, UTF-8 |
 * | received | 0x01 ‖ 0 ‖ length 8 ‖ message, or 0x01 ‖ 1 ‖ sender tag 16 ‖ length 8 ‖ message |
 * | selfAddress | 0x02 ‖ address 96 |
 * | laneQueueLength | 0x03 ‖ connection 8 ‖ packets 8 |
 */

import { ByteReader, concatBytes } from '../../crypto/bytes.ts';
import {
  decodeRecipient,
  encodeRecipient,
  RECIPIENT_BYTES,
  type Recipient,
  SENDER_TAG_BYTES,
  type SenderTag,
} from '../../message/index.ts';
import { type ConnectionId, errorKinds, RequestError, type ServiceRequest, type ServiceResponse } from './messages.ts';

const REQUESTS = { send: 0, sendAnonymous: 1, reply: 2, selfAddress: 3, closedConnection: 4, laneQueueLength: 5 };
const RESPONSES = { error: 0, received: 1, selfAddress: 2, laneQueueLength: 3 };

/** The message is a view of `bytes`. @throws RequestError */
export function decodeBinaryRequest(bytes: Uint8Array): ServiceRequest {
  if (bytes.length === 0) throw new RequestError('empty', 'there is nothing in it');
  const reader = new ByteReader(bytes, tooShort);
  const tag = reader.u8();
  switch (tag) {
    case REQUESTS.send:
      demand(reader, RECIPIENT_BYTES + DATA_HEAD_BYTES);
      return { type: 'send', recipient: readRecipient(reader), ...readData(reader) };
    case REQUESTS.sendAnonymous:
      demand(reader, 4 + RECIPIENT_BYTES + DATA_HEAD_BYTES);
      return {
        type: 'sendAnonymous',
        replySurbs: reader.u32(),
        recipient: readRecipient(reader),
        ...readData(reader),
      };
    case REQUESTS.reply:
      demand(reader, SENDER_TAG_BYTES + DATA_HEAD_BYTES);
      return {
        type: 'reply',
        senderTag: reader.bytes(SENDER_TAG_BYTES).slice() as SenderTag,
        ...readData(reader),
      };
    case REQUESTS.selfAddress:
      return { type: 'selfAddress' };
    case REQUESTS.closedConnection:
      return { type: 'closedConnection', connectionId: readConnection(reader) };
    case REQUESTS.laneQueueLength:
      return { type: 'laneQueueLength', connectionId: readConnection(reader) };
    default:
      throw new RequestError('unknown', `no request has the tag ${tag}`);
  }
}

export function encodeBinaryResponse(response: ServiceResponse): Uint8Array {
  switch (response.type) {
    case 'error': {
      const detail = new TextEncoder().encode(response.detail);
      const code = errorKinds[response.kind].code;
      return concatBytes(Uint8Array.of(RESPONSES.error, code), u64(BigInt(detail.length)), detail);
    }
    case 'received': {
      const { message, senderTag } = response;
      const has = senderTag === undefined ? 0 : 1;
      const tag = senderTag ?? new Uint8Array(0);
      return concatBytes(Uint8Array.of(RESPONSES.received, has), tag, u64(BigInt(message.length)), message);
    }
    case 'selfAddress':
      return concatBytes(Uint8Array.of(RESPONSES.selfAddress), encodeRecipient(response.address));
    case 'laneQueueLength': {
      const { lane, queueLength } = response;
      return concatBytes(Uint8Array.of(RESPONSES.laneQueueLength), u64(lane), u64(BigInt(queueLength)));
    }
  }
}

/** Connection and length. */
const DATA_HEAD_BYTES = 8 + 8;

/** So that what is too short is told as that, whatever the part of it says that is there. */
function demand(reader: ByteReader, length: number): void {
  if (reader.remaining < length) throw tooShort();
}

function tooShort(): RequestError {
  return new RequestError('tooShort', 'it ends before its content');
}

function readRecipient(reader: ByteReader): Recipient {
  try {
    return decodeRecipient(reader.bytes(RECIPIENT_BYTES));
  } catch {
    throw new RequestError('malformed', 'the recipient is no address');
  }
}

function readData(reader: ByteReader): { message: Uint8Array; connectionId: ConnectionId | undefined } {
  const connectionId = reader.u64();
  const length = reader.u64();
  if (length !== BigInt(reader.remaining)) {
    throw new RequestError('malformed', `it says ${length} bytes of data and has ${reader.remaining}`);
  }
  return { connectionId: connectionId === 0n ? undefined : connectionId, message: reader.rest() };
}

function readConnection(reader: ByteReader): ConnectionId {
  if (reader.remaining !== 8) throw new RequestError('malformed', 'it has 8 bytes behind its tag');
  return reader.u64();
}

function u64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}

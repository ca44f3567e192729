/**
 * The messages between a client and a network requester (nymtech/nym `service-providers/common/src/interface/` and
 * `common/socks5/requests/src/`). A Nym message is the frame: nothing in here has a length of the whole.
 *
 * | bytes | field | |
 * |---|---|---|
 * | 1 | interface version | 3; below 3 this byte and the next are absent and the message is legacy |
 * | 1 | tag | 0 control, 1 provider data |
 * | 1 | protocol version | provider data only: 3; below 3 is legacy |
 * | 1 | flag | request: 0 connect, 1 send, 2 query; response: 1 data, 2 error, 3 query |
 * | … | body | |
 *
 * A legacy request has any byte below 3 in the place of the protocol version; a legacy response has no byte there.
 */

import { ByteReader, concatBytes } from '../crypto/bytes.ts';
import { MixnetError } from '../errors.ts';
import { decodeRecipient, encodeRecipient, type Recipient } from '../message/index.ts';
import {
  type ControlRequest,
  type ControlResponse,
  decodeControlRequest,
  decodeControlResponse,
  encodeControlRequest,
  encodeControlResponse,
  type RequesterVersionNumber,
} from './requester-control.ts';
import {
  decodeAnswer,
  decodeQuery,
  encodeAnswer,
  encodeQuery,
  type RequesterAnswer,
  type RequesterQuery,
} from './requester-query.ts';

/** An unsigned 64-bit number, random: whoever knows it can write into the connection. */
export type ConnectionId = bigint;

/** What a message was framed with; an exit answers in the version it was asked in. */
export interface RequesterVersion {
  readonly interface: RequesterVersionNumber;
  readonly protocol: RequesterVersionNumber;
}

export const CURRENT_VERSION: RequesterVersion = { interface: 3, protocol: 3 };

/** One piece of one direction of a connection. */
export interface SocketData {
  readonly connection: ConnectionId;
  readonly closed: boolean;
  /** Counted from 0, per direction. */
  readonly sequence: bigint;
  readonly data: Uint8Array;
}

export type RequesterRequest =
  | {
      readonly kind: 'connect';
      readonly connection: ConnectionId;
      /** `host:port`, an IPv6 host in brackets. */
      readonly address: string;
      /** Where to answer without reply SURBs. It names the client. */
      readonly returnAddress?: Recipient;
    }
  | ({ readonly kind: 'send' } & SocketData)
  | { readonly kind: 'query'; readonly query: RequesterQuery }
  | { readonly kind: 'control'; readonly request: ControlRequest };

export type RequesterResponse =
  | ({ readonly kind: 'data' } & SocketData)
  | { readonly kind: 'error'; readonly connection: ConnectionId; readonly text: string }
  | { readonly kind: 'query'; readonly answer: RequesterAnswer }
  | { readonly kind: 'control'; readonly response: ControlResponse };

/** Throws `TypeError` for a version that the message cannot be written in. */
export function encodeRequest(request: RequesterRequest, version = CURRENT_VERSION): Uint8Array<ArrayBuffer> {
  if (request.kind === 'control') return control(version, encodeControlRequest(request.request));
  const type = version.protocol === 'legacy' ? LEGACY_REQUEST : version.protocol;
  return providerData(version, Uint8Array.of(type), requestBody(request));
}

/** Throws `ERR_MIX_EXIT_MALFORMED`, for a protocol newer than 3 too. */
export function decodeRequest(bytes: Uint8Array): { version: RequesterVersion; request: RequesterRequest } {
  const { interfaceVersion, tag, reader } = openEnvelope(bytes);
  if (tag === CONTROL) {
    const version = { interface: interfaceVersion, protocol: CURRENT_VERSION.protocol };
    return { version, request: { kind: 'control', request: decodeControlRequest(reader.rest()) } };
  }
  const protocol = versionNumber(reader.u8());
  if (protocol !== 'legacy' && protocol > NUMBERED_VERSION) throw malformed('is of a newer protocol');
  return { version: { interface: interfaceVersion, protocol }, request: readRequest(reader) };
}

/** Throws `TypeError` for a version that the message cannot be written in. */
export function encodeResponse(response: RequesterResponse, version = CURRENT_VERSION): Uint8Array<ArrayBuffer> {
  if (response.kind === 'control') return control(version, encodeControlResponse(response.response));
  if (version.protocol === 'legacy' && response.kind === 'query')
    throw new TypeError('legacy responses have no queries');
  const type = version.protocol === 'legacy' ? new Uint8Array(0) : Uint8Array.of(version.protocol);
  return providerData(version, type, responseBody(response));
}

/** Throws `ERR_MIX_EXIT_MALFORMED`. A protocol newer than 3 is read as 3. */
export function decodeResponse(bytes: Uint8Array): { version: RequesterVersion; response: RequesterResponse } {
  const { interfaceVersion, tag, reader } = openEnvelope(bytes);
  if (tag === CONTROL) {
    const version = { interface: interfaceVersion, protocol: CURRENT_VERSION.protocol };
    return { version, response: { kind: 'control', response: decodeControlResponse(reader.rest()) } };
  }
  const first = reader.u8();
  const protocol = versionNumber(first);
  const flag = protocol === 'legacy' ? first : reader.u8();
  return { version: { interface: interfaceVersion, protocol }, response: readResponse(flag, reader) };
}

const CONTROL = 0;
const PROVIDER_DATA = 1;
/** The first version with a number, and the newest one released. */
const NUMBERED_VERSION = 3;
const LEGACY_REQUEST = 0;
const RECIPIENT_BYTES = 96;

function openEnvelope(bytes: Uint8Array) {
  const reader = new ByteReader(bytes, () => malformed('ends early'));
  const interfaceVersion = versionNumber(bytes[0] ?? NUMBERED_VERSION);
  if (interfaceVersion === 'legacy') return { interfaceVersion, tag: PROVIDER_DATA, reader };
  reader.u8();
  const tag = reader.u8();
  if (tag !== CONTROL && tag !== PROVIDER_DATA) throw malformed('has an unknown tag');
  return { interfaceVersion, tag, reader };
}

function versionNumber(byte: number): RequesterVersionNumber {
  return byte < NUMBERED_VERSION ? 'legacy' : byte;
}

function control(version: RequesterVersion, content: Uint8Array): Uint8Array<ArrayBuffer> {
  if (version.interface === 'legacy') throw new TypeError('there are no legacy control messages');
  return concatBytes(Uint8Array.of(version.interface, CONTROL), content);
}

function providerData(version: RequesterVersion, ...content: Uint8Array[]): Uint8Array<ArrayBuffer> {
  if (version.interface !== 'legacy') return concatBytes(Uint8Array.of(version.interface, PROVIDER_DATA), ...content);
  if (version.protocol !== 'legacy') throw new TypeError('a legacy interface carries only the legacy protocol');
  return concatBytes(...content);
}

function requestBody(request: Exclude<RequesterRequest, { kind: 'control' }>): Uint8Array {
  switch (request.kind) {
    case 'connect': {
      const address = new TextEncoder().encode(request.address);
      if (address.length > 0xffff) throw new TypeError('a destination address longer than 65535 bytes');
      const head = new Uint8Array(11);
      const view = new DataView(head.buffer);
      view.setBigUint64(1, request.connection);
      view.setUint16(9, address.length);
      const returnAddress = request.returnAddress ? [encodeRecipient(request.returnAddress)] : [];
      return concatBytes(head, address, ...returnAddress);
    }
    case 'send': {
      const head = new Uint8Array(18);
      const view = new DataView(head.buffer);
      view.setUint8(0, 1);
      view.setBigUint64(1, request.connection);
      view.setUint8(9, request.closed ? 1 : 0);
      view.setBigUint64(10, request.sequence);
      return concatBytes(head, request.data);
    }
    case 'query':
      return concatBytes(Uint8Array.of(2), encodeQuery(request.query));
  }
}

function readRequest(reader: ByteReader): RequesterRequest {
  const flag = reader.u8();
  switch (flag) {
    case 0:
      return readConnect(reader);
    case 1: {
      const connection = reader.u64();
      const closed = reader.u8() !== 0;
      return { kind: 'send', connection, closed, sequence: reader.u64(), data: reader.rest() };
    }
    case 2:
      return { kind: 'query', query: decodeQuery(reader.rest()) };
    default:
      throw malformed('has an unknown flag');
  }
}

function readConnect(reader: ByteReader): RequesterRequest {
  const connection = reader.u64();
  const address = new TextDecoder('utf-8', { ignoreBOM: true }).decode(reader.bytes(reader.u16()));
  if (reader.remaining === 0) return { kind: 'connect', connection, address };
  if (reader.remaining !== RECIPIENT_BYTES) throw malformed('has a return address of a wrong length');
  try {
    return { kind: 'connect', connection, address, returnAddress: decodeRecipient(reader.rest()) };
  } catch (cause) {
    throw malformed('has a return address that is none', cause);
  }
}

/** Unlike in a request, `closed` stands before the connection id. */
function responseBody(response: Exclude<RequesterResponse, { kind: 'control' }>): Uint8Array {
  switch (response.kind) {
    case 'data': {
      const head = new Uint8Array(18);
      const view = new DataView(head.buffer);
      view.setUint8(0, 1);
      view.setUint8(1, response.closed ? 1 : 0);
      view.setBigUint64(2, response.connection);
      view.setBigUint64(10, response.sequence);
      return concatBytes(head, response.data);
    }
    case 'error': {
      const head = new Uint8Array(9);
      const view = new DataView(head.buffer);
      view.setUint8(0, 2);
      view.setBigUint64(1, response.connection);
      return concatBytes(head, new TextEncoder().encode(response.text));
    }
    case 'query':
      return concatBytes(Uint8Array.of(3), encodeAnswer(response.answer));
  }
}

function readResponse(flag: number, reader: ByteReader): RequesterResponse {
  switch (flag) {
    case 1: {
      const closed = reader.u8() !== 0;
      return { kind: 'data', closed, connection: reader.u64(), sequence: reader.u64(), data: reader.rest() };
    }
    case 2:
      return { kind: 'error', connection: reader.u64(), text: readText(reader.rest()) };
    case 3:
      return { kind: 'query', answer: decodeAnswer(reader.rest()) };
    default:
      throw malformed('has an unknown flag');
  }
}

function readText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw malformed('has a text that is not UTF-8', cause);
  }
}

function malformed(how: string, cause?: unknown): MixnetError {
  return new MixnetError('ERR_MIX_EXIT_MALFORMED', { message: `A network requester message ${how}.`, cause });
}

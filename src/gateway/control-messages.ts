/**
 * The JSON text frames between client and gateway (`nymtech/nym common/gateway-requests/src/types`). There are no request
 * ids: an answer is known by its type.
 *
 * Byte fields are lists of integers, but for two in `authenticateV2`, which are base64; and that message alone writes
 * its names in camelCase.
 *
 * @module
 */

import { encodeBase64 } from '../crypto/base64.ts';
import { integer, isRecord, JsonMessage, malformed } from './json.ts';

/** What a client says. */
export type ClientMessage =
  | { readonly type: 'supportedProtocol' }
  | { readonly type: 'handshakePayload'; readonly version: number; readonly data: Uint8Array }
  | { readonly type: 'handshakeError'; readonly message: string }
  | ({ readonly type: 'authenticateV2' } & AuthenticateRequest)
  | { readonly type: 'claimFreeTestnetBandwidth' }
  | { readonly type: 'ecashCredential'; readonly ciphertext: Uint8Array; readonly nonce: Uint8Array }
  | { readonly type: 'upgradeModeJWT'; readonly token: string }
  | { readonly type: 'encryptedRequest'; readonly ciphertext: Uint8Array; readonly nonce: Uint8Array }
  /** Messages of clients before version 4, which a gateway knows in order to refuse them. */
  | { readonly type: 'authenticate' | 'bandwidthCredential' | 'bandwidthCredentialV2' };

export interface AuthenticateRequest {
  readonly version: number;
  readonly identity: Uint8Array;
  /** The client's own identity key, sealed with the shared key: 48 bytes. */
  readonly addressCiphertext: Uint8Array;
  readonly nonce: Uint8Array;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly signature: Uint8Array;
}

/** What a gateway says. */
export type GatewayMessage =
  | { readonly type: 'supportedProtocol'; readonly version: number }
  | { readonly type: 'handshakePayload'; readonly version: number; readonly data: Uint8Array }
  | { readonly type: 'handshakeError'; readonly message: string }
  | {
      readonly type: 'register';
      readonly version: number | undefined;
      readonly status: boolean;
      readonly upgradeMode: boolean;
    }
  | {
      readonly type: 'authenticate';
      readonly version: number | undefined;
      readonly status: boolean;
      /** Bytes that may still be forwarded. */
      readonly bandwidth: number;
      readonly upgradeMode: boolean;
    }
  | { readonly type: 'bandwidth' | 'send'; readonly bandwidth: number; readonly upgradeMode: boolean }
  | { readonly type: 'encryptedResponse'; readonly ciphertext: Uint8Array; readonly nonce: Uint8Array }
  | { readonly type: 'error'; readonly message: string }
  | { readonly type: 'typedError'; readonly error: TypedError };

export type TypedError =
  | { readonly kind: 'out-of-bandwidth'; readonly required: number; readonly available: number }
  | { readonly kind: 'ticket-replay' };

export function encodeClientMessage(message: ClientMessage): string {
  switch (message.type) {
    case 'handshakePayload':
      return json({ type: message.type, protocol_version: message.version, data: [...message.data] });
    case 'handshakeError':
      return json({ type: message.type, message: message.message });
    case 'authenticateV2':
      return json({
        type: message.type,
        protocolVersion: message.version,
        clientIdentity: [...message.identity],
        addressCiphertext: encodeBase64(message.addressCiphertext),
        nonce: encodeBase64(message.nonce),
        requestUnixTimestamp: message.timestamp,
        requestSignature: [...message.signature],
      });
    case 'ecashCredential':
      return json({ type: message.type, enc_credential: [...message.ciphertext], iv: [...message.nonce] });
    case 'upgradeModeJWT':
      return json({ type: message.type, token: message.token });
    case 'encryptedRequest':
      return json({ type: message.type, ciphertext: [...message.ciphertext], nonce: [...message.nonce] });
    default:
      return json({ type: message.type });
  }
}

/** Throws ERR_MIX_GATEWAY_MISBEHAVED for what is no message, or one of an unknown type. */
export function parseClientMessage(text: string): ClientMessage {
  const message = JsonMessage.parse(text);
  switch (message.type) {
    case 'supportedProtocol':
    case 'claimFreeTestnetBandwidth':
    case 'authenticate':
    case 'bandwidthCredential':
    case 'bandwidthCredentialV2':
      return { type: message.type };
    case 'handshakePayload':
    case 'registerHandshakeInitRequest':
      return {
        type: 'handshakePayload',
        version: message.has('protocol_version') ? message.u8('protocol_version') : 0,
        data: message.bytes('data'),
      };
    case 'handshakeError':
      return { type: message.type, message: message.string('message') };
    case 'authenticateV2':
      return {
        type: message.type,
        version: message.u8('protocolVersion'),
        identity: ofLength(32, message.bytes('clientIdentity')),
        addressCiphertext: message.base64('addressCiphertext'),
        nonce: ofLength(12, message.base64('nonce')),
        timestamp: message.u64('requestUnixTimestamp'),
        signature: ofLength(64, message.bytes('requestSignature')),
      };
    case 'ecashCredential':
      return {
        type: message.type,
        ciphertext: message.bytes('enc_credential'),
        nonce: ofLength(12, message.bytes(message.has('iv') ? 'iv' : 'nonce')),
      };
    case 'upgradeModeJWT':
      return { type: message.type, token: message.string('token') };
    case 'encryptedRequest':
      return {
        type: message.type,
        ciphertext: message.bytes('ciphertext'),
        nonce: ofLength(12, message.bytes('nonce')),
      };
    default:
      throw malformed('unknown type');
  }
}

export function encodeGatewayMessage(message: GatewayMessage): string {
  switch (message.type) {
    case 'supportedProtocol':
      return json({ type: message.type, version: message.version });
    case 'handshakePayload':
      return json({ type: message.type, protocol_version: message.version, data: [...message.data] });
    case 'handshakeError':
    case 'error':
      return json({ type: message.type, message: message.message });
    case 'register':
      return json({
        type: message.type,
        protocol_version: message.version,
        status: message.status,
        upgrade_mode: message.upgradeMode,
      });
    case 'authenticate':
      return json({
        type: message.type,
        protocol_version: message.version,
        status: message.status,
        bandwidth_remaining: message.bandwidth,
        upgrade_mode: message.upgradeMode,
      });
    case 'bandwidth':
      return json({ type: message.type, available_total: message.bandwidth, upgrade_mode: message.upgradeMode });
    case 'send':
      return json({ type: message.type, remaining_bandwidth: message.bandwidth, upgrade_mode: message.upgradeMode });
    case 'encryptedResponse':
      return json({ type: message.type, ciphertext: [...message.ciphertext], nonce: [...message.nonce] });
    case 'typedError':
      return json({ type: message.type, error: encodeTypedError(message.error) });
  }
}

/** Throws ERR_MIX_GATEWAY_MISBEHAVED for what is no message, or one of an unknown type. */
export function parseGatewayMessage(text: string): GatewayMessage {
  const message = JsonMessage.parse(text);
  const version = () => (message.has('protocol_version') ? message.u8('protocol_version') : undefined);
  const upgradeMode = () => message.boolean('upgrade_mode', false);
  switch (message.type) {
    case 'supportedProtocol':
      return { type: message.type, version: message.u8('version') };
    case 'handshakePayload':
      return { type: message.type, version: message.u8('protocol_version'), data: message.bytes('data') };
    case 'handshakeError':
    case 'error':
      return { type: message.type, message: message.string('message') };
    case 'register':
      return { type: message.type, version: version(), status: message.boolean('status'), upgradeMode: upgradeMode() };
    case 'authenticate':
      return {
        type: message.type,
        version: version(),
        status: message.boolean('status'),
        bandwidth: message.i64('bandwidth_remaining'),
        upgradeMode: upgradeMode(),
      };
    case 'bandwidth':
      return { type: message.type, bandwidth: message.i64('available_total'), upgradeMode: upgradeMode() };
    case 'send':
      return { type: message.type, bandwidth: message.i64('remaining_bandwidth'), upgradeMode: upgradeMode() };
    case 'encryptedResponse':
      return {
        type: message.type,
        ciphertext: message.bytes('ciphertext'),
        nonce: ofLength(12, message.bytes('nonce')),
      };
    case 'typedError':
      return { type: message.type, error: parseTypedError(message.raw('error')) };
    default:
      throw malformed('unknown type');
  }
}

function encodeTypedError(error: TypedError): unknown {
  if (error.kind === 'ticket-replay') return 'ticket_replay';
  return { out_of_bandwidth: { required: error.required, available: error.available } };
}

function parseTypedError(error: unknown): TypedError {
  if (error === 'ticket_replay') return { kind: 'ticket-replay' };
  const shortage = isRecord(error) ? error['out_of_bandwidth'] : undefined;
  if (!isRecord(shortage)) throw malformed('error');
  const amount = (name: string) => integer(shortage[name], name, -(2 ** 63), 2 ** 63);
  return { kind: 'out-of-bandwidth', required: amount('required'), available: amount('available') };
}

function ofLength(length: number, bytes: Uint8Array): Uint8Array {
  if (bytes.length !== length) throw malformed(`${bytes.length} bytes where ${length} belong`);
  return bytes;
}

function json(value: unknown): string {
  return JSON.stringify(value);
}

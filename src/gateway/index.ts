/** The protocol between a client and its gateway, both sides of it, and the link that keeps a client connected. */

export { type AuthenticationRecord, authenticateRequest, refusalOf, signedPlaintext } from './authenticate.ts';
export { FREE_BANDWIDTH } from './bandwidth.ts';
export { ClientSession, type ClientSessionOptions, type ClientStep, type Failure } from './client-session.ts';
export {
  type AuthenticateRequest,
  type ClientMessage,
  encodeClientMessage,
  encodeGatewayMessage,
  type GatewayMessage,
  parseClientMessage,
  parseGatewayMessage,
  type TypedError,
} from './control-messages.ts';
export {
  type EncryptedRequest,
  type EncryptedResponse,
  openRequest,
  openResponse,
  type SealedText,
  sealRequest,
  sealResponse,
} from './encrypted-requests.ts';
export * as gatewayTexts from './error-texts.ts';
export { FORWARD_KINDS, type Frame, openFrame, PUSH_KIND, sealFrame } from './frames.ts';
export { GatewayClients, type GatewayClientsOptions } from './gateway-clients.ts';
export { GatewaySession, type GatewaySessionOptions, type SessionOutput } from './gateway-session.ts';
export {
  answerHandshake,
  beginHandshake,
  type ClientHandshake,
  expectSuccess,
  type GatewayHandshake,
  HANDSHAKE_SUCCESS,
} from './handshake.ts';
export type { Identity } from './identity.ts';
export {
  type Admission,
  GatewayLink,
  type GatewayLinkOptions,
  type LinkState,
  type OutgoingPacket,
  type Registration,
} from './link.ts';
export { CURRENT_VERSION, mixPacketVersion, OLDEST_VERSION, versionAfter, versionFor } from './version.ts';

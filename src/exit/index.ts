/** Streams through an exit, and what an exit speaks. */

// What composes a client with its exits, and stands between them, needs no more of these rooms.
export { formatRecipient, parseRecipient, type Recipient } from '../message/index.ts';
export type { MixnetStream, StreamCore } from '../stream/index.ts';
export { DEFAULT_DIRECTORY_URLS, Directory } from '../topology/index.ts';

export type { ExitCandidate } from './exit-choice.ts';
export type { ExitDirectory } from './exit-list.ts';
export { type ExitStats, Exits, type ExitsOptions, type OpenStreamOptions } from './exits.ts';
export { isGlobalAddress } from './global-address.ts';
export { readExitName } from './named-exits.ts';
export {
  type AddressPattern,
  type ExitPolicy,
  formatExitPolicy,
  type PolicyAction,
  type PolicyRule,
  type PortRange,
  parseExitPolicy,
  policyAllows,
} from './policy.ts';
export type { ControlRequest, ControlResponse, RequesterVersionNumber } from './requester-control.ts';
export {
  type ConnectionId,
  CURRENT_VERSION,
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  type RequesterRequest,
  type RequesterResponse,
  type RequesterVersion,
  type SocketData,
} from './requester-message.ts';
export type { RequesterAnswer, RequesterQuery } from './requester-query.ts';

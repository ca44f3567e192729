/** Streams through an exit, and what an exit speaks. */

export { isGlobalAddress } from './global-address.ts';
export { MAX_MESSAGES_AHEAD, OrderedBuffer, type OrderedWrite } from './ordered-buffer.ts';
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

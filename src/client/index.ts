/** The client of the mixnet: one identity, one gateway, traffic streams, and messages both ways. */

export { ClientCore, type ClientCoreOptions, type ClientState, type SendOptions } from './core.ts';
export type { ReceivedMessage } from './inbox.ts';
export {
  ADDITIONAL_SURBS_LANE,
  GENERAL_LANE,
  type Lane,
  RETRANSMISSION_LANE,
  SURB_REQUEST_LANE,
} from './lanes.ts';
export type { Pseudonym } from './pseudonym.ts';
export type { ClientStats } from './stats.ts';
export { completeTraffic, defaultTraffic, type Traffic } from './traffic.ts';

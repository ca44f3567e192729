/**
 * `mixfetch/devnet`: a mixnet inside of a test. Node only.
 *
 * @module
 */

export {
  type CertificateAuthority,
  type CertificateSubject,
  createAuthority,
  type IssuedCertificate,
} from './certificates.ts';
export {
  type Devnet,
  type DevnetDirectory,
  type DevnetGateway,
  type DevnetMixNode,
  type DevnetRequester,
  type DevnetStats,
  startDevnet,
} from './devnet.ts';
export type { DirectoryLie } from './directory-lies.ts';
export type { FaultOptions, FaultSettings } from './faults.ts';
export type { ObservedFrame } from './gateway-server.ts';
export type { DevnetHost, ListeningHost, ServedHost } from './host-map.ts';
export type { ObservedPacket } from './mix-node.ts';
export type { ByKind, NodeStats, PacketStats } from './node-stats.ts';
export type { DevnetOptions } from './options.ts';
export type { ExitBehaviour } from './requester-options.ts';
export { seededRandom } from './seeded-random.ts';
export type { PartState, Switchable } from './switch.ts';
export { VirtualPlatform, type VirtualPlatformOptions } from './virtual-clock.ts';

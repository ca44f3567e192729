/** The directory's answers, the topology made of them, and what is chosen from it. */

export { DEFAULT_DIRECTORY_URLS, Directory, type DirectoryOptions } from './directory.ts';
export type { ExitDescription } from './exits.ts';
export {
  type ChosenGateway,
  chooseGateway,
  type GatewayChoice,
  gatewayUrl,
  parseIdentity,
  urlOfGateway,
} from './gateway-choice.ts';
export {
  type ExpectedRotation,
  expectedEpoch,
  expectedRotation,
  type KeyRotation,
  keyLifetime,
  nextRotationEpoch,
  parseKeyRotation,
  rotationIdOf,
  startOf,
} from './key-rotation.ts';
export { MIN_PERFORMANCE, parsePerformance } from './performance.ts';
export type { EntryPoint } from './skimmed-nodes.ts';
export { formatLooseTimestamp, parseLooseTimestamp, parseTimestamp } from './timestamps.ts';
export { type GatewayNode, type Layers, type MixNode, Topology, type TopologyContents } from './topology.ts';

import { type ExitPolicy, parseExitPolicy } from '../exit/index.ts';
import { checkOptionNames } from '../option-names.ts';
import { createNodePlatform } from '../platform/node.ts';
import type { Milliseconds, Platform, RandomBytes } from '../platform/platform.ts';
import type { FrameVersion } from '../sphinx/index.ts';
import type { FaultOptions } from './faults.ts';
import type { DevnetHost } from './host-map.ts';

export interface DevnetOptions {
  /** Mix nodes in each of the three layers, 1 to 100. Default 2. */
  readonly nodesPerLayer?: number;
  /** 1 to 100. Default 2. */
  readonly gateways?: number;
  /** How many of the gateways, the last ones, have a network requester. Default 1. */
  readonly exits?: number;
  /** Multiplies the delays that packets ask nodes for; 0 mixes nothing. Default 1. */
  readonly delayScale?: number;
  /** Length of an epoch, ms. Default one hour. */
  readonly epochMs?: Milliseconds;
  /** Epochs for which a Sphinx key is used. Default 24. */
  readonly rotationEpochs?: number;
  /** Number of the epoch at the start; divided by `rotationEpochs` it is the number of the key rotation. Default 2980. */
  readonly firstEpoch?: number;
  /** HTTPS for the directory and `wss:` for gateways, by the authority in `Devnet.ca`. Default false. */
  readonly tls?: boolean;
  /**
   * What exits resolve: a name, or `name:port` for one port only, to the port of 127.0.0.1 where it is. Other names do not
   * resolve, but for `localhost`. Default: none.
   */
  readonly hosts?: Readonly<Record<string, DevnetHost>>;
  /** Lets exits connect to addresses that are not global, so also to 127.0.0.1 itself. Real exits do not. Default false. */
  readonly allowLocal?: boolean;
  /** Lets exits resolve and dial the real Internet. Default false: nothing leaves this machine. */
  readonly allowRemote?: boolean;
  /** Lines of `ExitPolicy accept|reject address:ports`, as in Tor; what no line matches is refused. Default: accepts all. */
  readonly policy?: string;
  /** Gateways grant no free bandwidth, as those that want to be paid. Default false. */
  readonly requireTickets?: boolean;
  /**
   * `sockets`: HTTP, websockets and TCP frames on loopback. `in-process`: nothing of it, and only clients on
   * `Devnet.clientPlatform()` get in. Default `sockets`.
   */
  readonly transport?: 'sockets' | 'in-process';
  /** Of frames between nodes over sockets. Real nodes send 7 and read both; version 8 says which key rotation a packet is of. Default 7. */
  readonly frameVersion?: FrameVersion;
  /** Clock and timers. Default: those of Node. */
  readonly platform?: Platform;
  /** For keys, and for the dice of the faults; see `seededRandom`. Default: that of the platform. */
  readonly random?: RandomBytes;
  readonly faults?: FaultOptions;
  /** Ends the start, and leaves nothing behind. */
  readonly signal?: AbortSignal;
}

export type CompleteOptions = Required<Omit<DevnetOptions, 'policy' | 'signal' | 'platform'>> & {
  readonly policy: ExitPolicy;
  readonly platform: Platform;
  /** Whether the platform was given. */
  readonly ownClock: boolean;
};

/** The defaults filled in. Throws a `TypeError` or `RangeError` that names the option. */
export function completeOptions(options: DevnetOptions): CompleteOptions {
  checkOptionNames(options, optionNames);
  const platform = options.platform ?? createNodePlatform();
  const gateways = count('gateways', options.gateways ?? 2, 1, 100);
  const { transport = 'sockets', frameVersion = 7, epochMs = 3_600_000, delayScale = 1 } = options;
  if (transport !== 'sockets' && transport !== 'in-process') throw new TypeError('there is no such transport');
  if (frameVersion !== 7 && frameVersion !== 8) throw new RangeError('frameVersion is 7 or 8');
  if (!(epochMs >= 1_000 && Number.isSafeInteger(epochMs))) throw new RangeError('epochMs is a second or more');
  if (!(delayScale >= 0 && delayScale <= 1_000)) throw new RangeError('delayScale is 0 to 1000');
  return {
    nodesPerLayer: count('nodesPerLayer', options.nodesPerLayer ?? 2, 1, 100),
    gateways,
    exits: count('exits', options.exits ?? 1, 0, gateways),
    rotationEpochs: count('rotationEpochs', options.rotationEpochs ?? 24, 1, 100_000),
    firstEpoch: count('firstEpoch', options.firstEpoch ?? 2980, 0, 2 ** 31),
    delayScale,
    epochMs,
    tls: options.tls ?? false,
    hosts: options.hosts ?? {},
    allowLocal: options.allowLocal ?? false,
    allowRemote: options.allowRemote ?? false,
    policy: parseExitPolicy(options.policy ?? 'ExitPolicy accept *:*'),
    requireTickets: options.requireTickets ?? false,
    transport,
    frameVersion,
    platform,
    ownClock: options.platform !== undefined,
    random: options.random ?? platform.randomBytes,
    faults: options.faults ?? {},
  };
}

const optionNames = [
  'nodesPerLayer',
  'gateways',
  'exits',
  'delayScale',
  'epochMs',
  'rotationEpochs',
  'firstEpoch',
  'tls',
]
  .concat('hosts', 'allowLocal', 'allowRemote', 'policy', 'requireTickets', 'transport', 'frameVersion', 'platform')
  .concat('random', 'faults', 'signal');

function count(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`${name} is a whole number from ${least} to ${most}`);
}

/**
 * What the directory of a devnet answers, in the shapes of the live one
 * (`nymtech/nym nym-api/nym-api-requests/src/nym_nodes.rs`, `src/models`).
 *
 * @module
 */

import { encodeBase58 } from '../crypto/base58.ts';
import { formatLooseTimestamp } from '../topology/index.ts';
import type { Epochs, EpochView, SphinxKey } from './epoch.ts';

/** What a node tells of itself. */
export interface NodeDescription {
  readonly nodeId: number;
  readonly identity: Uint8Array;
  readonly ip: string;
  readonly mixPort: number;
  readonly keys: { readonly current: SphinxKey; readonly announced: SphinxKey | undefined };
  /** A mix layer, 1 to 3, or the two roles of a gateway. */
  readonly role: 1 | 2 | 3 | 'entry' | 'exit';
  readonly entry?: { readonly hostname?: string; readonly wsPort: number; readonly wssPort?: number };
  /** The address of its network requester. */
  readonly requester?: string;
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** The answer to `path`, below the base URL and without query; `undefined` for a path the directory does not have. */
export function directoryAnswer(path: string, nodes: readonly NodeDescription[], epochs: Epochs): Json | undefined {
  const { current } = epochs;
  const skimmed = /^v([12])\/unstable\/nym-nodes\/skimmed(\/.+)?$/.exec(path);
  if (skimmed !== null) {
    const selection = selections[skimmed[2] ?? ''];
    return selection && skimmedPage(nodes.filter(selection), skimmed[2] !== undefined, Number(skimmed[1]), epochs);
  }
  switch (path) {
    case 'v1/nym-nodes/rewarded-set':
      return rewardedSet(nodes, current);
    case 'v1/epoch/key-rotation-info':
      return keyRotation(epochs);
    case 'v1/epoch/current':
      return interval(epochs);
    case 'v1/nym-nodes/described':
    case 'v2/nym-nodes/described':
      return page(nodes.map(node => described(node, path.startsWith('v2'), current)));
    case 'v2/unstable/nym-nodes/semi-skimmed':
      return envelope(
        nodes.map(node => ({ basic: skimmedNode(node), x25519_noise_versioned_key: null })),
        false,
        epochs,
      );
    default:
      return undefined;
  }
}

const isMix = ({ role }: NodeDescription) => typeof role === 'number';
const isGateway = (node: NodeDescription) => !isMix(node);
const isExit = ({ requester }: NodeDescription) => requester !== undefined;

/** Who is listed under each path of the skimmed family. */
const selections: Readonly<Record<string, (node: NodeDescription) => boolean>> = {
  '': () => true,
  '/mixnodes/active': isMix,
  '/mixnodes/all': isMix,
  '/entry-gateways': isGateway,
  '/entry-gateways/active': isGateway,
  '/entry-gateways/all': isGateway,
  '/exit-gateways': isExit,
  '/exit-gateways/active': isExit,
  '/exit-gateways/all': isExit,
};

/** The live directory ignores what page is asked for: everything is on the first. */
function page(data: readonly Json[]): Json {
  return { pagination: { total: data.length, page: 0, size: data.length }, data };
}

function skimmedPage(nodes: readonly NodeDescription[], byRole: boolean, version: number, epochs: Epochs): Json {
  const data = nodes.map(skimmedNode);
  if (version === 2) return envelope(data, byRole, epochs);
  return { status: status(byRole, epochs), refreshed_at: refreshedAt(epochs), nodes: page(data) };
}

function envelope(data: readonly Json[], byRole: boolean, epochs: Epochs): Json {
  const { epoch, rotation } = epochs.current;
  return {
    metadata: {
      status: status(byRole, epochs),
      absolute_epoch_id: epoch,
      rotation_id: rotation,
      refreshed_at: refreshedAt(epochs),
    },
    nodes: page(data),
  };
}

/** Only lists by role say it. */
function status(byRole: boolean, epochs: Epochs): Json {
  return byRole ? { fresh: interval(epochs) } : null;
}

/** The directory looks at the network when an epoch begins. */
function refreshedAt(epochs: Epochs): string {
  return formatLooseTimestamp(epochs.current.startedAt);
}

const EPOCHS_IN_INTERVAL = 720;

function interval(epochs: Epochs): Json {
  const { epoch, startedAt } = epochs.current;
  return {
    id: Math.floor(epoch / EPOCHS_IN_INTERVAL),
    epochs_in_interval: EPOCHS_IN_INTERVAL,
    current_epoch_start: rfc3339(startedAt),
    current_epoch_id: epoch % EPOCHS_IN_INTERVAL,
    epoch_length: duration(epochs.epochMs),
    total_elapsed_epochs: epoch,
  };
}

function keyRotation(epochs: Epochs): Json {
  const { epoch, startedAt, rotation, firstEpochOfRotation, lastEpochOfRotation } = epochs.current;
  return {
    key_rotation_state: { validity_epochs: epochs.rotationEpochs, initial_epoch_id: 0 },
    current_absolute_epoch_id: epoch,
    current_epoch_start: rfc3339(startedAt),
    epoch_duration: duration(epochs.epochMs),
    progress: {
      current_key_rotation_id: rotation,
      current_rotation_starting_epoch: firstEpochOfRotation,
      current_rotation_ending_epoch: lastEpochOfRotation,
    },
  };
}

function rewardedSet(nodes: readonly NodeDescription[], { epoch }: EpochView): Json {
  const having = (role: NodeDescription['role']) =>
    nodes.filter(node => node.role === role).map(({ nodeId }) => nodeId);
  return {
    epoch_id: epoch,
    entry_gateways: having('entry'),
    exit_gateways: having('exit'),
    layer1: having(1),
    layer2: having(2),
    layer3: having(3),
    standby: [],
  };
}

function skimmedNode(node: NodeDescription): Json {
  const { entry } = node;
  return {
    node_id: node.nodeId,
    ed25519_identity_pubkey: encodeBase58(node.identity),
    ip_addresses: [node.ip],
    mix_port: node.mixPort,
    x25519_sphinx_pubkey: encodeBase58(node.keys.current.publicKey),
    role:
      typeof node.role === 'number'
        ? { Mixnode: { layer: node.role } }
        : node.role === 'entry'
          ? 'EntryGateway'
          : 'ExitGateway',
    supported_roles: declaredRole(node),
    entry:
      entry === undefined
        ? null
        : { hostname: entry.hostname ?? null, ws_port: entry.wsPort, wss_port: entry.wssPort ?? null },
    performance: '1',
  };
}

function declaredRole(node: NodeDescription): Json {
  return { mixnode: isMix(node), entry: node.entry !== undefined, exit_nr: isExit(node), exit_ipr: false };
}

function described(node: NodeDescription, withLewes: boolean, { startedAt }: EpochView): Json {
  const { keys, entry, requester } = node;
  const identity = encodeBase58(node.identity);
  return {
    node_id: node.nodeId,
    contract_node_type: 'nym_node',
    description: {
      last_polled: formatLooseTimestamp(startedAt),
      host_information: {
        ip_address: [node.ip],
        hostname: entry?.hostname ?? null,
        keys: {
          ed25519: identity,
          x25519: encodeBase58(keys.current.publicKey),
          current_x25519_sphinx_key: sphinxKey(keys.current),
          pre_announced_x25519_sphinx_key: keys.announced === undefined ? null : sphinxKey(keys.announced),
          x25519_versioned_noise: null,
        },
      },
      declared_role: declaredRole(node),
      auxiliary_details: {
        location: null,
        announce_ports: { verloc_port: null, mix_port: node.mixPort },
        accepted_operator_terms_and_conditions: true,
      },
      build_information: buildInformation,
      network_requester: requester === undefined ? null : { address: requester, uses_exit_policy: true },
      ip_packet_router: null,
      authenticator: null,
      wireguard: null,
      mixnet_websockets: entry === undefined ? null : { ws_port: entry.wsPort, wss_port: entry.wssPort ?? null },
      ...(withLewes ? { lewes_protocol: null } : {}),
    },
  };
}

function sphinxKey({ rotation, publicKey }: SphinxKey): Json {
  return { rotation_id: rotation, public_key: encodeBase58(publicKey) };
}

/** Clients read `build_version` at most. */
const buildInformation: Json = {
  binary_name: 'nym-node',
  build_timestamp: '2026-05-01T00:00:00.000000000Z',
  build_version: '1.31.0',
  commit_sha: '0000000000000000000000000000000000000000',
  commit_timestamp: '2026-05-01T00:00:00.000000000Z',
  commit_branch: 'HEAD',
  rustc_version: '1.88.0',
  rustc_channel: 'stable',
  cargo_profile: 'release',
  cargo_triple: 'x86_64-unknown-linux-gnu',
};

function rfc3339(unixMs: number): string {
  return new Date(unixMs).toISOString();
}

function duration(ms: number): Json {
  return { secs: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1_000_000 };
}

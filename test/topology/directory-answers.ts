/** Answers of a small network, in the exact shapes of the directory, to be bent by tests. */

import { base58 } from '@scure/base';
import { ed25519PublicKey, x25519PublicKey } from '#crypto';
import { seededRandom } from '../support/seeded-random.ts';

export interface Node {
  node_id: number;
  ed25519_identity_pubkey: string;
  ip_addresses: string[];
  mix_port: number;
  x25519_sphinx_pubkey: string;
  role: unknown;
  supported_roles?: unknown;
  entry?: unknown;
  performance: unknown;
}

export interface Network {
  mixes: Node[];
  gateways: Node[];
  rewardedSet: Record<string, unknown>;
  metadata: Record<string, unknown>;
}

/** Nodes 1, 2, 3 … mix in layers 1, 2, 3, 1 …; the gateways follow. */
export function network({ mixes = 3, gateways = 1 } = {}): Network {
  const all = Array.from({ length: mixes + gateways }, (_, index) => node(index + 1));
  const mixing = all.slice(0, mixes);
  const entries = all.slice(mixes).map((gateway, index) => ({
    ...gateway,
    role: 'EntryGateway',
    entry: { hostname: null, ws_port: 19_000 + index, wss_port: null },
  }));
  const layer = (number: number) => mixing.filter((_, index) => index % 3 === number - 1).map(({ node_id }) => node_id);
  return {
    mixes: mixing,
    gateways: entries,
    rewardedSet: {
      epoch_id: 2980,
      entry_gateways: entries.map(({ node_id }) => node_id),
      exit_gateways: [],
      layer1: layer(1),
      layer2: layer(2),
      layer3: layer(3),
      standby: [],
    },
    metadata: {
      status: { fresh: interval() },
      absolute_epoch_id: 2980,
      rotation_id: 124,
      refreshed_at: '2026-05-01 12:10:00.123456789 +00:00:00',
    },
  };
}

export function skimmed(metadata: unknown, nodes: unknown[], page = 0, total = nodes.length) {
  return { metadata, nodes: { pagination: { total, page, size: nodes.length }, data: nodes } };
}

export function rotationInfo() {
  return {
    key_rotation_state: { validity_epochs: 24, initial_epoch_id: 0 },
    current_absolute_epoch_id: 2980,
    current_epoch_start: '2026-05-01T12:00:00Z',
    epoch_duration: { secs: 3600, nanos: 0 },
    progress: {
      current_key_rotation_id: 124,
      current_rotation_starting_epoch: 2976,
      current_rotation_ending_epoch: 2999,
    },
  };
}

export function described(nodeId: number, requester: unknown = { address: recipient(), uses_exit_policy: true }) {
  return {
    node_id: nodeId,
    contract_node_type: 'nym_node',
    description: {
      last_polled: '2026-05-01 00:00:00.0 +00:00:00',
      declared_role: { mixnode: false, entry: true, exit_nr: true, exit_ipr: true },
      network_requester: requester,
    },
  };
}

export function recipient(): string {
  return `${keyText('identity')}.${keyText('encryption')}@${keyText('gateway')}`;
}

/** A good x25519 key from a name, base58. */
export function keyText(name: string): string {
  return base58.encode(x25519PublicKey(seededRandom(name)(32)));
}

/** A u-coordinate that is not on the curve but on its twist: RFC 7748 multiplies it all the same. */
export const twistKey = base58.encode(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 2 : 0)));

function node(id: number): Node {
  return {
    node_id: id,
    ed25519_identity_pubkey: base58.encode(ed25519PublicKey(seededRandom(`identity ${id}`)(32))),
    ip_addresses: ['127.0.0.1'],
    mix_port: 17_890 + id,
    x25519_sphinx_pubkey: keyText(`sphinx ${id}`),
    role: { Mixnode: { layer: 1 } },
    supported_roles: { mixnode: true, entry: false, exit_nr: false, exit_ipr: false },
    entry: null,
    performance: '1',
  };
}

function interval() {
  return {
    id: 4,
    epochs_in_interval: 720,
    current_epoch_start: '2026-05-01T12:00:00Z',
    current_epoch_id: 100,
    epoch_length: { secs: 3600, nanos: 0 },
    total_elapsed_epochs: 2980,
  };
}

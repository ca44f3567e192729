/**
 * Lists of nodes with what routes need: `v2/unstable/nym-nodes/skimmed…`
 * (`nymtech/nym nym-api/nym-api-requests/src/nym_nodes.rs`).
 */

import * as limits from '../limits.ts';
import { parseNodeAddress } from '../sphinx/index.ts';
import { duration, key, list, record, text, u16, u32 } from './json.ts';
import { type Page, parsePagination } from './pages.ts';
import { parsePerformance } from './performance.ts';
import { parseLooseTimestamp } from './timestamps.ts';

export interface SkimmedNode {
  readonly nodeId: number;
  readonly identity: Uint8Array;
  /** Of the rotation that the metadata of the answer names. */
  readonly sphinxKey: Uint8Array;
  /** Canonical literals, as announced by the operator. The first one with `mixPort` is where packets go. */
  readonly ips: readonly string[];
  readonly mixPort: number;
  /** Percent, 0 … 100. */
  readonly performance: number;
  readonly entry?: EntryPoint;
}

/** Where clients connect to a gateway. */
export interface EntryPoint {
  /** A DNS name: letters, digits, hyphens and dots. */
  readonly hostname?: string;
  readonly wsPort: number;
  readonly wssPort?: number;
}

export interface SkimmedMetadata {
  readonly epoch: number;
  readonly rotationId: number;
  /** Unix time, ms; 0 where the directory does not say. */
  readonly refreshedAt: number;
  /** The state of the server's cache. Nothing in it matters but that all answers of one refresh have the same. */
  readonly status: string;
}

/** More addresses than any machine has use for; what an operator announces beyond is not read. */
const MAX_IPS = limits.nodeAddresses;
const LONGEST_IP = 45;
/** RFC 1035, section 2.3.4. */
const LONGEST_HOSTNAME = 253;
const LONGEST_TIMESTAMP = 64;

export function parseSkimmedPage(answer: unknown): Page<SkimmedNode, SkimmedMetadata> {
  const { metadata, nodes } = record(answer, 'node list');
  return { ...parsePagination(nodes, parseNode), metadata: parseMetadata(metadata) };
}

/** Whether two answers describe the same state of the network. The time at which a server looked may differ. */
export function sameState(a: SkimmedMetadata, b: SkimmedMetadata): boolean {
  return a.status === b.status && a.epoch === b.epoch && a.rotationId === b.rotationId;
}

function parseMetadata(value: unknown): SkimmedMetadata {
  const metadata = record(value, 'metadata');
  const refreshedAt = metadata['refreshed_at'];
  return {
    epoch: u32(metadata['absolute_epoch_id'], 'absolute_epoch_id'),
    rotationId: u32(metadata['rotation_id'], 'rotation_id'),
    refreshedAt: parseLooseTimestamp(text(refreshedAt, 'refreshed_at', LONGEST_TIMESTAMP)),
    status: parseStatus(metadata['status']),
  };
}

function parseStatus(value: unknown): string {
  if (value === undefined || value === null) return 'none';
  if (value === 'no-updates') return value;
  const interval = record(record(value, 'status')['fresh'], 'status');
  const counters = ['id', 'epochs_in_interval', 'current_epoch_id', 'total_elapsed_epochs'] as const;
  return JSON.stringify([
    ...counters.map(name => u32(interval[name], name)),
    text(interval['current_epoch_start'], 'current_epoch_start', LONGEST_TIMESTAMP),
    duration(interval['epoch_length'], 'epoch_length'),
  ]);
}

/** The role a node names here is not read: the layers come from the rewarded set alone. */
function parseNode(value: unknown): SkimmedNode {
  const node = record(value, 'node');
  const mixPort = u16(node['mix_port'], 'mix_port');
  const ips = list(node['ip_addresses'], 'ip_addresses', Number.POSITIVE_INFINITY)
    .slice(0, MAX_IPS)
    .map(ip => parseNodeAddress(text(ip, 'ip_addresses', LONGEST_IP), mixPort).ip);
  return {
    nodeId: u32(node['node_id'], 'node_id'),
    identity: key(node['ed25519_identity_pubkey'], 'ed25519_identity_pubkey'),
    sphinxKey: key(node['x25519_sphinx_pubkey'], 'x25519_sphinx_pubkey'),
    ips,
    mixPort,
    performance: parsePerformance(node['performance']),
    ...parseEntry(node['entry']),
  };
}

function parseEntry(value: unknown): { entry?: EntryPoint } {
  if (value === undefined || value === null) return {};
  const { hostname, ws_port, wss_port } = record(value, 'entry');
  const wsPort = u16(ws_port, 'ws_port');
  const wssPort = u16(wss_port ?? 0, 'wss_port');
  if (wsPort === 0) return {};
  return { entry: { wsPort, ...(wssPort > 0 ? { wssPort } : {}), ...(isHostname(hostname) ? { hostname } : {}) } };
}

/** What an operator announces as a name goes into a URL. One who announces no name is as good as without. */
function isHostname(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > LONGEST_HOSTNAME) return false;
  return value.split('.').every(label => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(label));
}

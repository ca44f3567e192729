/**
 * A page of skimmed nodes as the live directory writes it in bincode; the layout is where it is read, in
 * `topology/skimmed-bincode.ts`.
 *
 * @module
 */

import { BincodeWriter } from '../bincode.ts';
import { parseIpAddress } from '../ip-address.ts';
import type { Json } from './directory-answers.ts';

/** Takes the JSON form of the answer, a lie perhaps, of which every field is there. */
export function skimmedBincode(page: Json): Uint8Array<ArrayBuffer> {
  const writer = new BincodeWriter('little-endian');
  const { metadata, nodes } = fields(page);
  const { status, absolute_epoch_id, rotation_id, refreshed_at } = fields(metadata);
  const { pagination, data } = fields(nodes);
  const { total, page: number, size } = fields(pagination);
  writer.option(status ?? undefined, value => writeStatus(writer, value));
  writer.uint(Number(absolute_epoch_id)).uint(Number(rotation_id)).string(String(refreshed_at));
  writer.uint(Number(total)).uint(Number(number)).uint(Number(size));
  return writer.vector(items(data), node => writeNode(writer, node)).finish();
}

function writeStatus(writer: BincodeWriter, status: Json): void {
  if (status === 'no-updates') return void writer.uint(0);
  const interval = fields(fields(status)['fresh']);
  const { secs, nanos } = fields(interval['epoch_length']);
  writer.uint(1).uint(Number(interval['id'])).uint(Number(interval['epochs_in_interval']));
  writer.string(String(interval['current_epoch_start'])).uint(Number(interval['current_epoch_id']));
  writer.uint(Number(secs)).uint(Number(nanos)).uint(Number(interval['total_elapsed_epochs']));
}

function writeNode(writer: BincodeWriter, value: Json): void {
  const node = fields(value);
  const { mixnode, entry, exit_nr, exit_ipr } = fields(node['supported_roles']);
  writer.uint(Number(node['node_id'])).string(String(node['ed25519_identity_pubkey']));
  writer.vector(items(node['ip_addresses']), ip => writeAddress(writer, String(ip)));
  writer.uint(Number(node['mix_port'])).string(String(node['x25519_sphinx_pubkey']));
  writeRole(writer, node['role']);
  for (const role of [mixnode, entry, exit_nr, exit_ipr]) writer.bool(role === true);
  writer.option(node['entry'] ?? undefined, point => writeEntry(writer, fields(point)));
  writer.string(String(node['performance']));
}

function writeAddress(writer: BincodeWriter, text: string): void {
  const address = parseIpAddress(text);
  if (address === undefined) throw new TypeError('a node has no literal address');
  writer.uint(address.length === 4 ? 0 : 1).bytes(address);
}

function writeRole(writer: BincodeWriter, role: Json | undefined): void {
  if (typeof role === 'string') writer.uint(ROLES.indexOf(role));
  else writer.uint(0).uint(Number(fields(fields(role)['Mixnode'])['layer']));
}

function writeEntry(writer: BincodeWriter, { hostname, ws_port, wss_port }: JsonFields): void {
  writer.option(hostname ?? undefined, name => writer.string(String(name)));
  writer.uint(Number(ws_port)).option(wss_port ?? undefined, port => writer.uint(Number(port)));
}

const ROLES = ['Mixnode', 'EntryGateway', 'ExitGateway', 'Standby', 'Inactive'];

type JsonFields = { readonly [name: string]: Json };

function fields(value: Json | undefined): JsonFields {
  if (typeof value !== 'object' || value === null || isList(value)) throw new TypeError('not an object');
  return value;
}

function items(value: Json | undefined): readonly Json[] {
  if (!isList(value)) throw new TypeError('not a list');
  return value;
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

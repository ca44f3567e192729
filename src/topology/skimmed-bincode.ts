/**
 * A page of skimmed nodes in bincode, little-endian: fields in their order, without names
 * (`nymtech/nym nym-api/nym-api-requests/src/nym_nodes.rs`, which promises never to add one).
 *
 * | struct | fields |
 * |---|---|
 * | page | status (option: 0 no updates, 1 interval) · epoch · rotation · refreshed at · total · page · size · nodes |
 * | interval | id · epochs in interval · start · epoch in interval · seconds · nanoseconds · elapsed epochs |
 * | node | id · identity · addresses (0 and 4 bytes, or 1 and 16) · mix port · Sphinx key · role · four roles it can have · entry (option) · performance |
 * | role | 0 and a layer, 1 entry, 2 exit, 3 standby, 4 inactive |
 * | entry | host name (option) · ws port · wss port (option) |
 *
 * What is read has the shape of the JSON form, so that the same checks are made of both.
 */

import { BincodeReader } from '../bincode.ts';
import { formatIpAddress } from '../ip-address.ts';
import { malformed } from './json.ts';
import { MAX_NODES } from './pages.ts';

/** Throws ERR_MIX_DIRECTORY_MALFORMED for anything but one page from its first byte to its last. */
export function readSkimmedBincode(bytes: Uint8Array): unknown {
  const reader = new BincodeReader(bytes, 'little-endian', how => malformed(`body: it ${how}`));
  const metadata = {
    status: reader.option(() => readStatus(reader)) ?? null,
    absolute_epoch_id: reader.uint(U32_MAX),
    rotation_id: reader.uint(U32_MAX),
    refreshed_at: reader.string(),
  };
  const pagination = { total: reader.uint(LARGEST), page: reader.uint(LARGEST), size: reader.uint(LARGEST) };
  const data = reader.vector(() => readNode(reader), MAX_NODES);
  reader.end();
  return { metadata, nodes: { pagination, data } };
}

function readStatus(reader: BincodeReader): unknown {
  if (readVariant(reader, STATUSES) === 'no-updates') return 'no-updates';
  return {
    fresh: {
      id: reader.uint(U32_MAX),
      epochs_in_interval: reader.uint(U32_MAX),
      current_epoch_start: reader.string(),
      current_epoch_id: reader.uint(U32_MAX),
      epoch_length: { secs: reader.uint(LARGEST), nanos: reader.uint(U32_MAX) },
      total_elapsed_epochs: reader.uint(U32_MAX),
    },
  };
}

function readNode(reader: BincodeReader): unknown {
  return {
    node_id: reader.uint(U32_MAX),
    ed25519_identity_pubkey: reader.string(),
    ip_addresses: reader.vector(() => readAddress(reader)),
    mix_port: reader.uint(U16_MAX),
    x25519_sphinx_pubkey: reader.string(),
    role: readRole(reader),
    supported_roles: {
      mixnode: reader.bool(),
      entry: reader.bool(),
      exit_nr: reader.bool(),
      exit_ipr: reader.bool(),
    },
    entry: reader.option(() => readEntry(reader)) ?? null,
    performance: reader.string(),
  };
}

function readAddress(reader: BincodeReader): string {
  return formatIpAddress(reader.bytes(readVariant(reader, ADDRESS_BYTES)));
}

function readRole(reader: BincodeReader): unknown {
  const role = readVariant(reader, ROLES);
  return role === 'Mixnode' ? { Mixnode: { layer: reader.uint(U8_MAX) } } : role;
}

function readEntry(reader: BincodeReader): unknown {
  return {
    hostname: reader.option(() => reader.string()) ?? null,
    ws_port: reader.uint(U16_MAX),
    wss_port: reader.option(() => reader.uint(U16_MAX)) ?? null,
  };
}

function readVariant<T>(reader: BincodeReader, variants: readonly T[]): T {
  const variant = variants[reader.uint(U32_MAX)];
  if (variant === undefined) throw malformed('body: it has an unknown variant');
  return variant;
}

/** In the order of their variant numbers. */
const STATUSES = ['no-updates', 'fresh'] as const;
const ADDRESS_BYTES = [4, 16] as const;
const ROLES = ['Mixnode', 'EntryGateway', 'ExitGateway', 'Standby', 'Inactive'] as const;

const U8_MAX = 2 ** 8 - 1;
const U16_MAX = 2 ** 16 - 1;
const U32_MAX = 2 ** 32 - 1;
/** Of what has 64 bits upstream. */
const LARGEST = Number.MAX_SAFE_INTEGER;

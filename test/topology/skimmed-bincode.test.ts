import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BincodeWriter } from '../../src/bincode.ts';
import { skimmedBincode } from '../../src/devnet/skimmed-bincode.ts';
import { MixnetError } from '../../src/errors.ts';
import { readSkimmedBincode } from '../../src/topology/skimmed-bincode.ts';
import { parseSkimmedPage } from '../../src/topology/skimmed-nodes.ts';
import { unhex } from '../support/bytes.ts';
import vectors from '../vectors/gateway-vectors.json';
import { keyText } from './directory-answers.ts';

const { json, bincode_hex } = vectors.synthetic.skimmed_v2_bincode;
const upstream = unhex(bincode_hex);

describe('a page of nodes in bincode', () => {
  test('that a client of Nym has accepted is read as its JSON form', () => {
    expect(readSkimmedBincode(upstream)).toEqual(json);
    expect(parseSkimmedPage(readSkimmedBincode(upstream))).toEqual(parseSkimmedPage(json));
  });

  test('is written by the devnet with the same bytes', () => {
    expect(skimmedBincode(json)).toEqual(upstream);
  });

  test('comes back as it was, whatever is in it', () => {
    fc.assert(
      fc.property(page, value => {
        expect(readSkimmedBincode(skimmedBincode(value))).toEqual(value);
      }),
      { numRuns: 100 },
    );
  });
});

describe('what is no page', () => {
  test('cut short anywhere, or with one byte more, is refused', () => {
    for (let length = 0; length < upstream.length; length++) expectMalformed(upstream.subarray(0, length));
    expectMalformed(Uint8Array.of(...upstream, 0));
  });

  test('with any byte changed is refused or another page, and nothing else is thrown', () => {
    for (let at = 0; at < upstream.length; at++) {
      for (const byte of [0, 1, 2, 5, 250, 251, 252, 253, 254, 255]) read(upstream.with(at, byte));
    }
  });

  test('of any bytes is refused with our error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (noise, from) => {
        read(noise);
        read(Uint8Array.of(...upstream.subarray(0, from), ...noise));
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['more nodes than any network has', 10_001],
    ['four billion nodes', 2 ** 32 - 1],
    ['more than can be counted', 2 ** 53 - 1],
  ])('that announces %s is refused before a node is read', (_, count) => {
    const head = emptyPage(writer => writer.uint(count));
    expectMalformed(Uint8Array.of(...head, ...new Uint8Array(20_000)));
  });

  test('with a text longer than the answer, or of no UTF-8, is refused', () => {
    for (const text of [
      [253, 255, 255, 255, 255, 255, 255, 255, 255],
      [252, 255, 255, 255, 255],
      [2, 0xff, 0xff],
    ])
      expectMalformed(new BincodeWriter('little-endian').bytes([0, 0, 0, ...text]).finish());
  });
});

function emptyPage(writeNodes: (writer: BincodeWriter) => BincodeWriter): Uint8Array {
  const writer = new BincodeWriter('little-endian').bool(false).uint(1).uint(1).string('').uint(0).uint(0).uint(0);
  return writeNodes(writer).finish();
}

function expectMalformed(bytes: Uint8Array): void {
  expect(() => readSkimmedBincode(bytes)).toThrow(
    expect.objectContaining({ code: 'ERR_MIX_DIRECTORY_MALFORMED', message: expect.stringContaining('body') }),
  );
}

function read(bytes: Uint8Array): void {
  try {
    parseSkimmedPage(readSkimmedBincode(bytes));
  } catch (error) {
    expect(error).toBeInstanceOf(MixnetError);
    expect(error).toMatchObject({ code: 'ERR_MIX_DIRECTORY_MALFORMED' });
  }
}

const u32 = fc.nat(2 ** 32 - 1);
const u16 = fc.nat(2 ** 16 - 1);
const interval = fc.record({
  id: u32,
  epochs_in_interval: u32,
  current_epoch_start: fc.string(),
  current_epoch_id: u32,
  epoch_length: fc.record({ secs: fc.nat(Number.MAX_SAFE_INTEGER), nanos: u32 }),
  total_elapsed_epochs: u32,
});
const node = fc.record({
  node_id: u32,
  ed25519_identity_pubkey: fc.constantFrom(keyText('a'), keyText('b'), ''),
  ip_addresses: fc.array(fc.constantFrom('127.0.0.1', '::1', '2001:db8::7', '255.0.0.1', '::ffff:1.2.3.4')),
  mix_port: u16,
  x25519_sphinx_pubkey: fc.string({ unit: 'grapheme' }),
  role: fc.oneof(
    fc.constantFrom('EntryGateway', 'ExitGateway', 'Standby', 'Inactive'),
    fc.record({ Mixnode: fc.record({ layer: fc.nat(255) }) }),
  ),
  supported_roles: fc.record({
    mixnode: fc.boolean(),
    entry: fc.boolean(),
    exit_nr: fc.boolean(),
    exit_ipr: fc.boolean(),
  }),
  entry: fc.option(fc.record({ hostname: fc.option(fc.string()), ws_port: u16, wss_port: fc.option(u16) })),
  performance: fc.string(),
});
const page = fc.record({
  metadata: fc.record({
    status: fc.option(fc.oneof(fc.constant('no-updates'), fc.record({ fresh: interval }))),
    absolute_epoch_id: u32,
    rotation_id: u32,
    refreshed_at: fc.string(),
  }),
  nodes: fc.record({
    pagination: fc.record({ total: fc.nat(Number.MAX_SAFE_INTEGER), page: u32, size: u32 }),
    data: fc.array(node, { maxLength: 5 }),
  }),
});

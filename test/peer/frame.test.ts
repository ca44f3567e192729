import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodePeerFrame, encodePeerFrame, FRAME_HEADER_BYTES, type PeerFrame } from '../../src/peer/index.ts';
import { bytesOf, hexOf } from '../exit/support.ts';

const id = 0x0011223344556677n;
const empty = new Uint8Array(0);

/** Written out from the layout in nymtech/nym common/nym-lp/src/packet/frame.rs. */
const vectors: readonly [name: string, hex: string, frame: PeerFrame][] = [
  ['open', '0300 0011223344556677 00 00000000 01', { type: 'open', id, data: empty, knowsControl: true }],
  ['open of the SDK', '0300 0011223344556677 00 00000000 00', { type: 'open', id, data: empty, knowsControl: false }],
  [
    'open with data',
    '0300 0011223344556677 00 00000000 00 6869',
    { type: 'open', id, data: bytesOf('6869'), knowsControl: false },
  ],
  ['data', '0300 0011223344556677 01 00000001 00 aa', { type: 'data', id, sequence: 1, data: bytesOf('aa') }],
  [
    'the last data there can be',
    '0300 ffffffffffffffff 01 ffffffff 00 00',
    { type: 'data', id: 0xffffffffffffffffn, sequence: 0xffffffff, data: bytesOf('00') },
  ],
  ['half end', '0300 0011223344556677 01 00000002 00', { type: 'end', id, sequence: 2, how: 'half' }],
  ['closing end', '0300 0011223344556677 01 00000002 01', { type: 'end', id, sequence: 2, how: 'close' }],
  ['aborting end', '0300 0011223344556677 01 00000002 02', { type: 'end', id, sequence: 2, how: 'abort' }],
  ['hold', '0300 0011223344556677 80 00000003 00 01', { type: 'control', id, order: 3, hold: true, ping: false }],
  ['ping', '0300 0011223344556677 80 00000004 00 02', { type: 'control', id, order: 4, hold: false, ping: true }],
];

describe('a frame of a stream between clients', () => {
  test.each(vectors)('%s', (_, hex, frame) => {
    const bytes = hex.replaceAll(' ', '');
    expect(hexOf(encodePeerFrame(frame))).toBe(bytes);
    expect(decodePeerFrame(bytesOf(bytes))).toEqual(frame);
  });

  test('ends, whatever the reserved byte of an empty data frame', () => {
    expect(decodePeerFrame(bytesOf('03000011223344556677010000000277'))).toMatchObject({ type: 'end', how: 'half' });
  });

  test.each([
    ['nothing', ''],
    ['a header cut short', '030000112233445566770100000002'],
    ['another kind of frame', '02000011223344556677010000000200'],
    ['the kind in the other byte order', '00030011223344556677010000000200'],
    ['an unknown type', '03000011223344556677020000000200'],
  ])('is not %s', (_, hex) => {
    expect(decodePeerFrame(bytesOf(hex))).toBeUndefined();
  });

  test('is the same after encoding and decoding', () => {
    const ids = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    const numbers = fc.nat(0xffff_ffff);
    const frames: fc.Arbitrary<PeerFrame> = fc.oneof(
      fc.record({ type: fc.constant('open' as const), id: ids, data: fc.uint8Array(), knowsControl: fc.boolean() }),
      fc.record({
        type: fc.constant('data' as const),
        id: ids,
        sequence: numbers,
        data: fc.uint8Array({ minLength: 1 }),
      }),
      fc.record({
        type: fc.constant('end' as const),
        id: ids,
        sequence: numbers,
        how: fc.constantFrom('half' as const, 'close' as const, 'abort' as const),
      }),
      fc.record({
        type: fc.constant('control' as const),
        id: ids,
        order: numbers,
        hold: fc.boolean(),
        ping: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(frames, frame => {
        expect(decodePeerFrame(encodePeerFrame(frame))).toEqual(frame);
      }),
    );
  });

  test('is read from any bytes, or is none: never an error', () => {
    const header = fc.constant(Uint8Array.of(3, 0));
    const noise = fc.uint8Array({ maxLength: 64 });
    const likely = fc.tuple(header, noise).map(([head, rest]) => Uint8Array.of(...head, ...rest));
    fc.assert(
      fc.property(fc.oneof(noise, likely), bytes => {
        const frame = decodePeerFrame(bytes);
        if (frame === undefined) return;
        expect(bytes.length).toBeGreaterThanOrEqual(FRAME_HEADER_BYTES);
        if (frame.type === 'data') expect(frame.data.length).toBe(bytes.length - FRAME_HEADER_BYTES);
      }),
      { numRuns: 1000 },
    );
  });

  test('cannot be numbered beyond 32 bits, and empty data is the end', () => {
    expect(() => encodePeerFrame({ type: 'data', id, sequence: 2 ** 32, data: bytesOf('aa') })).toThrow(RangeError);
    expect(() => encodePeerFrame({ type: 'data', id, sequence: 0, data: empty })).toThrow(RangeError);
  });
});

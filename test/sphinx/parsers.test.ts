/** Parsers of bytes that others wrote: they give back what was encoded, and refuse the rest with our error. */

import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MixnetError } from '../../src/errors.ts';
import {
  decodeMixPacket,
  decodeNodeAddress,
  decodeSurb,
  encodeFrame,
  encodeMixPacket,
  encodeNodeAddress,
  encodeSurb,
  type Frame,
  FrameDecoder,
  type NodeAddress,
  packetSizeOfCode,
  packetSizeOfPlaintext,
  packetSizeOfTotal,
  packetSizes,
  parseNodeAddress,
  parseRotationMarker,
  type RotationMarker,
  rotationMarker,
  unwrapPacket,
} from '../../src/sphinx/index.ts';

const malformed = expect.objectContaining({ code: 'ERR_MIX_MIXNET_MALFORMED' });
const rotations = fc.constantFrom<RotationMarker>(0, 1, 2);
const sizes = fc.constantFrom(packetSizes.ack, packetSizes.regular);
const packets = sizes.chain(size => fc.uint8Array({ minLength: size.total, maxLength: size.total }));
const addresses: fc.Arbitrary<NodeAddress> = fc
  .tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(65535))
  .map(([ip, port]) => parseNodeAddress(ip, port));

describe('packet sizes', () => {
  test('are those of the network', () => {
    const rows = Object.values(packetSizes).map(({ code, name, total, payload, plaintext }) => [
      code,
      name,
      total,
      payload,
      plaintext,
    ]);
    expect(rows).toEqual([
      [1, 'regular', 2413, 2065, 2048],
      [2, 'ack', 386, 38, 21],
      [4, 'extended8', 8557, 8209, 8192],
      [5, 'extended16', 16749, 16401, 16384],
      [3, 'extended32', 33133, 32785, 32768],
    ]);
    for (const size of Object.values(packetSizes)) {
      expect(packetSizeOfTotal(size.total)).toBe(size);
      expect(packetSizeOfPlaintext(size.plaintext)).toBe(size);
      expect(packetSizeOfCode(size.code)).toBe(size);
    }
    expect([packetSizeOfTotal(2377), packetSizeOfCode(6), packetSizeOfCode(0), packetSizeOfPlaintext(48)]).toEqual(
      Array(4).fill(undefined),
    );
  });
});

describe('node addresses', () => {
  test('survive encoding, padded or not', () => {
    fc.assert(
      fc.property(addresses, fc.constantFrom(undefined, 19 as const, 32 as const), (address, padding) => {
        const encoded = encodeNodeAddress(address, padding);
        const length = isIPv4(address.ip) ? 7 : 19;
        expect(encoded.length).toBe(padding ?? length);
        expect(decodeNodeAddress(encoded)).toEqual({ address, length });
        expect(parseNodeAddress(address.ip, address.port)).toEqual(address);
      }),
    );
  });

  test.each([
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:0:2:3:0:0:4', '1::2:3:0:0:4'],
    ['1:2:3:4:5:6:0:8', '1:2:3:4:5:6:0:8'],
    ['::', '::'],
    ['1::', '1::'],
    ['::ffff:1.2.3.4', '::ffff:1.2.3.4'],
    ['::ffff:0102:0304', '::ffff:1.2.3.4'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['255.255.255.255', '255.255.255.255'],
  ])('%s is written %s', (given, canonical) => {
    expect(parseNodeAddress(given, 1).ip).toBe(canonical);
  });

  test('are literals as Node’s own parser sees them, and nothing else', () => {
    const texts = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string({ unit: fc.constantFrom(...'0123456789abcdefF:.::%'), maxLength: 30 }),
      fc.string(),
      fc.domain(),
      fc.constantFrom(
        '1.2.3',
        '01.2.3.4',
        '1.2.3.256',
        '1:2:3:4:5:6:7',
        '1::2::3',
        ':::',
        '1:2:3:4:5:6:7:8:9',
        '::1%lo',
      ),
      fc.constantFrom(
        '1.2.3.4::',
        '::1.2.3.4:5',
        '1:2:3:4:5:6:7::8',
        ':1:2:3:4:5:6:7',
        '::12345',
        '[::1]',
        '',
        '::1.2.3',
      ),
    );
    fc.assert(
      fc.property(texts, text => {
        const isLiteral = isIPv4(text) || (isIPv6(text) && !text.includes('%'));
        if (isLiteral) expect(isIPv4(text) || isIPv6(parseNodeAddress(text, 0).ip)).toBe(true);
        else
          expect(() => parseNodeAddress(text, 0)).toThrow(
            expect.objectContaining({ code: 'ERR_MIX_DIRECTORY_MALFORMED' }),
          );
      }),
      { numRuns: 2000 },
    );
  });

  test('have a port from 0 to 65535', () => {
    for (const port of [-1, 65536, 1.5, Number.NaN])
      expect(() => parseNodeAddress('1.2.3.4', port)).toThrow(MixnetError);
    expect(() => encodeNodeAddress({ ip: 'localhost', port: 1 })).toThrow(RangeError);
  });

  test('are refused when they are cut or of another family', () => {
    for (const bytes of [[], [4], [4, 0, 1, 1, 2, 3], [6, ...Array(17).fill(1)], [5, ...Array(30).fill(1)]])
      expect(() => decodeNodeAddress(Uint8Array.from(bytes))).toThrow(malformed);
  });
});

describe('frames', () => {
  const frames = fc.array(
    fc.record({ packet: packets, rotation: rotations, version: fc.constantFrom(7 as const, 8 as const) }),
    {
      maxLength: 4,
    },
  );

  test('come out of a stream as they went in, however it is cut', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 3000 })), (sent, cuts) => {
        const stream = Buffer.concat(sent.map(encodeFrame));
        expect(decodeInPieces(stream, cuts)).toEqual(
          sent.map(({ packet, rotation, version }) => ({
            size: packetSizeOfTotal(packet.length),
            packetType: 0,
            rotation: version === 7 ? 0 : rotation,
            packet,
          })),
        );
      }),
      { numRuns: 50 },
    );
  });

  test('come out of a stream of single bytes', () => {
    const packet = new Uint8Array(386).fill(9);
    const stream = Buffer.concat(
      [7, 8, 7].map(version => encodeFrame({ packet, rotation: 1, version: version === 7 ? 7 : 8 })),
    );
    expect(decodeInPieces(stream, Array(stream.length).fill(1)).map(frame => frame.rotation)).toEqual([0, 1, 0]);
  });

  test('are views of nothing that the caller may overwrite', () => {
    const packet = new Uint8Array(386).fill(9);
    const chunk = encodeFrame({ packet, rotation: 1, version: 8 });
    const [frame] = new FrameDecoder().push(chunk);
    chunk.fill(0);
    expect(frame?.packet).toEqual(packet);
  });

  test('that make no sense end the stream for good', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), fc.array(fc.integer({ min: 1, max: 500 })), (stream, cuts) => {
        onlyOurError(() => decodeInPieces(stream, cuts));
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(
        frames,
        fc.nat(),
        fc.nat({ max: 255 }),
        fc.array(fc.integer({ min: 1, max: 3000 })),
        (sent, at, byte, cuts) => {
          const stream = Buffer.concat(sent.map(encodeFrame));
          if (stream.length > 0) stream[at % stream.length] = byte;
          const header = Uint8Array.of(7 + (at % 2), byte % 9, 0, at % 4);
          onlyOurError(() => decodeInPieces(stream, cuts));
          onlyOurError(() => decodeInPieces(Buffer.concat([header, stream]), cuts));
        },
      ),
      { numRuns: 100 },
    );
    const decoder = new FrameDecoder();
    expect(() => decoder.push(Uint8Array.of(8, 9, 0, 0))).toThrow(malformed);
    const good = encodeFrame({ packet: new Uint8Array(386), rotation: 0, version: 8 });
    expect(() => decoder.push(good)).toThrow(malformed);
  });

  test('of a packet of no known size cannot be made', () => {
    expect(() => encodeFrame({ packet: new Uint8Array(2377), rotation: 0, version: 8 })).toThrow(RangeError);
  });
});

describe('packets from a client', () => {
  test('survive encoding; version 1 forgets the rotation', () => {
    fc.assert(
      fc.property(
        packets,
        addresses,
        rotations,
        fc.constantFrom(1 as const, 2 as const),
        (packet, firstHop, rotation, version) => {
          const encoded = encodeMixPacket({ packet, firstHop, rotation }, version);
          expect(encoded.length).toBe(version + (isIPv4(firstHop.ip) ? 7 : 19) + packet.length);
          expect(decodeMixPacket(encoded, version)).toEqual({
            packet,
            firstHop,
            rotation: version === 1 ? 0 : rotation,
            packetType: 0,
          });
        },
      ),
      { numRuns: 30 },
    );
  });

  test('are refused when they are anything else', () => {
    const good = encodeMixPacket({ packet: new Uint8Array(386), firstHop: { ip: '1.2.3.4', port: 5 }, rotation: 1 }, 2);
    const changes: readonly (readonly [number, number])[] = [
      [0, 1],
      [0, 2],
      [1, 3],
      [2, 5],
      [2, 6],
    ];
    for (const [at, value] of changes) expect(() => decodeMixPacket(good.with(at, value), 2)).toThrow(malformed);
    for (const length of [0, 1, 2, 3, 8, 9, 394])
      expect(() => decodeMixPacket(good.subarray(0, length), 2)).toThrow(malformed);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), bytes => onlyOurError(() => decodeMixPacket(bytes, 2))));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), bytes => onlyOurError(() => decodeMixPacket(bytes, 1))));
    expect(() =>
      encodeMixPacket({ packet: new Uint8Array(1), firstHop: { ip: '::', port: 0 }, rotation: 0 }, 2),
    ).toThrow(RangeError);
  });
});

describe('reply blocks', () => {
  const head = Uint8Array.of(...new Uint8Array(348), 4, 0, 1, 1, 2, 3, 4, ...new Uint8Array(25));

  test('have from one to five seeds, or from one to five keys', () => {
    const counts = Array.from({ length: 1100 }, (_, extra) => extra).filter(extra => {
      try {
        const surb = decodeSurb(Uint8Array.of(...head, ...new Uint8Array(extra)));
        expect(encodeSurb(surb).length).toBe(380 + extra);
        return true;
      } catch (error) {
        expect(error).toEqual(malformed);
        return false;
      }
    });
    expect(counts).toEqual([16, 32, 48, 64, 80, 192, 384, 576, 768, 960]);
  });

  test('are copies, and refused with a first hop that is no address', () => {
    const bytes = Uint8Array.of(...head, ...new Uint8Array(16).fill(5));
    const surb = decodeSurb(bytes);
    bytes.fill(9);
    expect(surb.header[0]).toBe(0);
    expect(surb.keys.perHop[0]?.[0]).toBe(5);
    expect(() => decodeSurb(bytes)).toThrow(malformed);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 1500 }), random => onlyOurError(() => decodeSurb(random))));
  });
});

describe('rotation markers', () => {
  test('tell the parity of the rotation', () => {
    expect([0, 1, 2, 3, 4, 0xffff_fffe, 0xffff_ffff].map(rotationMarker)).toEqual([0, 1, 2, 1, 2, 2, 0]);
    expect([0, 1, 2].map(parseRotationMarker)).toEqual([0, 1, 2]);
    expect(() => parseRotationMarker(3)).toThrow(malformed);
  });
});

test('random bytes are no packet', () => {
  const secretKey = new Uint8Array(32).fill(7);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), bytes => {
      expect(() => unwrapPacket(bytes, secretKey)).toThrow(malformed);
    }),
  );
});

function decodeInPieces(stream: Uint8Array, cuts: readonly number[]): Frame[] {
  const decoder = new FrameDecoder();
  const frames: Frame[] = [];
  let offset = 0;
  for (const length of cuts) {
    frames.push(...decoder.push(Uint8Array.from(stream.subarray(offset, offset + length))));
    offset += length;
  }
  return [...frames, ...decoder.push(Uint8Array.from(stream.subarray(offset)))];
}

function onlyOurError(parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    expect(error).toEqual(malformed);
  }
}

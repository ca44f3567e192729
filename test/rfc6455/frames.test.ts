/** The codec of frames alone: what it writes the package `ws` reads, and what it reads is judged whatever the slicing. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MixnetError } from '../../src/errors.ts';
import * as limits from '../../src/limits.ts';
import { encodeFrame, FrameReader, type Incoming, type Opcode, opcodes } from '../../src/rfc6455/frames.ts';
import { acceptOf } from '../../src/rfc6455/handshake.ts';

const maxMessageBytes = limits.webSocketMessage;

/** All that comes of the bytes, and the code of the error that ends it, if one does. */
function readAll(pieces: readonly Uint8Array[]): unknown[] {
  const reader = new FrameReader(maxMessageBytes);
  const got: unknown[] = [];
  try {
    for (const piece of pieces) for (const incoming of reader.read(piece)) got.push(plain(incoming));
  } catch (error) {
    expect(error).toBeInstanceOf(MixnetError);
    got.push((error as MixnetError).code);
  }
  return got;
}

function plain(incoming: Incoming): unknown {
  if (incoming.type === 'binary') return { ...incoming, bytes: [...incoming.bytes] };
  return 'payload' in incoming ? { ...incoming, payload: [...incoming.payload] } : incoming;
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

/** A frame as a server sends it, with the length in as few bytes as it needs. */
function frame(first: number, payload: Uint8Array | string): Uint8Array {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
  const { length } = bytes;
  if (length < 126) return Uint8Array.from([first, length, ...bytes]);
  const head = Buffer.alloc(length < 65_536 ? 4 : 10);
  head[0] = first;
  head[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) head.writeUInt16BE(length, 2);
  else head.writeBigUInt64BE(BigInt(length), 2);
  return Uint8Array.from(Buffer.concat([head, bytes]));
}

describe('frames of the server', () => {
  /** RFC 6455, section 5.7, but for the masked ones, which only a client sends. */
  const examples: [what: string, bytes: Uint8Array, incoming: unknown[]][] = [
    ['a text', hex('81 05 48 65 6c 6c 6f'), [{ type: 'text', text: 'Hello' }]],
    ['a text in fragments', hex('01 03 48 65 6c 80 02 6c 6f'), [{ type: 'text', text: 'Hello' }]],
    ['a ping', hex('89 05 48 65 6c 6c 6f'), [{ type: 'ping', payload: [72, 101, 108, 108, 111] }]],
    [
      'a ping within a message',
      hex('01 01 61 89 00 80 01 62'),
      [
        { type: 'ping', payload: [] },
        { type: 'text', text: 'ab' },
      ],
    ],
    ['an empty message', hex('82 00'), [{ type: 'binary', bytes: [] }]],
    ['an empty fragment at the end', hex('02 01 07 00 00 80 00'), [{ type: 'binary', bytes: [7] }]],
    ['a byte order mark, which is kept', hex('81 03 ef bb bf'), [{ type: 'text', text: '\ufeff' }]],
    ['a close without status', hex('88 00'), [{ type: 'close', status: undefined, reason: '' }]],
    ['a close', hex('88 04 03 e8 6f 6b'), [{ type: 'close', status: 1000, reason: 'ok' }]],
    [
      'what follows a close, which is not read',
      hex('88 00 ff ff ff'),
      [{ type: 'close', status: undefined, reason: '' }],
    ],
    ['256 bytes', frame(0x82, new Uint8Array(256)), [{ type: 'binary', bytes: Array(256).fill(0) }]],
    ['70 000 bytes', frame(0x82, new Uint8Array(70_000)), [{ type: 'binary', bytes: Array(70_000).fill(0) }]],
  ];
  test.each(examples)('%s', (_, bytes, incoming) => {
    expect(readAll([bytes])).toEqual(incoming);
    if (bytes.length < 100) expect(readAll([...bytes].map(byte => Uint8Array.of(byte)))).toEqual(incoming);
  });

  const [MALFORMED, TEXT, TOO_LARGE] = [
    'ERR_MIX_WEBSOCKET_MALFORMED',
    'ERR_MIX_WEBSOCKET_TEXT',
    'ERR_MIX_WEBSOCKET_TOO_LARGE',
  ];
  const faults: [what: string, bytes: string, code: string][] = [
    ['the first reserved bit', 'c1 00', MALFORMED],
    ['the second', 'a1', MALFORMED],
    ['the third', '91', MALFORMED],
    ['an unknown kind of data', '83 00', MALFORMED],
    ['an unknown kind of control', '8b 00', MALFORMED],
    ['a mask', '81 85', MALFORMED],
    ['a fragmented ping', '09 00', MALFORMED],
    ['a ping of 126 bytes', '89 7e', MALFORMED],
    ['a close of 64-bit length', '88 7f', MALFORMED],
    ['a continuation of nothing', '80 01 61', MALFORMED],
    ['a message within a message', '01 01 61 81 01 62', MALFORMED],
    ['a length of 125 in 16 bits', '82 7e 00 7d', MALFORMED],
    ['a length of 65535 in 64 bits', '82 7f 00 00 00 00 00 00 ff ff', MALFORMED],
    ['a negative length', '82 7f 80', MALFORMED],
    ['a length beyond all numbers', '82 7f 7f ff ff ff ff ff ff ff', TOO_LARGE],
    ['a length beyond the limit', '82 7f 00 00 00 00 01 00 00 01', TOO_LARGE],
    ['a close with half a status', '88 01 03', MALFORMED],
    ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535].map((status): [string, string, string] => [
      `a close with ${status}`,
      `88 02 ${status.toString(16).padStart(4, '0')}`,
      MALFORMED,
    ]),
    ['a close whose reason is not UTF-8', '88 03 03 e8 ff', TEXT],
    ['text that is not UTF-8', '81 01 ff', TEXT],
    ['text that ends within a character', '81 01 e2', TEXT],
    ['a surrogate', '81 03 ed a0 80', TEXT],
    ['an overlong form', '81 02 c0 80', TEXT],
    ['text that is not UTF-8, at the first wrong byte', '01 05 61 ff', TEXT],
  ];
  test.each(faults)('%s is refused', (_, bytes, code) => {
    expect(readAll([hex(bytes)])).toEqual([code]);
    expect(readAll([...hex(bytes)].map(byte => Uint8Array.of(byte)))).toEqual([code]);
  });

  test('what came before a fault is given, nothing after it', () => {
    const reader = new FrameReader(maxMessageBytes);
    const got: unknown[] = [];
    expect(() => {
      for (const incoming of reader.read(hex('81 01 61 83 00 81 01 62'))) got.push(incoming);
    }).toThrow(MixnetError);
    got.push(...reader.read(hex('81 01 63')));
    expect(got).toEqual([{ type: 'text', text: 'a' }]);
  });

  test('fragments together may not exceed the limit either', () => {
    const half = new Uint8Array(maxMessageBytes / 2);
    const [begun, ended] = [frame(0x02, half), frame(0x80, half)];
    expect(readAll([begun, ended]).length).toBe(1);
    expect(readAll([begun, frame(0x00, half), hex('80 01')])).toEqual([TOO_LARGE]);
  });

  test('any bytes, in any slices: the same events, or the same error of ours', () => {
    const pieces = fc.array(
      fc.oneof({ weight: 4, arbitrary: validFrame }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(pieces, fc.infiniteStream(fc.integer({ min: 1, max: 40 })), (parts, sizes) => {
        const bytes = Uint8Array.from(Buffer.concat(parts));
        const slices: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value ?? 1;
          slices.push(bytes.slice(at, at + size));
          at += size;
        }
        expect(readAll(slices)).toEqual(readAll([bytes]));
      }),
      { numRuns: 3_000 },
    );
  });
});

const validFrame = fc
  .tuple(fc.constantFrom(0x01, 0x02, 0x00, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8a), fc.uint8Array({ maxLength: 130 }))
  .map(([first, payload]) => frame(first, payload));

describe('frames of ours', () => {
  test('are masked as the example of section 5.7', () => {
    const payload = Buffer.from('Hello');
    const bytes = encodeFrame({ opcode: opcodes.text, fin: true, payload }, hex('37 fa 21 3d'));
    expect(bytes).toEqual(hex('81 85 37 fa 21 3d 7f 9f 4d 51 58'));
  });

  test('are what they were, unmasked', () => {
    const lengths = fc.oneof(fc.nat(300), fc.constantFrom(125, 126, 65_535, 65_536, 70_000));
    const kinds = fc.constantFrom<Opcode>(opcodes.binary, opcodes.continuation);
    fc.assert(
      fc.property(
        lengths,
        kinds,
        fc.boolean(),
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        (length, opcode, fin, mask) => {
          const payload = new Uint8Array(length).map((_, i) => i);
          const bytes = encodeFrame({ opcode, fin, payload }, mask);
          const start = bytes.length - length;
          expect(bytes.slice(start - 4, start)).toEqual(mask);
          for (let i = 0; i < length; i++) bytes[start + i] = (bytes[start + i] ?? 0) ^ (mask[i % 4] ?? 0);
          const unmasked = frame((fin ? 0x80 : 0) | opcode, payload);
          expect(bytes[1]).toBe((unmasked[1] ?? 0) | 0x80);
          expect(bytes.slice(start)).toEqual(payload);
          expect(bytes.slice(2, start - 4)).toEqual(unmasked.slice(2, unmasked.length - length));
        },
      ),
      { numRuns: 100 },
    );
  });
});

test('the answer to a key is that of section 1.3', () => {
  expect(acceptOf('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
});

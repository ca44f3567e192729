import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as limits from '../../../src/limits.ts';
import { Handshake, type HandshakeStep } from '../../../src/servers/socks5/handshake.ts';

const ascii = (text: string): number[] => [...Buffer.from(text, 'latin1')];
const name = (text: string): number[] => [text.length, ...ascii(text)];
const greeting = [5, 1, 0];
const login = (user: string, password: string): number[] => [1, ...name(user), ...name(password)];
const request = [5, 1, 0, 3, ...name('shop.test'), 0x1f, 0x90];

/** As it goes when the bytes come like this. */
function shake(chunks: readonly (readonly number[])[], handshake = new Handshake()): HandshakeStep {
  const answers: number[] = [];
  for (const chunk of chunks) {
    const { answer, outcome } = handshake.push(Uint8Array.from(chunk));
    answers.push(...answer);
    if (outcome !== undefined) return { answer: Uint8Array.from(answers), outcome };
  }
  return { answer: Uint8Array.from(answers) };
}

function requested(...chunks: readonly (readonly number[])[]): object {
  const { outcome } = shake(chunks);
  if (typeof outcome !== 'object') throw new Error('there is no request');
  return outcome;
}

const refusal = (answer: readonly number[]) => ({ answer: Uint8Array.from(answer), outcome: 'refused' });
const only = (password: string) =>
  new Handshake({ isPassword: given => Buffer.from(given).toString('latin1') === password });

describe('a request', () => {
  test.each([
    ['a name', [5, 1, 0, 3, ...name('shop.test'), 0, 80], 'shop.test', 80],
    ['IPv4', [5, 1, 0, 1, 192, 0, 0, 9, 1, 0], '192.0.0.9', 256],
    ['IPv6', [5, 1, 0, 4, 0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 1, 1, 187], '2001:db8::1', 443],
  ])('of SOCKS5 has %s', (_, bytes, hostname, port) => {
    expect(requested(greeting, bytes)).toMatchObject({ version: 5, hostname, port });
  });

  test.each([
    ['an address', [4, 1, 0, 80, 192, 0, 0, 9, ...ascii('me'), 0], '192.0.0.9'],
    ['an address of zeros', [4, 1, 0, 80, 0, 0, 0, 0, 0], '0.0.0.0'],
    ['a name, by 4a', [4, 1, 0, 80, 0, 0, 0, 1, 0, ...ascii('shop.test'), 0], 'shop.test'],
  ])('of SOCKS4 has %s', (_, bytes, hostname) => {
    expect(requested(bytes)).toMatchObject({ version: 4, hostname, port: 80, data: new Uint8Array(0) });
  });

  test('is the same in one piece, byte by byte, and with data behind it', () => {
    const bytes = [5, 2, 0, 2, ...login('me', 'secret'), ...request, ...ascii('GET /')];
    const { answer, outcome } = shake([bytes]);
    expect(answer).toEqual(Uint8Array.of(5, 2, 1, 0));
    expect(outcome).toMatchObject({ hostname: 'shop.test', port: 8080, data: Uint8Array.from(ascii('GET /')) });
    const single = shake(bytes.map(byte => [byte]));
    expect(single).toEqual({ answer, outcome: { ...(outcome as object), data: new Uint8Array(0) } });
  });
});

describe('a log-in', () => {
  const isolation = (...chunks: readonly (readonly number[])[]) =>
    (requested(...chunks) as { isolation: string }).isolation;

  test('tells programs apart: by user and password, and from those without', () => {
    const keys = [
      isolation(greeting, request),
      ...[
        login('a', 'b'),
        login('a', 'c'),
        login('ab', ''),
        login('', 'ab'),
        login('\xe9', 'b'),
        login('\xff', 'b'),
      ].map(bytes => isolation([5, 2, 0, 2], bytes, request)),
      isolation([4, 1, 0, 80, 1, 1, 1, 1, ...ascii('a'), 0]),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).not.toContain('');
    expect(isolation([5, 1, 2], login('a', 'b'), request)).toBe(keys[1]);
    expect(isolation([4, 1, 0, 80, 1, 1, 1, 1, 0])).toBe(keys[0]);
  });

  test('is demanded where there is a password, and must have it; then the user tells apart', () => {
    expect(shake([greeting], only('pw'))).toEqual(refusal([5, 0xff]));
    expect(shake([[5, 1, 2], login('me', 'pv')], only('pw'))).toEqual(refusal([5, 2, 1, 1]));
    expect(shake([[4, 1, 0, 80, 1, 1, 1, 1, 0]], only('pw'))).toEqual(refusal([0, 0x5d, 0, 0, 0, 0, 0, 0]));
    const { outcome } = shake([[5, 1, 2], login('me', 'pw'), request], only('pw'));
    expect(outcome).toMatchObject({ hostname: 'shop.test', isolation: '["socks","me"]' });
  });
});

describe('what is refused', () => {
  const zeros = [0, 1, 0, 0, 0, 0, 0, 0];

  test.each([
    ['no acceptable method', [[5, 1, 1]], [5, 0xff]],
    ['no method at all', [[5, 0]], [5, 0xff]],
    ['BIND', [greeting, [5, 2, 0, 1]], [5, 0, 5, 7, ...zeros]],
    ['UDP ASSOCIATE', [greeting, [5, 3, 0, 1]], [5, 0, 5, 7, ...zeros]],
    ['an unknown kind of address', [greeting, [5, 1, 0, 2]], [5, 0, 5, 8, ...zeros]],
    ['a name that is no text', [greeting, [5, 1, 0, 3, 1, 0xff, 0, 80]], [5, 0, 5, 1, ...zeros]],
    ['BIND of SOCKS4', [[4, 2, 0, 80, 1, 1, 1, 1]], [0, 0x5b, 0, 0, 0, 0, 0, 0]],
    ['a request of a web page', [ascii('GET / HTTP/1.1\r\n')], []],
    ['TLS', [[0x16, 3, 1]], []],
    [
      'a log-in of another version',
      [
        [5, 1, 2],
        [5, 1],
      ],
      [5, 2],
    ],
    ['a request of another version', [greeting, [4, 1, 0, 3]], [5, 0]],
  ])('is %s', (_, chunks, answer) => {
    expect(shake(chunks)).toEqual(refusal(answer));
  });

  test('is a message that does not end', () => {
    const user = Array<number>(limits.socksMessage).fill(0x61);
    expect(shake([[4, 1, 0, 80, 1, 1, 1, 1], user]).outcome).toBe('refused');
    expect(shake([[4, 1, 0, 80, 0, 0, 0, 1, 0], user]).outcome).toBe('refused');
  });

  test('is nothing but bytes: any of them come to an end, or want more, and keep little', () => {
    const chunk = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom(...[greeting, [5, 1, 2], login('a', 'b'), request, [4, 1]].map(bytes => Uint8Array.from(bytes))),
    );
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 100 }), chunks => {
        const { outcome } = shake(chunks.map(bytes => [...bytes]));
        const size = chunks.reduce((sum, { length }) => sum + length, 0);
        if (size > 4 * limits.socksMessage) expect(outcome).toBeDefined();
        if (typeof outcome === 'object') expect(outcome.port).toBeLessThan(65_536);
      }),
    );
  });
});

import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { TlsConnection } from '../../src/tls/protocol/connection.ts';

function hello(serverName: string | undefined, random = (length: number) => new Uint8Array(randomBytes(length))) {
  const checkChain = () => expect.fail('there is no server');
  return new TlsConnection({ serverName, alpn: ['http/1.1'], randomBytes: random, checkChain }).takeOutput();
}

test('the ClientHello differs from one connection to the next in its random, its session id and its key alone', () => {
  const hellos = Array.from({ length: 20 }, () => hello('shop.test'));
  const [first = new Uint8Array(0)] = hellos;
  const same = [...first.keys()].filter(at => hellos.every(other => other[at] === first[at]));
  expect(hellos.every(other => other.length === first.length)).toBe(true);
  expect(first.length - same.length).toBe(32 + 32 + 32);
  expect(Buffer.from(first).toString('hex')).not.toContain(Buffer.from('mixfetch').toString('hex'));
});

test('and it shares one packet with the request to connect, however long the name of the host', () => {
  expect(hello('shop.test').length).toBeLessThan(280);
  expect(hello(`${'a'.repeat(63)}.`.repeat(4).slice(0, 253)).length).toBeLessThan(600);
  expect(hello(undefined).length).toBeLessThan(hello('a').length);
});

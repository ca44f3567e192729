import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeChunk, encodeLastChunk, encodeRequestHead, type Field } from '../../src/http/index.ts';
import { latin1Of } from '../support/bytes.ts';

const host: Field = ['Host', 'shop.test'];

function head(target: string, headers: readonly Field[], method = 'GET'): string {
  return latin1Of(encodeRequestHead({ method, target, headers }));
}

describe('a request head', () => {
  test('is the request line, the headers in their order, and an empty line', () => {
    expect(head('/a?b=c', [host, ['X-Two', 'b'], ['x-one', ''], ['X-Two', 'c, d']], 'POST')).toBe(
      'POST /a?b=c HTTP/1.1\r\nHost: shop.test\r\nX-Two: b\r\nx-one: \r\nX-Two: c, d\r\n\r\n',
    );
  });

  test('carries characters up to U+00FF as one byte each', () => {
    expect(head('/', [host, ['X-Name', 'José\tÿ']])).toContain('X-Name: José\tÿ\r\n');
  });

  test.each<[string, string, string, Field[]]>([
    ['a method with a space', 'GET /', '/', [host]],
    ['a method with a line end', 'GET\r\n', '/', [host]],
    ['an empty method', '', '/', [host]],
    ['a target with a space', 'GET', '/a b', [host]],
    ['a target with a line end', 'GET', '/a\r\nX: y', [host]],
    ['a target that is not ASCII', 'GET', '/é', [host]],
    ['an empty target', 'GET', '', [host]],
    ['a name with a colon', 'GET', '/', [host, ['X:', 'a']]],
    ['a name with a line end', 'GET', '/', [host, ['X\r\nY', 'a']]],
    ['an empty name', 'GET', '/', [host, ['', 'a']]],
    ['a value with CR', 'GET', '/', [host, ['X', 'a\rb']]],
    ['a value with LF', 'GET', '/', [host, ['X', 'a\nb']]],
    ['a value with a final LF', 'GET', '/', [host, ['X', 'a\n']]],
    ['a value with NUL', 'GET', '/', [host, ['X', 'a\0b']]],
    ['a value with DEL', 'GET', '/', [host, ['X', 'a\x7fb']]],
    ['a value beyond Latin-1, whose low byte would be a line end', 'GET', '/', [host, ['X', 'aĊb']]],
    ['a value with whitespace around it', 'GET', '/', [host, ['X', ' a']]],
    ['no host', 'GET', '/', []],
    ['two hosts', 'GET', '/', [host, ['host', 'other.test']]],
    ['two lengths', 'POST', '/', [host, ['Content-Length', '1'], ['content-length', '1']]],
    ['a length and a transfer coding', 'POST', '/', [host, ['Content-Length', '1'], ['Transfer-Encoding', 'chunked']]],
    ['two transfer codings', 'POST', '/', [host, ['Transfer-Encoding', 'gzip, chunked']]],
    ['a length that is no number', 'POST', '/', [host, ['Content-Length', '+1']]],
  ])('is not written with %s', (_what, method, target, headers) => {
    expect(() => encodeRequestHead({ method, target, headers })).toThrow(TypeError);
  });

  test('whatever the arguments: it either throws, or has one line for each of them', () => {
    const nasty = fc.string({ unit: fc.constantFrom('a', ' ', '\t', '\r', '\n', '\0', ':', 'é', '\u010a', '\u2028') });
    const anyHeader = fc.oneof(fc.constant(host), fc.tuple(nasty, nasty), fc.tuple(fc.constant('X'), nasty));
    fc.assert(
      fc.property(nasty, nasty, fc.array(anyHeader), (method, target, headers) => {
        let written: string;
        try {
          written = head(target, headers, method);
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          return;
        }
        expect(written.split(/[\r\n]+/)).toHaveLength(headers.length + 2);
      }),
    );
  });
});

describe('a chunked body', () => {
  test('is size in hexadecimal, data, and the empty chunk at the end', () => {
    const data = new TextEncoder().encode('a'.repeat(26));
    expect(latin1Of(encodeChunk(data))).toBe(`1a\r\n${'a'.repeat(26)}\r\n`);
    expect(latin1Of(encodeLastChunk())).toBe('0\r\n\r\n');
  });

  test('does not end by a write of no bytes', () => {
    expect(encodeChunk(new Uint8Array(0))).toHaveLength(0);
  });
});

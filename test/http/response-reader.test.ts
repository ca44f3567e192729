import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes } from '../../src/crypto/bytes.ts';
import { MixnetError, type MixnetErrorCode } from '../../src/errors.ts';
import {
  maxChunkLineBytes,
  maxFields,
  maxInformationalResponses,
  maxSectionBytes,
  type ResponseEvent,
  ResponseReader,
} from '../../src/http/index.ts';
import { latin1 as bytes, latin1Of } from '../support/bytes.ts';

/** What a reader made of a response, with the body in one piece, so that two slicings can be compared. */
interface Reading {
  heads: { status: number; statusText: string; headers: unknown; informational: boolean; bodyLength: unknown }[];
  body: string;
  end?: { trailers: unknown; reusable: boolean };
  error?: MixnetErrorCode;
}

/** Feeds the slices, then the end of the connection if `eof`. */
function read(slices: readonly Uint8Array[], { method = 'GET', eof = true } = {}): Reading {
  const reader = new ResponseReader({ method });
  const reading: Reading = { heads: [], body: '' };
  const note = (event: ResponseEvent): void => {
    if (event.type === 'body') {
      expect(event.bytes.length).toBeGreaterThan(0);
      reading.body += latin1Of(event.bytes);
      return;
    }
    const { type, ...rest } = event;
    if (type === 'end') reading.end = rest as NonNullable<Reading['end']>;
    else reading.heads.push(rest as Reading['heads'][number]);
  };
  try {
    for (const slice of slices) for (const event of reader.feed(slice)) note(event);
    if (eof) for (const event of reader.finish()) note(event);
  } catch (error) {
    if (!(error instanceof MixnetError)) throw error;
    reading.error = error.code;
  }
  return reading;
}

function readText(text: string, options: { method?: string; eof?: boolean } = {}): Reading {
  return read([bytes(text)], options);
}

const ok = 'HTTP/1.1 200 OK\r\n';

describe('a response that is well-formed', () => {
  test('gives its head with the headers as they were sent, its body, and an end', () => {
    expect(readText(`${ok}Server: a\r\nSet-Cookie: b=1\r\nset-cookie: c=2\r\nContent-Length: 5\r\n\r\nhello`)).toEqual({
      heads: [
        {
          status: 200,
          statusText: 'OK',
          headers: [
            ['Server', 'a'],
            ['Set-Cookie', 'b=1'],
            ['set-cookie', 'c=2'],
            ['Content-Length', '5'],
          ],
          informational: false,
          bodyLength: 5,
        },
      ],
      body: 'hello',
      end: { trailers: [], reusable: true },
    });
  });

  test.each([
    ['no reason phrase', 'HTTP/1.1 204 \r\n\r\n', 204, ''],
    ['not even the space before it', 'HTTP/1.1 204\r\n\r\n', 204, ''],
    ['a reason in Latin-1', 'HTTP/1.1 204 Très bien\r\n\r\n', 204, 'Très bien'],
    ['a status that nobody assigned', 'HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n', 999, 'No'],
    ['a minor version that is not known yet', 'HTTP/1.7 204 OK\r\n\r\n', 204, 'OK'],
  ])('may have %s', (_what, text, status, statusText) => {
    expect(readText(text).heads).toMatchObject([{ status, statusText }]);
    expect(readText(text).end).toEqual({ trailers: [], reusable: true });
  });

  test('loses the whitespace around values, not the one inside', () => {
    expect(readText(`${ok}A: \t b \t c\t \r\nB:\r\nC: \r\n\r\n`).heads[0]?.headers).toEqual([
      ['A', 'b \t c'],
      ['B', ''],
      ['C', ''],
    ]);
  });

  test('may come after informational ones', () => {
    const text = `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${ok}Content-Length: 2\r\n\r\nhi`;
    const { heads, body, end } = readText(text);
    expect(heads.map(head => [head.status, head.informational])).toEqual([
      [103, true],
      [100, true],
      [200, false],
    ]);
    expect([body, end?.reusable]).toEqual(['hi', true]);
  });
});

describe('where the body ends', () => {
  test.each([
    ['HEAD', `${ok}Content-Length: 5\r\n\r\n`],
    ['HEAD', `${ok}Transfer-Encoding: chunked\r\n\r\n`],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
    ['GET', `${ok}Content-Length: 0\r\n\r\n`],
  ])('at once: %s %j', (method, text) => {
    expect(readText(text, { method, eof: false })).toMatchObject({
      heads: [{ bodyLength: 0 }],
      body: '',
      end: { reusable: true },
    });
  });

  test('at once for the success of CONNECT, after which the connection is not HTTP', () => {
    const { end } = readText('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', {
      method: 'CONNECT',
      eof: false,
    });
    expect(end).toEqual({ trailers: [], reusable: false });
  });

  test('by Content-Length, also if the same one stands there twice', () => {
    const text = `${ok}Content-Length: 2\r\nContent-Length: 2, 02\r\n\r\nhi`;
    expect(readText(text, { eof: false })).toMatchObject({ body: 'hi', end: { reusable: true } });
  });

  test('by chunks, whose extensions are skipped and whose trailers come with the end', () => {
    const text = `${ok}Transfer-Encoding: Chunked\r\n\r\n5;a=b;c="d"\r\nhello\r\n00A ;x\r\n, chunked!\r\n000;last\r\nDigest: abc\r\n\r\n`;
    expect(readText(text, { eof: false })).toMatchObject({
      heads: [{ bodyLength: undefined }],
      body: 'hello, chunked!',
      end: { trailers: [['Digest', 'abc']], reusable: true },
    });
  });

  test('with the connection, if nothing else says so; then it cannot be reused', () => {
    expect(readText(`${ok}\r\nall of it`)).toMatchObject({ body: 'all of it', end: { reusable: false } });
    expect(readText(`${ok}\r\nall of it`, { eof: false }).end).toBeUndefined();
  });

  test('body bytes are views of what was fed, not copies', () => {
    const slice = bytes(`${ok}Content-Length: 5\r\n\r\nhello`);
    const [, body] = [...new ResponseReader({ method: 'GET' }).feed(slice)];
    expect(body?.type === 'body' && body.bytes.buffer === slice.buffer).toBe(true);
  });
});

describe('a connection can be reused', () => {
  test.each([
    [true, 'HTTP/1.1 204 -\r\n\r\n'],
    [true, 'HTTP/1.1 204 -\r\nConnection: keep-alive\r\n\r\n'],
    [false, 'HTTP/1.1 204 -\r\nConnection: close\r\n\r\n'],
    [false, 'HTTP/1.1 204 -\r\nConnection: Upgrade\r\nconnection: foo , CLOSE\r\n\r\n'],
    [false, 'HTTP/1.1 204 -\r\nConnection: keep-alive, close\r\n\r\n'],
    [false, 'HTTP/1.0 204 -\r\n\r\n'],
    [true, 'HTTP/1.0 204 -\r\nConnection: Keep-Alive\r\n\r\n'],
    [false, 'HTTP/1.0 200 -\r\nConnection: keep-alive\r\n\r\n'],
  ])('%s: %j', (reusable, text) => {
    expect(readText(text).end?.reusable).toBe(reusable);
  });

  test('not when bytes follow the response in the same slice', () => {
    expect(readText(`${ok}Content-Length: 2\r\n\r\nhi!`)).toMatchObject({ body: 'hi', end: { reusable: false } });
    expect(readText('HTTP/1.1 204 -\r\nContent-Length: 2\r\n\r\nhi')).toMatchObject({ end: { reusable: false } });
  });

  test('and bytes that follow it later are an error', () => {
    const reading = read([bytes(`${ok}Content-Length: 2\r\n\r\nhi`), bytes('HTTP/1.1 200 OK\r\n')]);
    expect(reading).toMatchObject({ body: 'hi', end: { reusable: true }, error: 'ERR_MIX_HTTP_MALFORMED' });
  });

  test('the end of the connection after the response is no error', () => {
    expect(readText(`${ok}Content-Length: 2\r\n\r\nhi`).error).toBeUndefined();
  });
});

describe('a response is refused', () => {
  const body = '\r\n\r\n';
  test.each([
    ['of another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['of another protocol, at its first byte', '\x15'],
    ['of HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
    ['of HTTP/0.9', '<html>'],
    ['after an empty line', `\r\n${ok}\r\n`],
    ['with two spaces in the status line', 'HTTP/1.1  200 OK\r\n\r\n'],
    ['with a tab in the status line', 'HTTP/1.1\t200 OK\r\n\r\n'],
    ['with a status of two digits', 'HTTP/1.1 99 OK\r\n\r\n'],
    ['with a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['with a status below 100', 'HTTP/1.1 099 OK\r\n\r\n'],
    ['with a version of two digits', 'HTTP/1.10 200 OK\r\n\r\n'],
    ['with a version in lower case', 'http/1.1 200 OK\r\n\r\n'],
    ['with NUL in the reason', 'HTTP/1.1 200 O\0K\r\n\r\n'],
    ['that switches protocols', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['with lines that end in LF alone', 'HTTP/1.1 200 OK\nA: b\n\n'],
    ['with a header that ends in LF alone', `${ok}A: b\n\r\n`],
    ['with a lone CR in a value', `${ok}A: b\rc: d${body}`],
    ['with lines that end in CR alone', 'HTTP/1.1 200 OK\rA: b\r\r'],
    ['with CR CR LF', `${ok}A: b\r\r\n\r\n`],
    ['with a folded header', `${ok}A: b\r\n c${body}`],
    ['with whitespace before the first header', `${ok} A: b${body}`],
    ['with whitespace before a colon', `${ok}A : b${body}`],
    ['with a tab before a colon', `${ok}A\t: b${body}`],
    ['with a header without colon', `${ok}A${body}`],
    ['with a header without name', `${ok}: b${body}`],
    ['with a name that is no token', `${ok}A(b): c${body}`],
    ['with a name beyond ASCII', `${ok}Ä: c${body}`],
    ['with NUL in a value', `${ok}A: b\0c${body}`],
    ['with a control character in a value', `${ok}A: b\x01c${body}`],
    ['with two different lengths', `${ok}Content-Length: 1\r\nContent-Length: 2${body}`],
    ['with two different lengths in one header', `${ok}Content-Length: 1, 2${body}`],
    ['with a negative length', `${ok}Content-Length: -1${body}`],
    ['with a signed length', `${ok}Content-Length: +1${body}`],
    ['with a hexadecimal length', `${ok}Content-Length: 0x1${body}`],
    ['with a length that goes on', `${ok}Content-Length: 1 1${body}`],
    ['with an empty length', `${ok}Content-Length: ${body}`],
    ['with half a list of lengths', `${ok}Content-Length: 1,${body}`],
    ['with length and transfer coding', `${ok}Content-Length: 3\r\nTransfer-Encoding: chunked${body}0\r\n\r\n`],
    ['with a transfer coding under HTTP/1.0', `HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked${body}0\r\n\r\n`],
    ['with a coding before chunked', `${ok}Transfer-Encoding: gzip, chunked${body}0\r\n\r\n`],
    ['with a coding after chunked', `${ok}Transfer-Encoding: chunked, identity${body}0\r\n\r\n`],
    ['with chunked twice', `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked${body}0\r\n\r\n`],
    ['with a coding that nobody knows', `${ok}Transfer-Encoding: xchunked${body}0\r\n\r\n`],
    ['with an empty transfer coding', `${ok}Transfer-Encoding: ${body}`],
  ])('%s', (_what, text) => {
    const { error, heads, end } = readText(text);
    expect({ error, heads, end }).toEqual({ error: 'ERR_MIX_HTTP_MALFORMED', heads: [], end: undefined });
  });

  test.each([
    ['is missing', '\r\n'],
    ['is negative', '-5\r\n'],
    ['is signed', '+5\r\n'],
    ['has a prefix', '0x5\r\n'],
    ['is no number', 'five\r\n'],
    ['has a space before it', ' 5\r\n'],
    ['has a space after it', '5 \r\n'],
    ['has a separator in it', '1_0\r\n'],
    ['is followed by something else than an extension', '5 a\r\n'],
    ['has an extension with NUL', '5;a=\0\r\n'],
    ['ends with LF alone', '5\nhello'],
    ['ends with CR alone', '5\rhello'],
    ['is less than the data', '4\r\nhello\r\n0\r\n\r\n'],
    ['is more than the data', '6\r\nhello\r\n0\r\n\r\n'],
    ['is right, but the data ends with LF alone', '5\r\nhello\n0\r\n\r\n'],
    ['is followed by trailers that are not fields', '0\r\nnonsense\r\n\r\n'],
  ])('whose chunk size %s', (_what, chunks) => {
    const reading = readText(`${ok}Transfer-Encoding: chunked\r\n\r\n${chunks}`);
    expect(reading.error).toBe('ERR_MIX_HTTP_MALFORMED');
    expect(reading.end).toBeUndefined();
    expect(reading.heads).toHaveLength(1);
  });

  test('in words that say what was wrong and not what was received', () => {
    const reader = new ResponseReader({ method: 'GET' });
    expect(() => [...reader.feed(bytes(`${ok}Secret-Name : secret value\r\n\r\n`))]).toThrow(
      'The answer is not HTTP/1.1: whitespace stands between a header name and its colon.',
    );
    expect(() => [...reader.feed(bytes('more'))], 'again').toThrow('whitespace stands between');
    expect(() => [...reader.finish()], 'and at the end').toThrow('whitespace stands between');
  });
});

describe('the limits of a response', () => {
  const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;
  const field = (size: number): string => `A: ${'b'.repeat(size - 5)}\r\n`;

  test('a head of the full size is read, and one byte more is too much', () => {
    const room = maxSectionBytes - ok.length - 2;
    expect(readText(`${ok}${field(room)}\r\n`).error).toBeUndefined();
    expect(readText(`${ok}${field(room + 1)}\r\n`).error).toBe('ERR_MIX_HTTP_TOO_LARGE');
  });

  test('so are as many fields, heads and trailers as allowed, and one more', () => {
    const fields = (count: number): string => 'A: b\r\n'.repeat(count);
    expect(readText(`${ok}${fields(maxFields)}\r\n`).error).toBeUndefined();
    expect(readText(`${ok}${fields(maxFields + 1)}\r\n`).error).toBe('ERR_MIX_HTTP_TOO_LARGE');
    expect(readText(`${chunked}0\r\n${fields(maxFields)}\r\n`).error).toBeUndefined();
    expect(readText(`${chunked}0\r\n${fields(maxFields + 1)}\r\n`).error).toBe('ERR_MIX_HTTP_TOO_LARGE');
    const hints = (count: number): string => `${'HTTP/1.1 103 -\r\n\r\n'.repeat(count)}HTTP/1.1 204 -\r\n\r\n`;
    expect(readText(hints(maxInformationalResponses)).error).toBeUndefined();
    expect(readText(hints(maxInformationalResponses + 1)).error).toBe('ERR_MIX_HTTP_TOO_LARGE');
  });

  test.each([
    ['a head that never ends', `HTTP/1.1 200 ${'a'.repeat(maxSectionBytes)}`],
    ['trailers that never end', `${chunked}0\r\n${'A: b\r\n'.repeat(20)}A: ${'b'.repeat(maxSectionBytes)}`],
    ['chunk extensions that never end', `${chunked}5;${'a'.repeat(maxChunkLineBytes)}`],
    ['a length beyond 2^53', `${ok}Content-Length: 9007199254740992\r\n\r\n`],
    ['a length of a thousand digits', `${ok}Content-Length: ${'9'.repeat(1000)}\r\n\r\n`],
    ['a chunk beyond 2^53', `${chunked}20000000000000\r\n`],
    ['a chunk size of a thousand digits', `${chunked}${'f'.repeat(1000)}\r\n`],
  ])('%s is too much', (_what, text) => {
    expect(readText(text, { eof: false }).error).toBe('ERR_MIX_HTTP_TOO_LARGE');
  });

  test('whitespace by the kilobyte costs no more than other bytes', () => {
    const spaces = ' '.repeat(maxSectionBytes - 1000);
    // The quickest of several tries: on a busy machine, one or the other has to wait.
    const times = Array.from({ length: 5 }, () => {
      const started = performance.now();
      expect(readText(`${ok}A: a${spaces}b\r\nConnection: x${' '.repeat(500)}y\r\n\r\n`).error).toBeUndefined();
      expect(readText(`${ok}A${spaces}b: c\r\n\r\n`).error).toBe('ERR_MIX_HTTP_MALFORMED');
      return performance.now() - started;
    });
    expect(Math.min(...times)).toBeLessThan(1000);
  });
});

describe('a connection that ends too early is an error', () => {
  test.each([
    ['before the first byte of the answer', ''],
    ['in the head of the answer', 'HTTP/1.1 20'],
    ['in the head of the answer', `${ok}Content-Le`],
    ['in the head of the answer', 'HTTP/1.1 100 Continue\r\n\r\n'],
    ['3 bytes before the end of the body', `${ok}Content-Length: 5\r\n\r\nhe`],
    ['in a chunked body, before its last chunk', `${ok}Transfer-Encoding: chunked\r\n\r\n`],
    ['in a chunked body, before its last chunk', `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhe`],
    ['in a chunked body, before its last chunk', `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`],
    ['in the trailers of a chunked body', `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\n`],
    ['in the trailers of a chunked body', `${ok}Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n`],
  ])('%s: %j', (where, text) => {
    const reader = new ResponseReader({ method: 'GET' });
    [...reader.feed(bytes(text))];
    expect(reader.started).toBe(text !== '');
    expect(() => [...reader.finish()]).toThrow(
      expect.objectContaining({ code: 'ERR_MIX_HTTP_TRUNCATED', message: `The connection ended ${where}.` }),
    );
  });
});

describe('however the stream is sliced', () => {
  const corpus = [
    `HTTP/1.1 103 -\r\nLink: <a>\r\n\r\n${ok}Content-Length: 11\r\n\r\nhello world`,
    `${ok}Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n!\r\n0\r\nDigest: x\r\n\r\n`,
    `${ok}\r\nuntil the end`,
    `${ok}A: b\r\n c\r\n\r\n`,
    `${ok}A: b\rc\r\n\r\n`,
    `${ok}Transfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n0\r\n\r\n`,
    'HTTP/1.0 200 -\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n',
  ];
  const mutated = fc
    .tuple(
      fc.constantFrom(...corpus),
      fc.array(fc.tuple(fc.nat(), fc.constantFrom('\r', '\n', '\r\n', ' ', '\0', ':', ';', '0', 'f', 'A', 'é', ''))),
    )
    .map(([text, edits]) =>
      edits.slice(0, 4).reduce((before, [at, inserted]) => {
        const place = at % (before.length + 1);
        return before.slice(0, place) + inserted + before.slice(place + (at % 3));
      }, text),
    );
  const method = fc.constantFrom('GET', 'HEAD', 'POST', 'CONNECT');

  test('the result is the same, for good and bad responses', () => {
    fc.assert(
      fc.property(mutated, method, fc.array(fc.nat({ max: 40 })), (text, requestMethod, cuts) => {
        const whole = readText(text, { method: requestMethod });
        expect(settled(read(sliced(bytes(text), cuts), { method: requestMethod }))).toEqual(settled(whole));
        const single = [...bytes(text)].map(byte => Uint8Array.of(byte));
        expect(settled(read(single, { method: requestMethod }))).toEqual(settled(whole));
      }),
      { numRuns: 2000 },
    );
  });

  test('random bytes bring nothing but our own errors', () => {
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 200 }).map(tail => concatBytes(bytes(ok), tail)),
      fc
        .uint8Array({ maxLength: 200 })
        .map(tail => concatBytes(bytes(`${ok}Transfer-Encoding: chunked\r\n\r\n`), tail)),
    );
    fc.assert(
      fc.property(garbage, method, (input, requestMethod) => {
        const { error, end } = read([input], { method: requestMethod });
        expect(error !== undefined || end !== undefined).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  /**
   * Bytes after the end are one thing in the same slice and another later, but both mean that the connection is not
   * reusable.
   */
  function settled(reading: Reading): Reading {
    if (reading.end === undefined || reading.error === undefined) return reading;
    const { error: _, ...rest } = reading;
    return { ...rest, end: { ...reading.end, reusable: false } };
  }

  function sliced(whole: Uint8Array, cuts: readonly number[]): Uint8Array[] {
    const slices: Uint8Array[] = [];
    let offset = 0;
    for (const cut of cuts) {
      slices.push(whole.subarray(offset, offset + cut));
      offset += cut;
    }
    return [...slices, whole.subarray(offset)];
  }
});

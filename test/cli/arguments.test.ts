import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../src/cli/arguments.ts';
import { CommandError, type FetchCommand } from '../../src/cli/command.ts';
import { allOptions } from '../../src/cli/options.ts';

const url = 'https://shop.test/a';

function fetchOf(...args: string[]): FetchCommand {
  const command = parseCommandLine(args);
  if (command.kind !== 'fetch') throw new Error(`it is ${command.kind}`);
  return command;
}

function errorOf(...args: string[]): CommandError {
  try {
    parseCommandLine(args);
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
  throw new Error('there is no error');
}

describe('the least that can be said', () => {
  test('is a URL: a GET, to standard output, over the public network', () => {
    expect(fetchOf(url)).toEqual({
      kind: 'fetch',
      transfers: [{ url: new URL(url), credentials: undefined, output: undefined }],
      method: 'GET',
      keepMethod: false,
      headers: [],
      body: undefined,
      query: [],
      maxRedirects: undefined,
      include: false,
      fail: false,
      writeOut: undefined,
      silent: false,
      showError: false,
      verbose: false,
      timeouts: { connectMs: undefined, totalMs: undefined },
      network: {
        api: [],
        gateway: undefined,
        exits: [],
        secureGateway: false,
        devnet: false,
        cacert: undefined,
        dataDir: undefined,
        passphraseFile: undefined,
      },
    });
  });

  test.each([
    ['help', ['-h']],
    ['help', ['--help', '-d', 'a', '-F', 'b=c']],
    ['version', ['-V']],
    ['version', ['--version', url]],
    ['devnet', ['devnet']],
    ['help', ['devnet', '--help']],
  ])('or %s: %j', (kind, args) => {
    expect(parseCommandLine(args).kind).toBe(kind);
  });
});

describe('the URL', () => {
  test.each([
    ['shop.test', 'https://shop.test/'],
    ['shop.test:8080/a?b#c', 'https://shop.test:8080/a?b#c'],
    ['localhost:3000/x', 'https://localhost:3000/x'],
    ['HTTP://SHOP.test', 'http://shop.test/'],
    ['http://[::1]:80/', 'http://[::1]/'],
  ])('%s is %s', (given, meant) => {
    expect(fetchOf(given).transfers[0].url.href).toBe(meant);
  });

  test('gives its credentials away, decoded', () => {
    const [transfer] = fetchOf('https://me:p%40ss@shop.test/').transfers;
    expect([transfer.url.href, transfer.credentials]).toEqual(['https://shop.test/', 'me:p@ss']);
  });

  test.each([
    [3, 'http://'],
    [3, 'https://shop test/'],
    [3, 'shop.test:99999'],
    [1, 'ftp://shop.test/'],
    [1, 'file:///etc/passwd'],
  ])('exits with %i: %s', (code, given) => {
    expect(errorOf(given).exitCode).toBe(code);
  });

  test('is never part of an error', () => {
    expect(errorOf('https://secret host/').message).not.toContain('secret');
  });

  test('several of them have an output each, in order', () => {
    const { transfers } = fetchOf('-o', 'one', 'a.test/1', 'a.test/2', '-O', 'a.test/3', '-o', '-', 'a.test/4');
    expect(transfers.map(({ url, output }) => [url.pathname, output])).toEqual([
      ['/1', 'one'],
      ['/2', '2'],
      ['/3', undefined],
      ['/4', undefined],
    ]);
  });

  test('names the file of -O by its last part, which is no way out of the directory', () => {
    expect(fetchOf('-O', 'a.test/dir/file.txt?x#y').transfers[0].output).toBe('file.txt');
    expect(fetchOf('-O', 'a.test/dir/..%2f..%2fetc').transfers[0].output).toBe('..%2f..%2fetc');
    expect(errorOf('-O', 'a.test/dir/').exitCode).toBe(23);
    expect(errorOf('-O', 'a.test/dir/..').exitCode).toBe(23);
    expect(errorOf('-O', 'a.test/a\\..\\').exitCode).toBe(23);
  });
});

describe('the method', () => {
  test.each([
    ['GET', [url]],
    ['HEAD', ['-I', url]],
    ['POST', ['-d', 'a', url]],
    ['POST', ['--json', '{}', url]],
    ['POST', ['-F', 'a=b', url]],
    ['PUT', ['-T', 'file', url]],
    ['GET', ['-G', '-d', 'a', url]],
    ['HEAD', ['-G', '-I', '-d', 'a', url]],
    ['PATCH', ['-X', 'PATCH', '-d', 'a', url]],
    ['DELETE', ['-XDELETE', url]],
  ])('is %s: %j', (method, args) => {
    expect(fetchOf(...args).method).toBe(method);
  });
});

describe('the data', () => {
  const text = (prefix: string, content: string, treatment = 'as it is') => ({
    prefix,
    content: { text: content },
    treatment,
  });
  const file = (prefix: string, content: string, treatment = 'as it is') => ({
    prefix,
    content: { file: content },
    treatment,
  });

  test('is joined by & in its order, with files and encodings', () => {
    const { body, headers } = fetchOf(
      ...['-d', 'a=1', '--data-raw', '@b', '-d', '@form.txt', '--data-binary', '@-', '-d', '-5', '-d', ''],
      ...[
        '--data-urlencode',
        'x y',
        '--data-urlencode',
        '=x=y',
        '--data-urlencode',
        'n=x@y',
        '--data-urlencode',
        'n@f',
        url,
      ],
    );
    expect(body).toEqual({
      kind: 'data',
      parts: [
        text('', 'a=1'),
        text('&', '@b'),
        file('&', 'form.txt', 'without line ends'),
        file('&', '-'),
        text('&', '-5'),
        text('&', ''),
        text('&', 'x y', 'percent-encoded'),
        text('&', 'x=y', 'percent-encoded'),
        text('&n=', 'x@y', 'percent-encoded'),
        file('&n=', 'f', 'percent-encoded'),
      ],
    });
    expect(headers).toEqual([['Content-Type', 'application/x-www-form-urlencoded']]);
  });

  test('as JSON is joined by nothing, and asks for JSON', () => {
    const { body, headers } = fetchOf('--json', '{"a":', '--json', '@rest.json', url);
    expect(body).toEqual({ kind: 'data', parts: [text('', '{"a":'), file('', 'rest.json')] });
    expect(headers).toEqual([
      ['Content-Type', 'application/json'],
      ['Accept', 'application/json'],
    ]);
  });

  test('goes into the query with -G, and takes its headers along', () => {
    const { body, query, headers } = fetchOf('-G', '-d', 'a=1', '--data-urlencode', 'b=ü', url);
    expect([body, query, headers]).toEqual([undefined, [text('', 'a=1'), text('&b=', 'ü', 'percent-encoded')], []]);
  });

  test('may be a form', () => {
    const args = ['a=b=c', 'f=@dir/x.png;type=image/png;filename=y.png', 'g=@x', 't=<notes.txt', 'e='].flatMap(
      field => ['-F', field],
    );
    expect(fetchOf(...args, url).body).toEqual({
      kind: 'form',
      fields: [
        { name: 'a', content: { text: 'b=c' } },
        { name: 'f', content: { file: 'dir/x.png' }, upload: { filename: 'y.png', type: 'image/png' } },
        { name: 'g', content: { file: 'x' }, upload: { filename: undefined, type: undefined } },
        { name: 't', content: { file: 'notes.txt' } },
        { name: 'e', content: { text: '' } },
      ],
    });
  });

  test('may be a file, which names itself where the URL ends with a slash', () => {
    const command = fetchOf('-T', 'dir/a b.txt', 'a.test/up/', 'a.test/up/c');
    expect(command.body).toEqual({ kind: 'upload', file: 'dir/a b.txt' });
    expect(command.transfers.map(({ url }) => url.pathname)).toEqual(['/up/a%20b.txt', '/up/c']);
    expect(fetchOf('-T', '-', 'a.test/up/').transfers[0].url.pathname).toBe('/up/');
  });
});

describe('the headers', () => {
  test('are those given, beside those that options make', () => {
    const { headers } = fetchOf(
      ...['-H', 'X-A: b: c ', '-H', 'x-a:d', '-H', 'Empty;', '-A', 'me', '-u', 'näme:p:w', '-H', 'Accept: text/plain'],
      ...['--json', '1', '-H', 'content-type:', url],
    );
    expect(headers).toEqual([
      ['Authorization', `Basic ${Buffer.from('näme:p:w').toString('base64')}`],
      ['User-Agent', 'me'],
      ['X-A', 'b: c'],
      ['x-a', 'd'],
      ['Empty', ''],
      ['Accept', 'text/plain'],
    ]);
  });

  test('go out as UTF-8', () => {
    expect(fetchOf('-H', 'X: é', url).headers).toEqual([['X', '\u00c3\u00a9']]);
  });

  test.each(['X', 'X Y: z', ': z', 'X: a\nb', 'X: a\0', 'Ä: b'])('cannot be %j', line => {
    expect(errorOf('-H', line, url).exitCode).toBe(2);
  });
});

describe('the limits', () => {
  test('are seconds, with fractions; 0 is none', () => {
    expect(fetchOf('-m', '1.5', '--connect-timeout', '.25', url).timeouts).toEqual({ totalMs: 1500, connectMs: 250 });
    expect(fetchOf('-m', '0', url).timeouts.totalMs).toBeUndefined();
  });

  test('of redirects hold with -L only', () => {
    expect(fetchOf('-L', url).maxRedirects).toBe(50);
    expect(fetchOf('-L', '--max-redirs', '0', url).maxRedirects).toBe(0);
    expect(fetchOf('-L', '--max-redirs', '-1', url).maxRedirects).toBe(Number.POSITIVE_INFINITY);
    expect(fetchOf('--max-redirs', '5', url).maxRedirects).toBeUndefined();
  });
});

test('letters can stand together, the last with its value', () => {
  expect(fetchOf('-sSfLo', 'out', '-w%{http_code}', url)).toMatchObject({
    silent: true,
    showError: true,
    fail: true,
    maxRedirects: 50,
    transfers: [{ output: 'out' }],
    writeOut: '%{http_code}',
  });
});

test('the network can be chosen', () => {
  const args = [
    '--api',
    'http://127.0.0.1:1/',
    '--api',
    'https://b.test',
    '--gateway',
    'G',
    '--exit',
    'A',
    '--exit',
    'B',
  ];
  const kept = ['--data-dir', 'dir', '--passphrase-file', 'secret', '--secure-gateway'];
  expect(fetchOf(...args, '--cacert', 'ca.pem', ...kept, url).network).toEqual({
    api: ['http://127.0.0.1:1/', 'https://b.test'],
    gateway: 'G',
    exits: ['A', 'B'],
    secureGateway: true,
    devnet: false,
    cacert: 'ca.pem',
    dataDir: 'dir',
    passphraseFile: 'secret',
  });
  expect(fetchOf('--devnet', url).network.devnet).toBe(true);
});

describe('it is an error, and says so', () => {
  test.each([
    ['no URL given', []],
    ['there is no option --nope', ['--nope', url]],
    ['there is no option -Z', ['-Z', url]],
    ['there is no option --no-silent', ['--no-silent', url]],
    ['the option -d needs a value', [url, '-d']],
    ['the option --silent takes no value', ['--silent=1', url]],
    ['there are more -o and -O than URLs', ['-o', 'a', '-O', url]],
    ['a request has one body', ['-d', 'a', '-F', 'a=b', url]],
    ['a request has one body', ['-d', 'a', '-T', 'f', url]],
    ['-I asks for the headers', ['-I', '-d', 'a', url]],
    ['-G goes with data only', ['-G', '-F', 'a=b', url]],
    ['a form field is written', ['-F', 'a', url]],
    ['a type belongs to a file', ['-F', 'a={};type=application/json', url]],
    ['the name of a file is missing', ['-d', '@', url]],
    ['-u is given as NAME:PASSWORD', ['-u', 'me', url]],
    ['--max-time is a number of seconds', ['-m', 'soon', url]],
    ['--max-time is a number of seconds', ['-m', '-1', url]],
    ['--connect-timeout is a number of seconds', ['--connect-timeout', '1e3', url]],
    ['--max-redirs is a number', ['-L', '--max-redirs', '-2', url]],
    ['--api is a URL', ['--api', 'validator', url]],
    ['--devnet brings its own network', ['--devnet', '--exit', 'a', url]],
    ['takes no arguments', ['devnet', url]],
    ['takes no arguments', ['devnet', '-s']],
  ])('%s: %j', (message, args) => {
    const error = errorOf(...args);
    expect(error.message).toContain(message);
    expect(error.exitCode).toBe(2);
  });

  test.each(['-k', '--insecure', '-sk'])('and why there is no %s', option => {
    expect(errorOf(option, url).message).toContain('--cacert');
  });
});

test('whatever the arguments are, they are a command or an error of the command line', () => {
  const names = Object.keys(allOptions).map(name => `--${name}`);
  const letters = [...'XHdFToOLiIsSfvwAumGhVk'].map(letter => `-${letter}`);
  const values = [
    '',
    '-',
    '@',
    '@f',
    'a=b',
    'a=@b;type=',
    '<',
    ':',
    'a: b',
    '5',
    'https://shop.test/',
    'devnet',
    'socks5',
    'client',
    'init',
    'true',
    '--',
    '=',
  ];
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(...names, ...letters, ...values), fc.string())), args => {
      try {
        parseCommandLine(args);
      } catch (error) {
        expect(error).toBeInstanceOf(CommandError);
      }
    }),
    { numRuns: 2000 },
  );
});

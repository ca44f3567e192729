import { existsSync } from 'node:fs';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { FetcherOptions } from '../../src/cli/machinery.ts';
import { MixnetError } from '../../src/errors.ts';
import { createAuthority } from '../support/certificates.ts';
import type { Echo } from '../support/origin.ts';
import { type Bench, bench } from './bench.ts';

const authority = await createAuthority();

async function echo({ mixfetch }: Bench, ...args: readonly string[]): Promise<Echo> {
  const { code, stdout, stderr } = await mixfetch(...args);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Echo;
}

describe('a URL', () => {
  test('gives its body to standard output, and nothing else', async () => {
    const { mixfetch } = await bench();
    expect(await mixfetch('http://shop.test/json')).toEqual({ code: 0, stdout: '{"answer":42}', stderr: '' });
  });

  test('asks for a name that only the exit resolves', async () => {
    const { mixfetch, exit } = await bench();
    await mixfetch('http://shop.test:8000/json');
    expect(exit.asked).toMatchObject([{ hostname: 'shop.test', port: 8000 }]);
  });

  test('without scheme is https, and its authority can be named', async () => {
    const certificate = await authority.issue({ hosts: ['shop.test'] });
    const { mixfetch, write } = await bench({ certificate });
    const ca = write('ca.pem', authority.certificate);
    expect(await mixfetch('--cacert', ca, 'shop.test/json')).toMatchObject({ code: 0, stdout: '{"answer":42}' });
    expect(await mixfetch('--cacert', ca, 'other.test/json')).toMatchObject({ code: 60, stdout: '' });
    expect(await mixfetch('shop.test/json')).toMatchObject({
      code: 60,
      stderr: expect.stringMatching(/^mixfetch: \(60\) The certificate .* \[ERR_MIX_TLS_CERTIFICATE\]\n$/),
    });
  });

  test('may be one of several, over one client; the last failure is the exit code', async () => {
    const { start, read, path, clients } = await bench();
    const urls = ['http://shop.test/json', 'http://shop.test/garbage', 'http://shop.test/close'];
    const { code, stdout } = await start(['-s', '-o', path('one'), ...urls]);
    expect([code, stdout, read('one')]).toEqual([8, 'good-bye', '{"answer":42}']);
    expect(clients).toHaveLength(1);
  });
});

test('the client can be kept in a directory, sealed by a passphrase', async () => {
  const { mixfetch, clients, path, write, read } = await bench();
  const kept = ['--data-dir', path('kept'), '--passphrase-file', write('secret', 'pass phrase\n')];
  expect(await mixfetch(...kept, '--secure-gateway', 'http://shop.test/json')).toMatchObject({ code: 0 });
  const [client] = clients;
  expect(client?.secureGateway).toBe(true);
  await client?.storage?.store('client', Buffer.from('who it is'));
  expect(read('kept/client')).toMatch(/^seal(?!.*who it is)/s);
});

describe('a request', () => {
  test('carries the headers given', async () => {
    const setup = await bench();
    const { headers } = await echo(setup, '-H', 'X-One: 1', '-A', 'me', '-H', 'X-Two;', 'http://me:pw@shop.test/echo');
    const authorization = `Basic ${Buffer.from('me:pw').toString('base64')}`;
    expect(headers).toMatchObject({ 'x-one': '1', 'x-two': '', 'user-agent': 'me', authorization });
  });

  test('posts data, of arguments, files and standard input', async () => {
    const setup = await bench();
    const file = setup.write('data', 'two\r\n3\n');
    const { stdout } = await setup.start(
      [
        '-d',
        'a=1',
        '-d',
        `@${file}`,
        '--data-binary',
        `@${file}`,
        '--data-urlencode',
        'x=é&\n',
        '-d',
        '@-',
        'http://shop.test/echo',
      ],
      { stdin: 'from\noutside' },
    );
    const { method, headers, body } = JSON.parse(stdout) as Echo;
    expect([method, headers['content-type']]).toEqual(['POST', 'application/x-www-form-urlencoded']);
    expect(body).toBe('a=1&two3&two\r\n3\n&x=%C3%A9%26%0A&fromoutside');
    expect(headers['content-length']).toBe(String(body.length));
  });

  test('posts JSON', async () => {
    const { method, headers, body } = await echo(await bench(), '--json', '{"a":1}', 'http://shop.test/echo');
    expect([method, body]).toEqual(['POST', '{"a":1}']);
    expect(headers).toMatchObject({ 'content-type': 'application/json', accept: 'application/json' });
  });

  test('puts data into the query with -G', async () => {
    const { method, url, body } = await echo(
      await bench(),
      '-G',
      '-d',
      'b=2',
      '--data-urlencode',
      'c=&',
      'http://shop.test/echo?a=1',
    );
    expect([method, url, body]).toEqual(['GET', '/echo?a=1&b=2&c=%26', '']);
  });

  test('posts a form with files', async () => {
    const setup = await bench();
    const file = setup.write('x.txt', 'of a file');
    const { headers, body } = await echo(
      setup,
      ...['-F', 'a=1', '-F', `f=@${file}`, '-F', `g=@${file};type=text/plain;filename=y.txt`, '-F', `t=<${file}`],
      'http://shop.test/echo',
    );
    expect(headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    const form = await new Response(Buffer.from(body, 'latin1'), {
      headers: { 'content-type': headers['content-type'] ?? '' },
    }).formData();
    const [f, g] = [form.get('f') as File, form.get('g') as File];
    expect([form.get('a'), form.get('t')]).toEqual(['1', 'of a file']);
    expect([f.name, f.type, await f.text()]).toEqual(['x.txt', 'application/octet-stream', 'of a file']);
    expect([g.name, g.type, await g.text()]).toEqual(['y.txt', 'text/plain', 'of a file']);
  });

  test('puts a file with its length, and standard input without', async () => {
    const setup = await bench();
    const file = setup.write('up.bin', new Uint8Array(100_000).fill(65));
    const put = await echo(setup, '-T', file, 'http://shop.test/echo');
    expect([put.method, put.body.length, put.headers['content-length']]).toEqual(['PUT', 100_000, '100000']);

    const { stdout } = await setup.start(['-T', '-', 'http://shop.test/echo'], { stdin: 'streamed' });
    const streamed = JSON.parse(stdout) as Echo;
    expect([streamed.body, streamed.headers['transfer-encoding']]).toEqual(['streamed', 'chunked']);
  });

  test('asks for the headers only with -I', async () => {
    const setup = await bench();
    const { stdout } = await setup.mixfetch('-I', 'http://shop.test/json');
    expect(stdout).toMatch(/^HTTP\/1\.1 200 OK\r\ncontent-type: application\/json\r\n(.+\r\n)+\r\n$/);
    expect(setup.origin.requests).toEqual(['HEAD /json']);
  });
});

describe('an answer', () => {
  test('goes to files', async () => {
    const { mixfetch, path, read } = await bench();
    expect(await mixfetch('-o', path('a'), 'http://shop.test/json')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(read('a')).toBe('{"answer":42}');
    await mixfetch('-o', path('empty'), 'http://shop.test/status/204');
    expect(read('empty')).toBe('');
  });

  test('of many megabytes arrives whole', async () => {
    const { mixfetch, path, read } = await bench();
    await mixfetch('-o', path('big'), 'http://shop.test/bytes/5000000');
    expect(read('big')).toHaveLength(5_000_000);
  });

  test('is followed by what -w says, also from a file or standard input', async () => {
    const { mixfetch, start, write } = await bench();
    const url = 'http://shop.test/json';
    expect(await mixfetch('-w', ' %{http_code}', url)).toMatchObject({ stdout: '{"answer":42} 200' });
    expect(await mixfetch('-w', `@${write('format', ' %{size_download}\n')}`, url)).toMatchObject({
      stdout: '{"answer":42} 13\n',
    });
    const { stdout } = await start(['-w', '@-', url], { stdin: ' %{method}' });
    expect(stdout).toBe('{"answer":42} GET');
  });

  test('is decoded', async () => {
    const { mixfetch } = await bench();
    expect((await mixfetch('--compressed', 'http://shop.test/gzip')).stdout).toContain('The quick brown fox');
  });

  test('comes with its headers by -i, byte for byte', async () => {
    const { mixfetch } = await bench();
    expect((await mixfetch('-i', 'http://shop.test/latin1')).stdout).toBe(
      'HTTP/1.1 200 Très bien\r\nX-Name: café\r\nContent-Length: 0\r\n\r\n',
    );
  });

  test('of 400 and more fails by -f, without a body', async () => {
    const { mixfetch } = await bench();
    expect(await mixfetch('http://shop.test/nothing')).toMatchObject({ code: 0, stdout: 'no such route' });
    expect(await mixfetch('-f', 'http://shop.test/nothing')).toEqual({
      code: 22,
      stdout: '',
      stderr: 'mixfetch: (22) the status of the answer is 404\n',
    });
    expect(await mixfetch('-sf', 'http://shop.test/nothing')).toEqual({ code: 22, stdout: '', stderr: '' });
    expect((await mixfetch('-sSf', 'http://shop.test/nothing')).stderr).toContain('404');
  });
});

describe('a redirect', () => {
  test('is an answer like any other without -L', async () => {
    const { mixfetch } = await bench();
    const { stdout } = await mixfetch('-w', ' %{http_code} %{redirect_url}', 'http://shop.test/redirect/302?to=/json');
    expect(stdout).toBe('moved 302 http://shop.test/json');
  });

  test('is followed with -L', async () => {
    const { mixfetch } = await bench();
    const { stdout } = await mixfetch('-L', '-w', ' %{num_redirects} %{url_effective}', 'http://shop.test/countdown/3');
    expect(stdout).toBe('landed 3 http://shop.test/countdown/0');
  });

  test('shows each of its heads with -i', async () => {
    const { mixfetch } = await bench();
    const { stdout } = await mixfetch('-iL', 'http://shop.test/redirect/302?to=/json');
    expect(stdout.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 302', 'HTTP/1.1 200']);
    expect(stdout).not.toContain('moved');
  });

  test('is followed so many times and no more', async () => {
    const { mixfetch } = await bench();
    expect(await mixfetch('-L', '--max-redirs', '3', 'http://shop.test/countdown/3')).toMatchObject({ code: 0 });
    expect(await mixfetch('-L', '--max-redirs', '2', 'http://shop.test/countdown/3')).toMatchObject({
      code: 47,
      stderr: 'mixfetch: (47) there are more than 2 redirects\n',
    });
    expect(await mixfetch('-L', 'http://shop.test/countdown/51')).toMatchObject({ code: 47 });
    expect(await mixfetch('-L', '--max-redirs', '-1', 'http://shop.test/countdown/51')).toMatchObject({ code: 0 });
  });

  test('takes the body along after 307, and a login to the same origin only', async () => {
    const setup = await bench();
    const same = await echo(setup, '-L', '-u', 'me:pw', '-d', 'a', 'http://shop.test/redirect/307?to=/echo');
    expect([same.method, same.body, same.headers['authorization']]).toEqual(['POST', 'a', expect.any(String)]);
    const to = encodeURIComponent('http://other.test/echo');
    const other = await echo(setup, '-L', '-u', 'me:pw', '-d', 'a', `http://shop.test/redirect/307?to=${to}`);
    expect([other.method, other.body, other.headers['authorization']]).toEqual(['POST', 'a', undefined]);
    const get = await echo(setup, '-L', '-d', 'a', 'http://shop.test/redirect/303?to=/echo');
    expect([get.method, get.body, get.headers['content-type']]).toEqual(['GET', '', undefined]);
  });

  test('cannot take standard input along', async () => {
    const { start } = await bench();
    const outcome = await start(['-L', '-T', '-', 'http://shop.test/redirect/307?to=/echo'], { stdin: 'once' });
    expect(outcome).toMatchObject({ code: 65, stdout: '' });
  });
});

describe('it fails, says why, and exits with', () => {
  const refusals = {
    'nowhere.test': new MixnetError('ERR_MIX_EXIT_REFUSED'),
    'down.test': new MixnetError('ERR_MIX_EXIT_DIAL_FAILED'),
  };
  test.each([
    [1, 'the protocol "ftp"', 'ftp://shop.test/'],
    [3, 'the URL is malformed', 'http://shop test/'],
    [6, 'the name does not resolve', 'http://nowhere.test/'],
    [7, 'could not open a TCP connection', 'http://down.test/'],
    [8, 'it does not begin with "HTTP/1."', 'http://shop.test/garbage'],
    [18, 'before the end of the body', 'http://shop.test/short-length'],
    [18, 'before its last chunk', 'http://shop.test/short-chunks'],
    [35, 'wrong version number', 'https://shop.test/'],
    [52, 'before the first byte', 'http://shop.test/empty'],
    [61, '[ERR_MIX_HTTP_ENCODING]', 'http://shop.test/gzip-corrupt'],
    [100, 'the head is longer than', 'http://shop.test/endless-head'],
  ])('%i: %s', async (code, message, url) => {
    const { mixfetch } = await bench({ exit: { refusals } });
    const outcome = await mixfetch('-w', '%{exitcode}', '-o', '/dev/null', url);
    expect(outcome).toMatchObject({ code, stderr: expect.stringContaining(`mixfetch: (${code}) `) });
    expect(outcome.stderr).toContain(message);
    if (code > 3) expect(outcome.stdout).toBe(String(code));
  });

  test('2 for a header that only the connection may set', async () => {
    const { mixfetch } = await bench();
    const outcome = await mixfetch('-H', 'Transfer-Encoding: gzip', 'http://shop.test/');
    expect(outcome).toMatchObject({ code: 2, stderr: expect.stringContaining('transfer-encoding') });
  });

  test('26 and 77 for files that are not there', async () => {
    const { mixfetch, path, write, clients } = await bench();
    const url = 'http://shop.test/echo';
    for (const args of [
      ['-d', '@'],
      ['-T', ''],
      ['-F', 'f=@'],
      ['-F', 'f=<'],
    ]) {
      const [option = '', prefix = ''] = args;
      expect(await mixfetch(option, prefix + path('none'), url)).toMatchObject({ code: 26, stdout: '' });
    }
    expect(await mixfetch('-w', `@${path('none')}`, url)).toMatchObject({ code: 26, stdout: '' });
    expect(await mixfetch('--cacert', path('none'), url)).toMatchObject({ code: 77 });
    expect(await mixfetch('--cacert', write('empty.pem', ''), url)).toMatchObject({ code: 77 });
    expect(clients, 'before there is a client').toEqual([]);
  });

  test('23 for a file or an output that cannot be written', async () => {
    const { mixfetch, start, path } = await bench();
    expect(await mixfetch('-o', path('no/such/folder'), 'http://shop.test/json')).toMatchObject({ code: 23 });
    const stdout = new Writable({ write: (_chunk, _encoding, written) => written(new Error('EPIPE')) });
    stdout.on('error', () => {});
    expect(await start(['http://shop.test/json'], { stdout })).toMatchObject({ code: 23 });
  });

  test('23 leaves no file behind for an answer that never came', async () => {
    const { mixfetch, path } = await bench();
    expect(await mixfetch('-o', path('a'), 'http://shop.test/garbage')).toMatchObject({ code: 8 });
    expect(existsSync(path('a'))).toBe(false);
  });

  test('28 after --max-time and --connect-timeout', async () => {
    const { mixfetch, clients } = await bench({ exit: { silent: ['silent.test'] } });
    const url = 'http://shop.test/silence-before-end';
    expect(await mixfetch('-m', '2', url)).toMatchObject({ code: 28, stdout: 'first' });
    expect(await mixfetch('--connect-timeout', '.2', 'http://silent.test/')).toMatchObject({ code: 28 });
    expect(clients.at(-1)).toEqual({ timeouts: { setup: 200, connect: 200 } });
  });

  test('130 when interrupted, without a word', async () => {
    const { start, origin } = await bench();
    const controller = new AbortController();
    const running = start(['http://shop.test/silence'], { signal: controller.signal });
    await expect.poll(() => origin.requests).toEqual(['GET /silence']);
    controller.abort(new Error('SIGINT'));
    expect(await running).toEqual({ code: 130, stdout: '', stderr: '' });
    await expect.poll(() => origin.open).toBe(0);
  });

  test.each(['-d@-', '-Ff=@-', '-T-', '-w@-'])(
    '130 when interrupted while standard input goes on, for %s',
    async option => {
      const { start } = await bench();
      const [controller, stdin] = [new AbortController(), new PassThrough()];
      stdin.write('a');
      const running = start([option, 'http://shop.test/echo'], { signal: controller.signal, stdin });
      await expect.poll(() => stdin.readableLength).toBe(0);
      controller.abort(new Error('SIGINT'));
      expect(await running).toEqual({ code: 130, stdout: '', stderr: '' });
      await expect.poll(() => stdin.destroyed).toBe(true);
    },
  );
});

describe('on standard error', () => {
  test('-v tells what goes on', async () => {
    const { mixfetch } = await bench();
    const { stdout, stderr } = await mixfetch('-v', '-H', 'X-One: 1', 'http://shop.test/json?a');
    expect(stdout).toBe('{"answer":42}');
    expect(stderr).toMatch(
      /^\* Connected to the mixnet in .*\n> GET \/json\?a\n> host: shop\.test\n> X-One: 1\n< HTTP\/1\.1 200 OK\n< content-type: /,
    );
  });

  test('a terminal shows progress while something goes on, and nothing of it after', async () => {
    const { start } = await bench();
    const { stderr } = await start(['http://shop.test/drip/30'], { terminal: true });
    expect(stderr).toMatch(/\d+ B … \d\.\d s/);
    expect(stderr.endsWith('\r\x1b[2K')).toBe(true);
    expect((await start(['-s', 'http://shop.test/drip/15'], { terminal: true })).stderr).toBe('');
  });
});

describe('the network', () => {
  test('is the one asked for', async () => {
    const { mixfetch, clients } = await bench();
    await mixfetch('--api', 'http://127.0.0.1:1/', '--gateway', 'G', '--exit', 'E', 'http://shop.test/json');
    await mixfetch('http://shop.test/json');
    expect(clients).toEqual([{ api: ['http://127.0.0.1:1/'], gateway: 'G', exits: ['E'] }, {}]);
  });

  test('may be a devnet for this one call, which is closed after it', async () => {
    const refusals = { 'nowhere.test': new MixnetError('ERR_MIX_EXIT_REFUSED') };
    const { start, clients } = await bench({ exit: { refusals } });
    const devnet = devnetStub();
    const outcome = await start(['--devnet', 'http://shop.test/json'], { machinery: devnet.machinery });
    expect(outcome).toEqual({ code: 0, stdout: '{"answer":42}', stderr: '' });
    expect(clients).toEqual([{ api: ['http://127.0.0.1:7777/api'] }]);
    expect(devnet.events).toEqual(['started', 'closed']);

    const remote = await start(['--devnet', 'http://nowhere.test/'], { machinery: devnet.machinery });
    expect(remote).toMatchObject({ code: 6, stderr: expect.stringContaining('reaches this machine only') });
  });

  test('is a devnet that runs until it is interrupted, and explains itself', async () => {
    const { start } = await bench();
    const devnet = devnetStub();
    const controller = new AbortController();
    const running = start(['devnet'], { machinery: devnet.machinery, signal: controller.signal });
    await expect.poll(() => devnet.events).toEqual(['started']);
    controller.abort();
    const { code, stdout, stderr } = await running;
    expect([code, stdout]).toEqual([130, 'http://127.0.0.1:7777/api\n']);
    expect(stderr).toContain('mixfetch --api http://127.0.0.1:7777/api http://localhost:3000/');
    expect(devnet.events).toEqual(['started', 'closed']);
  });

  test('failing, is the exit code', async () => {
    const { start } = await bench();
    const createMixFetch = (_: FetcherOptions) =>
      Object.assign(() => Promise.reject(new Error('unused')), {
        ready: () => Promise.reject(new MixnetError('ERR_MIX_DIRECTORY_UNREACHABLE')),
        close: () => Promise.resolve(),
      });
    expect(await start(['shop.test'], { machinery: { createMixFetch } })).toEqual({
      code: 110,
      stdout: '',
      stderr: 'mixfetch: (110) No directory URL answered. [ERR_MIX_DIRECTORY_UNREACHABLE]\n',
    });
  });

  function devnetStub() {
    const events: string[] = [];
    const startDevnet = async () => {
      events.push('started');
      const close = async (): Promise<void> => void events.push('closed');
      return { api: 'http://127.0.0.1:7777/api', mixNodes: [], gateways: [], exits: [], close };
    };
    return { events, machinery: { startDevnet } };
  }
});

describe('--help and --version', () => {
  test('go to standard output, and exit with 0', async () => {
    const { mixfetch, clients } = await bench();
    expect(await mixfetch('--help')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('Usage: mixfetch'),
    });
    expect(await mixfetch('-V')).toEqual({ code: 0, stderr: '', stdout: 'mixfetch 1.2.3\n' });
    expect(clients).toEqual([]);
  });

  test('without arguments, the way to them is shown', async () => {
    const { mixfetch } = await bench();
    expect(await mixfetch()).toEqual({
      code: 2,
      stdout: '',
      stderr: 'mixfetch: (2) no URL given; try "mixfetch --help"\n',
    });
  });
});

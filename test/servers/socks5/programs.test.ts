/** Programs that know nothing of the mixnet, unmodified, through `mixfetch socks5` as a process of its own. */

import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Devnet, startDevnet } from '../../../src/devnet/index.ts';
import { createAuthority } from '../../support/certificates.ts';
import { launchChromium, openTab } from '../../support/chromium.ts';
import { type RunningCommand, startCommand, statusOf } from '../../support/command.ts';
import { type Origin, startOrigin } from '../../support/origin.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'mixfetch-programs-'));
const at = (name: string): string => join(folder, name);
const content = randomBytes(300_000);

let origin: Origin;
let secureOrigin: Origin;
let devnet: Devnet;
let proxy: RunningCommand;
/** `127.0.0.1:port`. */
let place: string;

beforeAll(async () => {
  const authority = await createAuthority();
  writeFileSync(at('ca.pem'), authority.certificate);
  const routes: Record<string, RequestListener> = {
    '/content': (_, response) => void response.end(content),
    '/page': page,
    '/picture': picture,
    '/together/4': together(4),
    '/together/20': together(20),
  };
  origin = await startOrigin({ routes });
  secureOrigin = await startOrigin({
    certificate: await authority.issue({ hosts: ['git.test'] }),
    routes: { '/repository/info/refs': gitBackend, '/repository/git-upload-pack': gitBackend },
  });
  const hosts = { 'shop.test': origin.port, 'pictures.test': origin.port, 'git.test': secureOrigin.port };
  devnet = await startDevnet({ delayScale: 0, hosts });
  proxy = startCommand(['socks5', '--api', devnet.api, '--ephemeral', '--no-cover', '--port', '0', '--status']);
  const { url = '' } = await statusOf(proxy, 'listening');
  place = new URL(url).host;
});

afterAll(async () => {
  proxy.child.kill('SIGKILL');
  await Promise.all([proxy.ended, devnet.close(), origin.close(), secureOrigin.close()]);
  rmSync(folder, { recursive: true });
});

test('git clones by https', async () => {
  await makeRepository();
  const options = ['-c', `http.proxy=socks5h://${place}`, 'clone', '--quiet'];
  const env = { ...process.env, GIT_SSL_CAINFO: at('ca.pem') };
  await run('git', [...options, 'https://git.test/repository', at('clone')], { env });
  expect(readFileSync(at('clone/content'))).toEqual(content.subarray(0, 100_000));
  await run('git', ['-C', at('clone'), 'fsck', '--strict']);
});

test('curl fetches twenty files at once', async () => {
  const urls = Array.from({ length: 20 }, (_, i) => [
    '-o',
    at(`parallel-${i}`),
    `http://shop.test/together/20?bytes=${10_000 + i}`,
  ]);
  const options = ['-q', '-sS', '--parallel', '--parallel-immediate', '--socks5-hostname', place];
  await run('curl', [...options, ...urls.flat()]);
  expect(urls.map((_, i) => readFileSync(at(`parallel-${i}`)).length)).toEqual(urls.map((_, i) => 10_000 + i));
});

describe('proxychains brings programs that speak no SOCKS', () => {
  test('wget', async () => {
    await run('proxychains4', ['-q', '-f', chain(), 'wget', '--quiet', '-O', at('wget'), 'http://shop.test/content']);
    expect(readFileSync(at('wget'))).toEqual(content);
  });

  test('aria2, with four connections at once', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const url = 'http://shop.test/together/4?bytes=60000';
    writeFileSync(at('list'), names.map(name => `${url}\n  out=aria2-${name}\n`).join(''));
    const options = ['--no-conf', '--quiet', `--dir=${folder}`, `--input-file=${at('list')}`];
    const atOnce = ['--max-concurrent-downloads=4', '--async-dns=false'];
    await run('proxychains4', ['-q', '-f', chain(), 'aria2c', ...options, ...atOnce]);
    expect(names.map(name => readFileSync(at(`aria2-${name}`)).length)).toEqual([60_000, 60_000, 60_000, 60_000]);
  });

  const chain = () => {
    const [host, port] = place.split(':');
    const patience = ['tcp_connect_time_out 60000', 'tcp_read_time_out 60000'];
    const names = ['proxy_dns', 'remote_dns_subnet 224'];
    const lines = ['strict_chain', ...names, ...patience, '[ProxyList]', `socks5 ${host} ${port}`];
    writeFileSync(at('proxychains.conf'), `${lines.join('\n')}\n`);
    return at('proxychains.conf');
  };
});

test('Chromium shows a page with twenty pictures of two hosts', async () => {
  const browser = await launchChromium([
    `--proxy-server=socks5://${place}`,
    // Whatever would resolve a name here finds none.
    '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
  ]);
  onTestFinished(() => browser.close());
  const opened = await openTab(browser);
  await opened.goto('http://shop.test/page', { waitUntil: 'load' });
  const widths = await opened.evaluate(() => Array.from(document.images, ({ naturalWidth }) => naturalWidth));
  expect(widths).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  expect(origin.requests.filter(request => request.startsWith('GET /picture'))).toHaveLength(20);
});

test('ssh logs in, and carries data both ways', async () => {
  const port = await startSshd();
  devnet.setHost('ssh.test', port);
  const options = [
    ...['-F', 'none', '-i', at('key'), '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes'],
    ...['-o', `UserKnownHostsFile=${at('known_hosts')}`, '-o', `ProxyCommand=nc -X 5 -x ${place} %h %p`],
  ];
  const ssh = spawn('ssh', [...options, `${userInfo().username}@ssh.test`, 'sha256sum && head -c 50000 /dev/zero']);
  ssh.stdin.end(content);
  const answer: Buffer[] = [];
  for await (const bytes of ssh.stdout) answer.push(bytes as Buffer);
  const received = Buffer.concat(answer);
  const digest = createHash('sha256').update(content).digest('hex');
  expect(received.subarray(0, 64).toString()).toBe(digest);
  expect(received.subarray(received.indexOf('\n') + 1)).toEqual(Buffer.alloc(50_000));
});

/** With one commit, of a file. */
async function makeRepository(): Promise<void> {
  const git = (...args: string[]) =>
    run('git', ['-C', at('repository'), '-c', 'user.name=A', '-c', 'user.email=a@shop.test', ...args]);
  await run('git', ['init', '--quiet', at('repository')]);
  writeFileSync(at('repository/content'), content.subarray(0, 100_000));
  await git('add', '.');
  await git('commit', '--quiet', '-m', 'Add some content');
}

/** Git's own server, by CGI (RFC 3875). */
function gitBackend(request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '', 'https://git.test');
  const backend = spawn('git', ['http-backend'], {
    env: {
      ...{ PATH: process.env['PATH'], GIT_PROJECT_ROOT: folder, GIT_HTTP_EXPORT_ALL: '1' },
      ...{ PATH_INFO: pathname, QUERY_STRING: searchParams.toString(), REQUEST_METHOD: request.method },
      ...{ CONTENT_TYPE: request.headers['content-type'], HTTP_CONTENT_ENCODING: request.headers['content-encoding'] },
      ...{ GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''), REMOTE_USER: 'a', REMOTE_ADDR: '127.0.0.1' },
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  request.pipe(backend.stdin);
  const answer: Buffer[] = [];
  backend.stdout.on('data', bytes => answer.push(bytes));
  backend.once('close', () => {
    const whole = Buffer.concat(answer);
    const end = whole.indexOf('\r\n\r\n');
    for (const line of whole.subarray(0, end).toString().split('\r\n')) {
      const [, name = '', value = ''] = /^([^:]+): *(.*)$/.exec(line) ?? [];
      if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.end(whole.subarray(end + 4));
  });
}

function page(_: IncomingMessage, response: ServerResponse): void {
  const pictures = Array.from({ length: 20 }, (_, i) => {
    const host = i % 2 === 0 ? 'shop.test' : 'pictures.test';
    return `<img src="http://${host}/picture?width=${i + 1}">`;
  });
  response.setHeader('content-type', 'text/html').end(`<!doctype html><title>Pictures</title>${pictures.join('')}`);
}

/** `/picture?width=3` */
function picture(request: IncomingMessage, response: ServerResponse): void {
  const width = new URL(request.url ?? '', 'http://shop.test').searchParams.get('width');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="1"></svg>`;
  response.setHeader('content-type', 'image/svg+xml').end(svg);
}

/** Answers when so many requests are there, and so only to who makes them at once. `/together/4?bytes=1000` */
function together(count: number): RequestListener {
  let waiting: (() => void)[] = [];
  return ({ url = '' }, response) => {
    const bytes = Number(new URL(url, 'http://shop.test').searchParams.get('bytes'));
    waiting.push(() => response.end(Buffer.alloc(bytes, 'x')));
    if (waiting.length < count) return;
    for (const answer of waiting) answer();
    waiting = [];
  };
}

/** For the user of this process alone, by one key. Gives its port. */
async function startSshd(): Promise<number> {
  for (const key of ['key', 'host_key']) {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', at(key)]);
  }
  writeFileSync(at('known_hosts'), `ssh.test ${readFileSync(at('host_key.pub'), 'utf8')}`);
  const port = await freePort();
  // Where it may give up privileges, it wants a place without any.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const options = [
    ...[`ListenAddress 127.0.0.1:${port}`, `HostKey ${at('host_key')}`, `AuthorizedKeysFile ${at('key.pub')}`],
    ...['UsePAM no', 'StrictModes no', 'PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'PidFile none'],
  ];
  writeFileSync(at('sshd_config'), `${options.join('\n')}\n`);
  const sshd = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', at('sshd_config')]);
  onTestFinished(() => void sshd.kill());
  let told = '';
  sshd.stderr.on('data', bytes => (told += String(bytes)));
  await expect.poll(() => told).toContain('Server listening');
  return port;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

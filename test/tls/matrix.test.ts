/** Every group, cipher and kind of key of own TLS, against the servers of Node, OpenSSL and GnuTLS. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { createPlatform } from '#platform';
import { createOwnTls } from '../../src/tls/index.ts';
import { freePort } from './free-port.ts';
import { type Issued, issue, type KeyKind, PemConverter } from './issue.ts';
import { connectTo, tlsServer } from './servers.ts';

const root = await issue({ name: 'root', authority: {} });
const tls = createOwnTls({ ca: [root.pem] }, createPlatform());
const folder = mkdtempSync(join(tmpdir(), 'mixfetch-tls-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Version = 'TLSv1.2' | 'TLSv1.3';
type Cipher = 'AES-128-GCM' | 'AES-256-GCM' | 'CHACHA20-POLY1305';
type GroupName = 'X25519' | 'P-256' | 'P-384';

interface Case {
  readonly version: Version;
  readonly cipher: Cipher;
  readonly group: GroupName;
  readonly key: KeyKind;
}

const ciphers: Cipher[] = ['AES-128-GCM', 'AES-256-GCM', 'CHACHA20-POLY1305'];
const groupNames: GroupName[] = ['X25519', 'P-256', 'P-384'];
const otherKeys: KeyKind[] = ['P-384', 'P-521', 'RSA-2048', 'RSA-4096', 'Ed25519'];
const usual = { cipher: 'AES-256-GCM', group: 'X25519', key: 'P-256' } as const;

const cases: Case[] = (['TLSv1.3', 'TLSv1.2'] as const).flatMap(version => [
  ...ciphers.flatMap(cipher => groupNames.map(group => ({ ...usual, version, cipher, group }))),
  // RFC 8422, section 5.1: in TLS 1.2 the curve of the key must be one of the groups.
  ...otherKeys.filter(key => version === 'TLSv1.3' || key !== 'P-521').map(key => ({ ...usual, version, key })),
  ...(version === 'TLSv1.2' ? ciphers.map(cipher => ({ ...usual, version, cipher, key: 'RSA-2048' as const })) : []),
]);

const identities = new Map<KeyKind, Promise<{ cert: string; key: string; certFile: string; keyFile: string }>>();

/** The certificate and key of a server, as text and as files. */
function identity(kind: KeyKind) {
  const known = identities.get(kind) ?? makeIdentity(kind);
  identities.set(kind, known);
  return known;
}

async function makeIdentity(kind: KeyKind) {
  const server: Issued = await issue({ issuer: root, key: kind });
  const key = PemConverter.encode(await crypto.subtle.exportKey('pkcs8', server.keys.privateKey), 'PRIVATE KEY');
  const [certFile, keyFile] = [join(folder, `${kind}.crt`), join(folder, `${kind}.key`)];
  writeFileSync(certFile, `${server.pem}\n`);
  writeFileSync(keyFile, `${key}\n`);
  return { cert: server.pem, key, certFile, keyFile };
}

interface Peer {
  readonly name: string;
  /** Starts a server that speaks nothing else, and returns its port. It answers a line by a line. */
  start(it: Case): Promise<number>;
  /** What it answers `hello`. */
  readonly answer: string;
}

const node: Peer = {
  name: 'node:tls',
  answer: 'hello\n',
  async start({ version, cipher, group, key }) {
    return tlsServer(
      {
        ...(await identity(key)),
        minVersion: version,
        maxVersion: version,
        ecdhCurve: group,
        ciphers: opensslCipher(version, cipher, key),
      },
      socket => socket.pipe(socket),
    );
  },
};

const openssl: Peer = {
  name: 'openssl s_server',
  answer: 'olleh\n',
  async start({ version, cipher, group, key }) {
    const { certFile, keyFile } = await identity(key);
    const port = await freePort();
    const suite = opensslCipher(version, cipher, key);
    await run(
      'openssl',
      [
        ...['s_server', '-accept', `127.0.0.1:${port}`, '-cert', certFile, '-key', keyFile, '-rev', '-groups', group],
        ...(version === 'TLSv1.3' ? ['-tls1_3', '-ciphersuites', suite] : ['-tls1_2', '-cipher', suite]),
      ],
      /ACCEPT/,
    );
    return port;
  },
};

const gnutls: Peer = {
  name: 'gnutls-serv',
  answer: 'hello\n',
  async start({ version, cipher, group, key }) {
    const { certFile, keyFile } = await identity(key);
    const port = await freePort();
    const groupName = group === 'X25519' ? 'GROUP-X25519' : `GROUP-SECP${group.slice(2)}R1`;
    const priority = [
      ...['NORMAL', '-VERS-ALL', `+VERS-${version.replace('v', '')}`],
      ...['-CIPHER-ALL', `+${cipher}`, '-GROUP-ALL', `+${groupName}`],
    ].join(':');
    await run(
      'gnutls-serv',
      ['--echo', '--port', String(port), '--x509certfile', certFile, '--x509keyfile', keyFile, '--priority', priority],
      /listening on IPv4 .*done/,
    );
    return port;
  },
};

function opensslCipher(version: Version, cipher: Cipher, key: KeyKind): string {
  const hash = cipher === 'AES-256-GCM' ? 'SHA384' : 'SHA256';
  if (version === 'TLSv1.3') return `TLS_${cipher.replaceAll('-', '_')}_${hash}`;
  const signer = key.startsWith('RSA') ? 'RSA' : 'ECDSA';
  if (cipher === 'CHACHA20-POLY1305') return `ECDHE-${signer}-${cipher}`;
  return `ECDHE-${signer}-${cipher.replace('AES-', 'AES')}-${hash}`;
}

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
});

/** Resolves when it has said that it listens. */
function run(command: string, parameters: readonly string[], listening: RegExp): Promise<void> {
  const child = spawn(command, parameters, { stdio: ['pipe', 'pipe', 'pipe'] });
  return new Promise((resolve, reject) => {
    let said = '';
    child.once('error', () => reject(new Error(`"${command}" is missing: apt-get install openssl gnutls-bin`)));
    child.once('spawn', () => children.push(child));
    child.once('exit', code => reject(new Error(`"${command}" ended with ${code}: ${said}`)));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', text => {
        said += text;
        if (listening.test(said)) resolve();
      });
    }
  });
}

describe.each([node, openssl, gnutls])('with $name', peer => {
  test.each(cases)('$version, $cipher, $group, a key of $key', async it => {
    const port = await peer.start(it);
    const stream = await tls.secure(await connectTo(port), { hostname: 'shop.test', alpn: [] });
    const writer = stream.writable.getWriter();
    const reader = stream.readable.getReader();
    let answer = '';
    await writer.write(new TextEncoder().encode('hello\n'));
    while (answer.length < peer.answer.length) {
      const { done, value } = await reader.read();
      if (done) break;
      answer += new TextDecoder().decode(value);
    }
    expect(answer).toBe(peer.answer);
    await stream.close();
  });
});

/** The command as a process, through a real mixnet on this machine. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAuthority } from '../support/certificates.ts';
import { startOrigin } from '../support/origin.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

interface Running {
  readonly child: ChildProcess;
  /** So far. */
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

function mixfetch(...args: readonly string[]): Running {
  const child = spawn(process.execPath, ['--conditions=mixfetch-source', '--import', 'tsx', main, ...args]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', bytes => (output.stdout += String(bytes)));
  child.stderr.on('data', bytes => (output.stderr += String(bytes)));
  const ended = once(child, 'close').then(([code]: (number | null)[]) => ({ code: code ?? null, ...output }));
  return { child, output, ended };
}

async function httpsOrigin(): Promise<{ url: string; cacert: string; requests: readonly string[] }> {
  const authority = await createAuthority();
  const origin = await startOrigin({ certificate: await authority.issue({ hosts: ['localhost'] }) });
  const folder = mkdtempSync(join(tmpdir(), 'mixfetch-'));
  onTestFinished(async () => {
    rmSync(folder, { recursive: true });
    await origin.close();
  });
  const cacert = join(folder, 'ca.pem');
  writeFileSync(cacert, authority.certificate);
  return { url: `https://localhost:${origin.port}`, cacert, requests: origin.requests };
}

describe('mixfetch', { timeout: 120_000 }, () => {
  test('prints its version', async () => {
    expect(await mixfetch('--version').ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^mixfetch \d/) });
  });

  test('fetches by https through a devnet of its own, and ends', async () => {
    const { url, cacert } = await httpsOrigin();
    const fetched = mixfetch('--devnet', '--cacert', cacert, '-w', ' %{http_code}', '--json', '{}', `${url}/echo`);
    const { code, stdout, stderr } = await fetched.ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^\{"method":"POST".* 200$/);
  });

  test('refuses a certificate that it does not know', async () => {
    const { url, requests } = await httpsOrigin();
    expect(await mixfetch('--devnet', `${url}/json`).ended).toMatchObject({
      code: 60,
      stdout: '',
      stderr: expect.stringContaining('ERR_MIX_TLS_CERTIFICATE'),
    });
    expect(requests).toEqual([]);
  });

  test('ends in order when interrupted', async () => {
    const { url, cacert, requests } = await httpsOrigin();
    const { child, ended } = mixfetch('--devnet', '--cacert', cacert, `${url}/silence`);
    await expect.poll(() => requests, { timeout: 60_000 }).toEqual(['GET /silence']);
    child.kill('SIGINT');
    expect(await ended).toEqual({ code: 130, stdout: '', stderr: '' });
  });

  test('stops when nobody reads what it writes', async () => {
    const { url, cacert } = await httpsOrigin();
    const { child, ended } = mixfetch('--devnet', '--cacert', cacert, `${url}/bytes/300000`);
    child.stdout?.once('data', () => child.stdout?.destroy());
    expect(await ended).toMatchObject({ code: 23, stderr: expect.stringContaining('cannot write to standard output') });
  });

  test('goes on when nobody reads what it tells', async () => {
    const { url, cacert } = await httpsOrigin();
    const { child, ended } = mixfetch('--devnet', '-v', '--cacert', cacert, `${url}/json`);
    child.stderr?.once('data', () => child.stderr?.destroy());
    expect(await ended).toMatchObject({ code: 0, stdout: '{"answer":42}' });
  });
});

describe('mixfetch socks5', { timeout: 120_000 }, () => {
  test('serves other programs until it is told to end', async () => {
    const origin = await startOrigin();
    onTestFinished(() => origin.close());
    const proxy = mixfetch('socks5', '--devnet', '--listen', '0', '--status');
    await expect.poll(() => proxy.output.stdout, { timeout: 60_000 }).toMatch(/\n$/);
    const { status, url } = JSON.parse(proxy.output.stdout) as { status: string; url: string };
    expect([status, url]).toEqual(['listening', expect.stringMatching(/^socks5h:\/\/127\.0\.0\.1:\d+$/)]);
    const curl = spawn('curl', ['-q', '-sS', '--proxy', url, `${origin.url}/json`]);
    expect(await text(curl.stdout)).toBe('{"answer":42}');
    proxy.child.kill('SIGTERM');
    expect((await proxy.ended).code).toBe(143);
  });
});

describe('mixfetch devnet', { timeout: 120_000 }, () => {
  test('serves others until it is told to end', async () => {
    const { url, cacert } = await httpsOrigin();
    const devnet = mixfetch('devnet');
    await expect.poll(() => devnet.output.stdout, { timeout: 60_000 }).toMatch(/^http:\/\/127\.0\.0\.1:\d+.*\n$/);
    const api = devnet.output.stdout.trim();
    expect(devnet.output.stderr).toContain(`mixfetch --api ${api} `);

    const fetched = mixfetch('--api', api, '--cacert', cacert, `${url}/json`);
    expect(await fetched.ended).toEqual({ code: 0, stdout: '{"answer":42}', stderr: '' });
    devnet.child.kill('SIGTERM');
    expect((await devnet.ended).code).toBe(143);
  });
});

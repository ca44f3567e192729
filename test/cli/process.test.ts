/** The command as a process, through a real mixnet on this machine. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { startDevnet } from '../../src/devnet/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { type RunningCommand, startCommand, statusLines, statusOf } from '../support/command.ts';
import { startOrigin } from '../support/origin.ts';

function mixfetch(...args: readonly string[]): RunningCommand {
  const command = startCommand(args);
  onTestFinished(() => void command.child.kill('SIGKILL'));
  return command;
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
    await expect.poll(() => requests).toEqual(['GET /silence']);
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
    const { url = '' } = await statusOf(proxy, 'listening');
    expect(url).toMatch(/^socks5h:\/\/127\.0\.0\.1:\d+$/);
    const curl = spawn('curl', ['-q', '-sS', '--proxy', url, `${origin.url}/json`]);
    expect(await text(curl.stdout)).toBe('{"answer":42}');
    proxy.child.kill('SIGHUP');
    await expect.poll(() => proxy.output.stderr).toContain('the settings are as they were');
    proxy.child.kill('SIGTERM');
    expect((await proxy.ended).code).toBe(0);
    expect(statusLines(proxy).map(({ status }) => status)).toEqual(['connecting', 'listening', 'draining', 'closed']);
  });

  test('takes the place of one that was killed, with its address', async () => {
    const devnet = await startDevnet({ delayScale: 0 });
    const folder = mkdtempSync(join(tmpdir(), 'mixfetch-'));
    onTestFinished(async () => {
      rmSync(folder, { recursive: true });
      await devnet.close();
    });
    const args = ['socks5', '--api', devnet.api, '--data-dir', folder, '--port', '0', '--status'];
    const killed = mixfetch(...args);
    const { address } = await statusOf(killed, 'listening');
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect((await statusOf(mixfetch(...args), 'listening')).address).toBe(address);
  });
});

describe('mixfetch client', { timeout: 120_000 }, () => {
  test('tells programs its address until it is told to end', async () => {
    const service = mixfetch('client', '--devnet', '--port', '0', '--status');
    const { url = '', address } = await statusOf(service, 'listening');
    const program = new WebSocket(url);
    await once(program, 'open');
    program.send('{"type":"selfAddress"}');
    const [told] = await once(program, 'message');
    expect(JSON.parse(String(told))).toEqual({ type: 'selfAddress', address });
    program.close();
    service.child.kill('SIGINT');
    expect((await service.ended).code).toBe(0);
  });
});

describe('mixfetch devnet', { timeout: 120_000 }, () => {
  test('serves others until it is told to end', async () => {
    const { url, cacert } = await httpsOrigin();
    const devnet = mixfetch('devnet');
    await expect.poll(() => devnet.output.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+.*\n$/);
    const api = devnet.output.stdout.trim();
    expect(devnet.output.stderr).toContain(`mixfetch --api ${api} `);

    const fetched = mixfetch('--api', api, '--cacert', cacert, `${url}/json`);
    expect(await fetched.ended).toEqual({ code: 0, stdout: '{"answer":42}', stderr: '' });
    devnet.child.kill('SIGTERM');
    expect((await devnet.ended).code).toBe(143);
  });
});

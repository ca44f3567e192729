/** What the services are as processes: how they keep their client, tell how it goes, take settings, and end. */

import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { curl } from '../servers/socks5/world.ts';
import { read, type Service, serviceWorld, write } from './service-bench.ts';

/** With the end of the connection, as all answers here: who only ends sending keeps a service that ends waiting. */
const late: RequestListener = (_, response) =>
  void setTimeout(() => response.setHeader('connection', 'close').end('late answer'), 1_000);
const world = serviceWorld({
  routes: { '/late': late },
});
const { folder, start } = world;
const status = ['--port', '0', '--status'];

async function addressOf(service: Service): Promise<string> {
  const { address = '' } = await service.state('listening');
  expect(address).toMatch(/^\w+\.\w+@\w+$/);
  return address;
}

async function proxyOf(service: Service, times = 1): Promise<string> {
  const { url = '' } = await service.state('listening', times);
  return url;
}

describe.each(['socks5', 'client'] as const)('mixfetch %s', name => {
  test('is the same client at each start, and ends in order', async () => {
    const directory = join(folder(), 'new', 'place');
    const first = start(name, '--data-dir', directory, ...status);
    const address = await addressOf(first);
    expect(await first.end()).toBe(0);
    expect(first.statuses).toEqual(['connecting', 'listening', 'draining', 'closed']);
    expect(readdirSync(directory)).toEqual(['client']);
    const second = start(name, 'run', '--data-dir', directory, ...status);
    expect(await addressOf(second)).toBe(address);
    expect(await second.end()).toBe(0);
  });

  test('has a directory of its own under each name', async () => {
    const home = folder();
    vi.stubEnv('XDG_DATA_HOME', home);
    const [one, other] = [start(name, ...status), start(name, '--id', 'other', ...status)];
    expect(await addressOf(one)).not.toBe(await addressOf(other));
    vi.unstubAllEnvs();
    expect(readdirSync(join(home, 'mixfetch', name))).toEqual(['default', 'other']);
  });

  test('refuses a directory that another one uses, and says which', async () => {
    const directory = folder();
    await start(name, '--data-dir', directory, ...status).state('listening');
    const second = start(name, '--data-dir', directory, ...status);
    expect(await second.ended()).toBe(2);
    expect(second.stderr).toContain('Another client, of this process or of another, uses the storage.');
    expect(second.stderr).toContain(
      `The directory is "${directory}". Another service needs another --id or --data-dir.`,
    );
  });

  test('keeps nothing with --ephemeral', async () => {
    const home = folder();
    vi.stubEnv('XDG_DATA_HOME', home);
    await start(name, '--ephemeral', ...status).state('listening');
    vi.unstubAllEnvs();
    expect(readdirSync(home)).toEqual([]);
  });

  test('tells programs where it is, and of what it has lost and got again', async () => {
    const [gateway] = world.devnet.gateways;
    const service = start(name, '--ephemeral', '--gateway', gateway?.identity ?? '', ...status);
    await service.state('listening');
    await gateway?.kill();
    expect((await service.state('reconnecting')).code).toMatch(/^ERR_MIX_GATEWAY_/);
    await gateway?.revive();
    await service.state('connected');
    expect(service.statuses).toEqual(['connecting', 'listening', 'reconnecting', 'connected']);
    expect(service.stderr).toContain('mixfetch: the connection to the gateway is lost, and tried again [ERR_MIX_');
  });

  test('tries for as long as it takes to connect for the first time', async () => {
    const [gateway] = world.devnet.gateways;
    await gateway?.kill();
    const service = start(name, '--ephemeral', '--gateway', gateway?.identity ?? '', ...status);
    expect(await service.state('waiting')).toMatchObject({ code: 'ERR_MIX_GATEWAY_UNREACHABLE', seconds: 1 });
    await gateway?.revive();
    await service.state('listening');
    expect(service.statuses).toEqual(['connecting', 'waiting', 'connecting', 'listening']);
  });

  test('ends at once while it tries to connect', async () => {
    const [gateway] = world.devnet.gateways;
    await gateway?.kill();
    const service = start(name, '--ephemeral', '--gateway', gateway?.identity ?? '', ...status);
    await service.state('waiting');
    expect(await service.end()).toBe(0);
    await gateway?.revive();
    expect(service.statuses.slice(-2)).toEqual(['draining', 'closed']);
  });

  test('gives up at what no other attempt would change', async () => {
    const directory = folder();
    write(directory, 'client', 'something else');
    const service = start(name, '--data-dir', directory, ...status);
    expect(await service.ended()).toBe(2);
    expect(service.stderr).toContain('[ERR_MIX_STORAGE_UNREADABLE]');
    expect(read(directory, 'client')).toBe('something else');
  });

  test('prints its URL alone without --status', async () => {
    const service = start(name, '--ephemeral', '--port', '0');
    await expect.poll(() => service.stdout).toMatch(/^(socks5h|ws):\/\/127\.0\.0\.1:\d+\n$/);
  });
});

describe('init', () => {
  test('makes a client, with settings beside it that run goes by', async () => {
    const directory = folder();
    const password = write(directory, 'password', 'secret\n');
    const made = start('socks5', 'init', '--data-dir', directory, '--host', '127.0.0.2', '--password-file', password);
    expect(await made.ended()).toBe(0);
    const address = made.stdout.trim();
    expect(made.stderr).toContain(directory);
    expect(JSON.parse(read(directory, 'settings'))).toMatchObject({ host: '127.0.0.2', 'password-file': password });
    const service = start('socks5', 'run', '--data-dir', directory, ...status);
    expect(await addressOf(service)).toBe(address);
    expect(await proxyOf(service)).toContain('//127.0.0.2:');
    expect(await curl('--proxy', await proxyOf(service), 'http://shop.test/close')).toMatchObject({ code: 97 });
    const open = (await proxyOf(service)).replace('//', '//me:secret@');
    expect(await curl('--proxy', open, 'http://shop.test/close')).toMatchObject({ stdout: 'good-bye' });
  });

  test('tells what it made as JSON, by the names of nym-client', async () => {
    vi.stubEnv('XDG_DATA_HOME', folder());
    const made = start('socks5', 'init', '--id', 'me', '--port', '1085', '-o', 'json');
    expect(await made.ended()).toBe(0);
    vi.unstubAllEnvs();
    const told = JSON.parse(made.stdout) as Record<string, unknown>;
    expect(told).toMatchObject({ version: '1.2.3', id: 'me', socks5_listening_address: '127.0.0.1:1085' });
    expect(told['address']).toBe(`${told['identity_key']}.${told['encryption_key']}@${told['gateway_id']}`);
  });

  test('never replaces a client', async () => {
    const directory = folder();
    expect(await start('socks5', 'init', '--data-dir', directory).ended()).toBe(0);
    const again = start('socks5', 'init', '--data-dir', directory);
    expect(await again.ended()).toBe(2);
    expect(again.stderr).toContain(`there is a client in "${directory}" already`);
  });

  test('seals the client by a passphrase, without which it is not opened', async () => {
    const directory = folder();
    const passphrase = write(folder(), 'passphrase', 'correct horse\n');
    const sealed = ['--data-dir', directory, '--passphrase-file', passphrase];
    expect(await start('socks5', 'init', ...sealed).ended()).toBe(0);
    write(directory, 'settings', '{}');
    const without = start('socks5', '--data-dir', directory, ...status);
    expect(await without.ended()).toBe(2);
    expect(without.stderr).toContain('[ERR_MIX_STORAGE_PASSPHRASE]');
    await start('socks5', ...sealed, ...status).state('listening');
  });
});

describe('a reload', () => {
  test('lets another password hold at once, while what is open goes on', async () => {
    const directory = folder();
    const password = write(directory, 'password', 'old');
    const service = start('socks5', '--data-dir', directory, '--password-file', password, ...status);
    const url = await proxyOf(service);
    const slow = curl('--proxy', url.replace('//', '//me:old@'), 'http://shop.test/late');
    await expect.poll(() => world.origin.requests).toContain('GET /late');
    write(directory, 'password', 'new');
    service.reload();
    const again = await proxyOf(service, 2);
    expect(await curl('--proxy', again.replace('//', '//me:old@'), 'http://shop.test/close')).toMatchObject({
      code: 97,
    });
    const answer = await curl('--proxy', again.replace('//', '//me:new@'), 'http://shop.test/close');
    expect(answer).toMatchObject({ stdout: 'good-bye' });
    expect(await slow).toMatchObject({ stdout: 'late answer' });
    expect(service.statuses).toEqual(['connecting', 'listening', 'reloading', 'listening']);
  });

  test('connects anew where the client has to be another, which keeps its address', async () => {
    const directory = folder();
    const service = start('socks5', '--data-dir', directory, ...status);
    const address = await addressOf(service);
    write(directory, 'settings', JSON.stringify({ exit: world.devnet.exits }));
    service.reload();
    expect((await service.state('listening', 2)).address).toBe(address);
    expect(service.statuses.slice(2)).toEqual(['reloading', 'connecting', 'listening']);
    const url = await proxyOf(service, 2);
    expect(await curl('--proxy', url, 'http://shop.test/close')).toMatchObject({ stdout: 'good-bye' });
  });

  test.each([
    ['of nothing new', '{}', 'the settings are as they were'],
    ['of settings that are none', '{ "prot": 1 }', 'there is no setting "prot"'],
    ['of what is no JSON', 'port: 1', 'no JSON'],
    ['of an exit that is none', '{ "exit": ["nobody"] }', 'The option "exits"'],
    ['of an option that cannot be', '{ "port": 99999 }', '--port has a port that does not exist'],
  ])('%s changes nothing', async (_, settings, told) => {
    const directory = folder();
    const service = start('socks5', '--data-dir', directory, '--status', '--listen', '0');
    const url = await proxyOf(service);
    write(directory, 'settings', settings);
    service.reload();
    await expect.poll(() => service.stderr).toContain(told);
    await pause(10);
    expect(service.statuses).toEqual(['connecting', 'listening']);
    expect(await curl('--proxy', url, 'http://shop.test/close')).toMatchObject({ stdout: 'good-bye' });
  });
});

test('mixfetch client sends and receives for programs that give its password', async () => {
  const password = write(folder(), 'password', 'secret\n');
  const service = start('client', '--ephemeral', '--password-file', password, ...status);
  const { url = '', address } = await service.state('listening');
  const stranger = new WebSocket(url);
  const [refusal] = await once(stranger, 'error');
  expect(String(refusal)).toContain('401');
  const program = new WebSocket(url, { headers: { authorization: 'Bearer secret' } });
  await once(program, 'open');
  program.send(JSON.stringify({ type: 'send', recipient: address, message: 'hello' }));
  const [received] = await once(program, 'message');
  expect(JSON.parse(String(received))).toMatchObject({ type: 'received', message: 'hello' });
  program.close();
});

test('a reload to a place where it cannot listen leaves it where it was', async () => {
  const directory = folder();
  const service = start('socks5', '--data-dir', directory, '--status', '--port', '0');
  await service.state('listening');
  write(directory, 'settings', '{ "host": "0.0.0.0" }');
  service.reload();
  expect(await proxyOf(service, 2)).toContain('//127.0.0.1:');
  expect(service.stderr).toContain('it listens as before: The option "host" is an address that others can reach');
});

test('what is open at the end gets its time', async () => {
  const service = start('socks5', '--ephemeral', ...status);
  const before = world.origin.requests.length;
  const slow = curl('--proxy', await proxyOf(service), 'http://shop.test/late');
  await expect.poll(() => world.origin.requests.length).toBe(before + 1);
  expect(await service.end()).toBe(0);
  expect(await slow).toMatchObject({ code: 0, stdout: 'late answer' });
});

test('a port that is taken is told', async () => {
  const first = start('socks5', '--ephemeral', ...status);
  const { port } = new URL(await proxyOf(first));
  const second = start('socks5', '--ephemeral', '--port', port);
  expect(await second.ended()).toBe(2);
  expect(second.stderr).toContain('EADDRINUSE');
});

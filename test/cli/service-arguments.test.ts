import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../src/cli/arguments.ts';
import { CommandError, type ServiceCommand } from '../../src/cli/command.ts';
import { nymCommands } from '../../src/cli/nym-options.ts';
import { usualDirectory } from '../../src/cli/service/directory.ts';
import { decodeSettings, encodeSettings } from '../../src/cli/service/settings.ts';

function serviceOf(...args: string[]): ServiceCommand {
  const command = parseCommandLine(args);
  if (command.kind !== 'service') throw new Error(`it is ${command.kind}`);
  return command;
}

function errorOf(...args: string[]): string {
  try {
    parseCommandLine(args);
  } catch (error) {
    if (error instanceof CommandError) return error.message;
    throw error;
  }
  throw new Error('there is no error');
}

test('the least that can be said is the service', () => {
  expect(serviceOf('socks5')).toEqual({
    kind: 'service',
    service: 'socks5',
    action: 'run',
    keep: { kind: 'name', id: 'default' },
    settings: {},
    devnet: false,
    status: false,
    verbose: false,
    output: 'text',
    notes: [],
  });
  expect(serviceOf('client', 'run')).toMatchObject({ service: 'client', action: 'run' });
  expect(serviceOf('client', 'init')).toMatchObject({ service: 'client', action: 'init' });
});

describe('where it listens', () => {
  test.each([
    [['-p', '9000'], { port: 9000 }],
    [['--host', '::1', '--port', '0'], { host: '::1', port: 0 }],
    [['--listen', '9000'], { port: 9000 }],
    [['--listen', '127.0.0.2:9000'], { host: '127.0.0.2', port: 9000 }],
    [['--listen', '[::1]:9000'], { host: '::1', port: 9000 }],
  ])('%j', (args, settings) => {
    expect(serviceOf('socks5', ...args).settings).toEqual(settings);
  });

  test.each([
    ['--listen is PORT or ADDRESS:PORT', ['--listen', '::1:1080']],
    ['--listen has a port that does not exist', ['--listen', '65536']],
    ['--port has a port that does not exist', ['--port', '-1']],
    ['--listen is --host and --port in one', ['--listen', '1', '--port', '2']],
  ])('%s', (message, args) => {
    expect(errorOf('socks5', ...args)).toBe(message);
  });
});

describe('where the client is kept', () => {
  test.each([
    [['--data-dir', 'a/b'], { kind: 'directory', path: 'a/b' }],
    [['--id', 'me'], { kind: 'name', id: 'me' }],
    [['--ephemeral'], { kind: 'nothing' }],
    [['--devnet'], { kind: 'nothing' }],
  ])('%j', (args, keep) => {
    expect(serviceOf('socks5', ...args).keep).toEqual(keep);
  });

  test.each([
    ['a client is kept by --data-dir or by --id', ['--data-dir', 'a', '--id', 'b']],
    ['--ephemeral keeps nothing', ['--ephemeral', '--id', 'b']],
    ['--devnet ends with its client', ['--devnet', '--data-dir', 'b']],
    ['--devnet brings its own network', ['--devnet', '--provider', 'a']],
    ['"init" makes a client that is kept', ['init', '--ephemeral']],
    ['--passphrase-file seals what is kept', ['--ephemeral', '--passphrase-file', 'a']],
    ['--id is a name', ['--id', '../other']],
    ['--id is a name', ['--id', '']],
    ['--data-dir is the path', ['--data-dir', '']],
  ])('%s: %j', (message, args) => {
    expect(errorOf('socks5', ...args)).toContain(message);
  });

  const home = '/home/me';
  test.each([
    ['linux', {}, '/home/me/.local/share/mixfetch/client/a'],
    ['linux', { XDG_DATA_HOME: '/data' }, '/data/mixfetch/client/a'],
    ['linux', { XDG_DATA_HOME: 'data' }, '/home/me/.local/share/mixfetch/client/a'],
    ['freebsd', { XDG_DATA_HOME: '' }, '/home/me/.local/share/mixfetch/client/a'],
    ['darwin', { XDG_DATA_HOME: '/data' }, '/home/me/Library/Application Support/mixfetch/client/a'],
  ])('by a name on %s with %j: %s', (system, env, directory) => {
    expect(usualDirectory('client', 'a', { system, env, home })).toBe(directory);
  });

  test('by a name on Windows', () => {
    const windows = { system: 'win32', home: 'C:\\Users\\me' };
    const local = 'C:\\Users\\me\\AppData\\Local\\mixfetch\\socks5\\a';
    expect(usualDirectory('socks5', 'a', { ...windows, env: {} })).toBe(local);
    const env = { LOCALAPPDATA: 'D:\\Local' };
    expect(usualDirectory('socks5', 'a', { ...windows, env })).toBe('D:\\Local\\mixfetch\\socks5\\a');
  });
});

describe('what people type for nym-client and nym-socks5-client', () => {
  test('means the same here', () => {
    const line = 'init --id me --provider A --gateway G --force-tls-gateway --nym-apis https://a.test,https://b.test';
    const more = '--use-reply-surbs true --enabled-credentials-mode=false -p 1085 --host 127.0.0.1 -o json';
    const { settings, notes, output } = serviceOf('socks5', ...line.split(' '), ...more.split(' '));
    expect(settings).toEqual({
      api: ['https://a.test', 'https://b.test'],
      gateway: 'G',
      secureGateway: true,
      exits: ['A'],
      host: '127.0.0.1',
      port: 1085,
    });
    expect([notes, output]).toEqual([[], 'json']);
    const run = 'run --id me --use-anonymous-replies true --disable-socket false --no-cover'.split(' ');
    expect(serviceOf('client', ...run).settings).toEqual({ noCover: true });
  });

  test('and has no effect here says so', () => {
    const { notes } = serviceOf('client', '--no-banner', '--nyxd-urls', 'a', '--stats-reporting-address', 'b');
    expect(notes).toEqual([
      '--no-banner has no effect: there is none',
      '--nyxd-urls has no effect: no chain is asked for anything',
      '--stats-reporting-address has no effect: nothing is reported to anybody',
    ]);
  });

  test.each([
    ['an exit is never told the address', ['--use-reply-surbs', 'false']],
    ['carries no tickets', ['--enabled-credentials-mode', 'true']],
    ['nothing to run', ['--disable-socket', 'true']],
    ['dozens of gateways', ['--latency-based-selection']],
    ['by its directory, --api', ['--custom-mixnet', 'a.json']],
    ['by its directory, --api', ['-c', 'a.env']],
    ['unlike the others', ['--fastmode']],
    ['unlike the others', ['--minimum-gateway-performance', '80']],
    ['--ephemeral', ['--forget-me']],
  ])('and is not done here is refused with the reason: %s %j', (message, args) => {
    expect(errorOf('client', ...args)).toContain(message);
  });

  test.each(Object.keys(nymCommands))('among the commands is refused with the reason: %s', command => {
    expect(errorOf('client', command)).toContain(`"mixfetch client ${command}" is not supported: `);
  });
});

describe('the settings of a directory', () => {
  test('are read as the same options of a command line', () => {
    const json = { exit: ['A', 'B'], port: 1081, 'secure-gateway': true, 'no-cover': false, 'connect-timeout': 1.5 };
    expect(decodeSettings(Buffer.from(JSON.stringify(json)), 'f')).toEqual({
      exits: ['A', 'B'],
      port: 1081,
      secureGateway: true,
      connectMs: 1500,
    });
  });

  test('are those that were written', () => {
    const settings = fc.record(
      {
        api: fc.array(fc.constantFrom('https://a.test/x', 'http://b.test'), { minLength: 1 }),
        gateway: fc.string(),
        secureGateway: fc.constant(true as const),
        exits: fc.array(fc.string(), { minLength: 1 }),
        noCover: fc.constant(true as const),
        passphraseFile: fc.constantFrom('/a', '/b c'),
        host: fc.string(),
        port: fc.integer({ min: 0, max: 65_535 }),
        passwordFile: fc.constantFrom('/a', '/b c'),
        allowedOrigins: fc.array(fc.string(), { minLength: 1 }),
        connectMs: fc.integer({ min: 1, max: 100_000 }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(settings, given => {
        expect(decodeSettings(encodeSettings(given), 'f')).toEqual(given);
      }),
    );
  });

  test.each([
    ['no JSON', '{'],
    ['no JSON object', '[]'],
    ['there is no setting "id"', '{"id": "a"}'],
    ['there is no setting "provider"', '{"provider": "a"}'],
    ['"host" is neither text', '{"host": {}}'],
    ['needs a value', '{"host": true}'],
    ['takes no value', '{"no-cover": "yes"}'],
    ['--api is a URL', '{"api": "a"}'],
  ])('are refused with the name of their file: %s', (message, json) => {
    const decode = () => decodeSettings(Buffer.from(json), '/dir/settings');
    expect(decode).toThrow(`the settings in "/dir/settings" cannot be used: `);
    expect(decode).toThrow(message);
  });
});

describe('it is an error', () => {
  test.each([
    ['--cacert does not go with "mixfetch socks5"', ['socks5', '--cacert', 'a']],
    ['--provider does not go with "mixfetch client"', ['client', '--provider', 'A']],
    ['--allow-origin does not go with "mixfetch socks5"', ['socks5', '--allow-origin', 'https://a.test']],
    ['--output goes with "init" only', ['socks5', '-o', 'json']],
    ['--output is text or json', ['socks5', 'init', '-o', 'file']],
    ['takes "init" or "run"', ['socks5', 'https://shop.test/']],
    ['takes "init" or "run"', ['client', 'init', 'run']],
    ['--status goes with "mixfetch socks5" and "client" only', ['--status', 'https://shop.test/']],
    ['--provider goes with "mixfetch socks5" and "client" only', ['--provider', 'A', 'https://shop.test/']],
    ['--devnet brings its own network', ['--devnet', '--data-dir', 'a', 'https://shop.test/']],
    ['--passphrase-file seals what --data-dir keeps', ['--passphrase-file', 'a', 'https://shop.test/']],
  ])('%s: %j', (message, args) => {
    expect(errorOf(...args)).toContain(message);
  });
});

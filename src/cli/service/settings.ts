/**
 * What a service is told: by its command line, and by the record `settings` of its directory, which `init` writes and whoever
 * likes may write too. That one is a JSON object of the options by their long names:
 *
 * `{ "exit": ["…"], "port": 1081, "secure-gateway": true }`
 */

import { resolve } from 'node:path';
import { CommandError, type ServiceSettings } from '../command.ts';
import { GivenOptions } from '../given-options.ts';
import { milliseconds, readApi } from '../option-values.ts';

/** The name of the record. */
export const SETTINGS = 'settings';

/** @throws CommandError */
export function readSettings(given: GivenOptions): ServiceSettings {
  const api = given.all('api', 'nym-apis', 'api_validators').flatMap(readApis);
  const exits = given.all('exit', 'provider').map(({ value }) => value);
  const [gateway, passphraseFile, passwordFile] = [
    given.last('gateway'),
    given.last('passphrase-file'),
    given.last('password-file'),
  ];
  const allowedOrigins = given.all('allow-origin').map(({ value }) => value);
  const { host, port } = readListen(given);
  const connectMs = milliseconds('--connect-timeout', given.last('connect-timeout'));
  return {
    ...(api.length > 0 && { api: readApi(api) }),
    ...(gateway !== undefined && { gateway }),
    ...((given.has('secure-gateway') || given.has('force-tls-gateway')) && { secureGateway: true as const }),
    ...(exits.length > 0 && { exits }),
    ...(given.has('no-cover') && { noCover: true as const }),
    ...(passphraseFile !== undefined && { passphraseFile }),
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(passwordFile !== undefined && { passwordFile }),
    ...(allowedOrigins.length > 0 && { allowedOrigins }),
    ...(connectMs !== undefined && { connectMs }),
  };
}

function readApis({ name, value }: { readonly name: string; readonly value: string }): string[] {
  return name === 'api' ? [value] : value.split(',');
}

/** `--listen` is a port, or an address and a port; an IPv6 address is in brackets. */
function readListen(given: GivenOptions): { readonly host: string | undefined; readonly port: number | undefined } {
  const [host, port, listen] = [given.last('host'), given.last('port'), given.last('listen')];
  if (listen === undefined) return { host, port: port === undefined ? undefined : readPort('--port', port) };
  if (host !== undefined || port !== undefined) throw new CommandError('--listen is --host and --port in one');
  const [, bracketed, plain, number] = /^(?:\[([^\]]+)\]:|([^:]+):)?(\d{1,5})$/.exec(listen) ?? [];
  if (number === undefined) throw new CommandError('--listen is PORT or ADDRESS:PORT');
  return { host: bracketed ?? plain, port: readPort('--listen', number) };
}

function readPort(option: string, text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new CommandError(`${option} has a port that does not exist`);
}

/** Files are named so that they are found from anywhere. */
export function encodeSettings(settings: ServiceSettings): Uint8Array {
  const { api, gateway, secureGateway, exits, noCover, host, port, connectMs } = settings;
  const { passphraseFile, passwordFile, allowedOrigins } = settings;
  const options = {
    ...{ api, gateway, 'secure-gateway': secureGateway, exit: exits, 'no-cover': noCover, host, port },
    'allow-origin': allowedOrigins,
    'connect-timeout': connectMs && connectMs / 1000,
    'passphrase-file': passphraseFile && resolve(passphraseFile),
    'password-file': passwordFile && resolve(passwordFile),
  };
  return new TextEncoder().encode(`${JSON.stringify(options, undefined, 2)}\n`);
}

/** The options that may stand there. */
const names = ['api', 'gateway', 'secure-gateway', 'exit', 'no-cover', 'host', 'port'].concat(
  ...['allow-origin', 'connect-timeout', 'passphrase-file', 'password-file'],
);

/** Read as the same options of a command line. @throws CommandError that names the file. */
export function decodeSettings(bytes: Uint8Array, file: string): ServiceSettings {
  try {
    const given: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new CommandError('no JSON object');
    return readSettings(new GivenOptions(Object.entries(given).flatMap(argumentsOf)));
  } catch (cause) {
    const why = cause instanceof CommandError ? cause.message : 'no JSON';
    throw new CommandError(`the settings in "${file}" cannot be used: ${why}`, 2, { cause });
  }
}

function argumentsOf([name, value]: [string, unknown]): string[] {
  if (!names.includes(name)) throw new CommandError(`there is no setting "${name}"`);
  if (Array.isArray(value)) return value.flatMap(one => argumentsOf([name, one]));
  if (value === true) return [`--${name}`];
  if (value === false) return [];
  if (typeof value === 'string' || typeof value === 'number') return [`--${name}=${value}`];
  throw new CommandError(`"${name}" is neither text, number, true nor false`);
}

/** The command line, read as curl reads it: pure, with no file opened. */

import { basename } from 'node:path';
import {
  type Body,
  type Command,
  CommandError,
  type FetchCommand,
  type NetworkChoice,
  type Transfer,
} from './command.ts';
import { GivenOptions } from './given-options.ts';
import { nymOptions } from './nym-options.ts';
import { isHttp, milliseconds, parseUrl, readApi } from './option-values.ts';
import { serviceOptions } from './options.ts';
import { readBody, readHeaders } from './request-options.ts';
import { readServiceCommand } from './service/arguments.ts';

/** `args` is what follows the name of the command. @throws CommandError */
export function parseCommandLine(args: readonly string[]): Command {
  const given = new GivenOptions(args);
  if (given.has('help')) return { kind: 'help' };
  if (given.has('version')) return { kind: 'version' };
  if (args[0] === 'devnet') {
    if (args.length > 1) throw new CommandError('"mixfetch devnet" takes no arguments');
    return { kind: 'devnet' };
  }
  if (args[0] === 'socks5' || args[0] === 'client') return readServiceCommand(args[0], given);
  const foreign = given.names.find(name => Object.hasOwn(serviceOptions, name) || Object.hasOwn(nymOptions, name));
  if (foreign !== undefined) throw new CommandError(`--${foreign} goes with "mixfetch socks5" and "client" only`);
  return fetchCommand(given);
}

function fetchCommand(given: GivenOptions): FetchCommand {
  const whole = readBody(given);
  const toQuery = given.has('get');
  if (toQuery && whole !== undefined && whole.kind !== 'data') throw new CommandError('-G goes with data only');
  const body = toQuery ? undefined : whole;
  const head = given.has('head');
  if (head && body !== undefined) throw new CommandError('-I asks for the headers, and sends no body');
  return {
    kind: 'fetch',
    transfers: readTransfers(given, body),
    method: given.last('request') ?? (head ? 'HEAD' : usualMethod(body)),
    keepMethod: given.has('request'),
    headers: readHeaders(given, body),
    body,
    query: toQuery && whole?.kind === 'data' ? whole.parts : [],
    maxRedirects: given.has('location') ? redirectLimit(given.last('max-redirs')) : undefined,
    include: given.has('include') || head,
    fail: given.has('fail'),
    writeOut: given.last('write-out'),
    silent: given.has('silent'),
    showError: given.has('show-error'),
    verbose: given.has('verbose'),
    timeouts: {
      connectMs: milliseconds('--connect-timeout', given.last('connect-timeout')),
      totalMs: milliseconds('--max-time', given.last('max-time')),
    },
    network: readNetwork(given),
  };
}

function usualMethod(body: Body | undefined): string {
  if (body === undefined) return 'GET';
  return body.kind === 'upload' ? 'PUT' : 'POST';
}

function readTransfers(given: GivenOptions, body: Body | undefined): readonly [Transfer, ...Transfer[]] {
  const outputs = given.all('output', 'remote-name');
  const [first, ...others] = given.operands.map((operand, at): Transfer => {
    const { url, credentials } = readUrl(operand);
    if (body?.kind === 'upload' && body.file !== '-' && url.pathname.endsWith('/')) {
      url.pathname += encodeURIComponent(basename(body.file));
    }
    const output = outputs[at];
    const named = output?.name === 'remote-name' ? remoteName(url) : output?.value;
    return { url, credentials, output: named === '-' ? undefined : named };
  });
  if (first === undefined) throw new CommandError('no URL given; try "mixfetch --help"');
  if (outputs.length > given.operands.length) throw new CommandError('there are more -o and -O than URLs');
  return [first, ...others];
}

/** Without a scheme it is https, where curl would take http. */
function readUrl(text: string): { readonly url: URL; readonly credentials: string | undefined } {
  const url = parseUrl(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`);
  if (url === undefined) throw new CommandError('the URL is malformed', 3);
  if (!isHttp(url)) throw new CommandError(`the protocol "${url.protocol.slice(0, -1)}" is not supported`, 1);
  const { username, password } = url;
  [url.username, url.password] = ['', ''];
  if (username === '' && password === '') return { url, credentials: undefined };
  return { url, credentials: `${decoded(username)}:${decoded(password)}` };
}

/** The last part of the path, as it stands there: it cannot lead into another directory. */
function remoteName(url: URL): string {
  const name = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
  if (name === '') throw new CommandError('the URL has no file name for -O', 23);
  return name;
}

function readNetwork(given: GivenOptions): NetworkChoice {
  const network = {
    api: readApi(given.all('api').map(({ value }) => value)),
    gateway: given.last('gateway'),
    exits: given.all('exit').map(({ value }) => value),
    secureGateway: given.has('secure-gateway'),
    devnet: given.has('devnet'),
    cacert: given.last('cacert'),
    dataDir: given.last('data-dir'),
    passphraseFile: given.last('passphrase-file'),
  };
  const chosen = network.api.length > 0 || network.gateway !== undefined || network.exits.length > 0;
  if (network.devnet && (chosen || network.dataDir !== undefined))
    throw new CommandError('--devnet brings its own network: no --api, --gateway, --exit or --data-dir');
  if (network.passphraseFile !== undefined && network.dataDir === undefined)
    throw new CommandError('--passphrase-file seals what --data-dir keeps');
  return network;
}

function redirectLimit(text = '50'): number {
  if (!/^(?:-1|[0-9]{1,6})$/.test(text)) throw new CommandError('--max-redirs is a number, or -1 for no limit');
  return text === '-1' ? Number.POSITIVE_INFINITY : Number(text);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

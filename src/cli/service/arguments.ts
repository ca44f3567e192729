/** The command lines of `mixfetch socks5` and `mixfetch client`. */

import { CommandError, type KeepChoice, type ServiceCommand, type ServiceName } from '../command.ts';
import type { GivenOptions } from '../given-options.ts';
import { type NymOption, nymCommands, nymOptions } from '../nym-options.ts';
import { type OptionName, serviceOptions, serviceTakes } from '../options.ts';
import { readSettings } from './settings.ts';

/** @throws CommandError */
export function readServiceCommand(service: ServiceName, given: GivenOptions): ServiceCommand {
  const action = readAction(service, given.operands.slice(1));
  const foreign = given.names.find(name => !taken.includes(name) || (onlyOf[name] ?? service) !== service);
  if (foreign !== undefined) throw new CommandError(`--${foreign} does not go with "mixfetch ${service}"`);
  if (given.has('output') && action !== 'init') throw new CommandError('--output goes with "init" only');
  const devnet = given.has('devnet');
  const settings = readSettings(given);
  if (devnet && (settings.api !== undefined || settings.gateway !== undefined || settings.exits !== undefined)) {
    throw new CommandError('--devnet brings its own network: no --api, --gateway or --exit');
  }
  const keep = readKeep(given);
  if (action === 'init' && keep.kind === 'nothing') {
    throw new CommandError('"init" makes a client that is kept: no --ephemeral, no --devnet');
  }
  if (settings.passphraseFile !== undefined && keep.kind === 'nothing') {
    throw new CommandError('--passphrase-file seals what is kept: no --ephemeral, no --devnet');
  }
  return {
    kind: 'service',
    service,
    action,
    keep,
    settings,
    devnet,
    status: given.has('status'),
    verbose: given.has('verbose'),
    output: readOutput(given.last('output')),
    notes: readNymOptions(given),
  };
}

const taken: readonly OptionName[] = [
  ...(Object.keys(serviceOptions) as (keyof typeof serviceOptions)[]),
  ...(Object.keys(nymOptions) as (keyof typeof nymOptions)[]),
  ...serviceTakes,
];

const onlyOf: Partial<Record<OptionName, ServiceName>> = {
  exit: 'socks5',
  provider: 'socks5',
  'connect-timeout': 'socks5',
  'allow-origin': 'client',
};

function readAction(service: ServiceName, operands: readonly string[]): ServiceCommand['action'] {
  const [action = 'run', ...others] = operands;
  if (others.length === 0 && (action === 'init' || action === 'run')) return action;
  const why = Object.hasOwn(nymCommands, action) ? nymCommands[action] : undefined;
  if (why !== undefined) throw new CommandError(`"mixfetch ${service} ${action}" is not supported: ${why}`);
  throw new CommandError(`"mixfetch ${service}" takes "init" or "run", and options`);
}

/** What a devnet would know is gone with it. */
function readKeep(given: GivenOptions): KeepChoice {
  const [path, id] = [given.last('data-dir'), given.last('id')];
  const isKept = path !== undefined || id !== undefined;
  if (isKept && given.has('devnet')) throw new CommandError('--devnet ends with its client: no --data-dir, no --id');
  if (isKept && given.has('ephemeral')) throw new CommandError('--ephemeral keeps nothing: no --data-dir, no --id');
  if (path !== undefined && id !== undefined) throw new CommandError('a client is kept by --data-dir or by --id');
  if (given.has('devnet') || given.has('ephemeral')) return { kind: 'nothing' };
  if (path !== undefined) {
    if (path === '') throw new CommandError('--data-dir is the path of a directory');
    return { kind: 'directory', path };
  }
  if (id !== undefined && !/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(id)) {
    throw new CommandError('--id is a name of up to 64 letters, digits, dots, hyphens and underscores');
  }
  return { kind: 'name', id: id ?? 'default' };
}

function readOutput(text = 'text'): 'text' | 'json' {
  if (text === 'text' || text === 'json') return text;
  throw new CommandError('--output is text or json');
}

/** What to say about those without effect. @throws CommandError for one that asks for what is not done here. */
function readNymOptions(given: GivenOptions): string[] {
  return Object.entries<NymOption>(nymOptions).flatMap(([name, { refused, only, idle }]) => {
    const values = given.all(name as keyof typeof nymOptions).map(({ value }) => value);
    if (refused !== undefined && values.some(value => value !== only)) {
      throw new CommandError(`--${name}${only === undefined ? '' : ` is ${only} here`}: ${refused}`);
    }
    return idle !== undefined && values.length > 0 ? [`--${name} has no effect: ${idle}`] : [];
  });
}

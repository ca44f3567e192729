/** Makes a client to be kept, as `init` of Nym's clients does. */

import { CLIENT_RECORD } from '../../storage/index.ts';
import { CommandError, type ServiceCommand } from '../command.ts';
import type { Machinery, Streams } from '../machinery.ts';
import { sealed } from '../secrets.ts';
import { equip } from './equipment.ts';
import { keptService, settingsOf, writeSettings } from './keep.ts';

/** Registers a new client with a gateway, and writes the settings beside it. */
export async function initService(
  command: ServiceCommand,
  { stdout, stderr }: Streams,
  machinery: Machinery,
  signal: AbortSignal,
): Promise<void> {
  const { service, keep } = command;
  const kept = keptService(command);
  if (kept === undefined) throw new CommandError('"init" makes a client that is kept');
  const { storage, directory } = kept;
  for (const note of command.notes) stderr.write(`mixfetch: ${note}\n`);
  if ((await storage.load(CLIENT_RECORD)) !== undefined) {
    throw new CommandError(`there is a client in "${directory}" already; "mixfetch ${service} run" uses it`);
  }
  const settings = await settingsOf(command, kept);
  const { client: options, passphrase, face } = await equip(settings, undefined);
  const client = await machinery.connect({ ...options, signal, storage: sealed(storage, passphrase) });
  const { address } = client;
  await client.close();
  await writeSettings(settings, kept);
  if (command.output === 'text') {
    stderr.write(`mixfetch: the client is kept in "${directory}"; its address:\n`);
    stdout.write(`${address}\n`);
    return;
  }
  const [, identity, encryption, gateway] = /^(.+)\.(.+)@(.+)$/.exec(address) ?? [];
  const { host = '127.0.0.1', port = usualPorts[service] } = face;
  const told = {
    version: machinery.version,
    id: keep.kind === 'name' ? keep.id : directory,
    identity_key: identity,
    encryption_key: encryption,
    gateway_id: gateway,
    address,
    client_address: address,
    ...(service === 'client' ? { client_listening_port: port } : { socks5_listening_address: `${host}:${port}` }),
  };
  stdout.write(`${JSON.stringify(told, undefined, 2)}\n`);
}

/** Those of Nym's clients. */
const usualPorts = { socks5: 1080, client: 1977 };

import { readFile } from 'node:fs/promises';
import { createSocks5Server, type Socks5Server } from '../servers/index.ts';
import { fileStorage } from '../storage/node.ts';
import { aborted } from './aborted.ts';
import { CommandError, type Socks5Command } from './command.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Machinery, ServedClient, Streams } from './machinery.ts';

/**
 * Runs the proxy until the signal aborts; then connections that are open get some seconds to end. Its URL goes to standard
 * output, or with --status a line of JSON; the explanation does not.
 */
export async function runSocks5(
  command: Socks5Command,
  streams: Streams,
  machinery: Machinery,
  signal: AbortSignal,
): Promise<ExitCode> {
  const password = await readPassword(command.passwordFile);
  const devnet = command.network.devnet ? await machinery.startDevnet({ allowLocal: true, signal }) : undefined;
  try {
    const client = await machinery.connect(clientOptions(command, devnet?.api, signal));
    try {
      await serve(client, command, password, streams, signal);
    } finally {
      await client.close({ drain: CLIENT_DRAIN });
    }
  } finally {
    await devnet?.close();
  }
  return 130;
}

/** What is open at the signal gets so long to end, and the last of it so long to leave; a second signal ends it at once. */
const CONNECTIONS_DRAIN = 5_000;
const CLIENT_DRAIN = 2_000;

async function serve(
  client: ServedClient,
  { host, port, connectMs, status }: Socks5Command,
  password: string | undefined,
  { stdout, stderr }: Streams,
  signal: AbortSignal,
): Promise<void> {
  let server: Socks5Server;
  try {
    server = await createSocks5Server(client, { host, port, password, connectTimeoutMs: connectMs });
  } catch (cause) {
    throw new CommandError(cause instanceof Error ? cause.message : 'cannot listen', 2, { cause });
  }
  const { url } = server;
  stderr.write('A SOCKS proxy into the mixnet. Give programs its URL as it is: socks5h leaves names to the exit.\n');
  stdout.write(status ? `${JSON.stringify({ status: 'listening', url, address: client.address })}\n` : `${url}\n`);
  await aborted(signal);
  await server.close({ drain: CONNECTIONS_DRAIN });
}

function clientOptions(
  { network, dataDir }: Socks5Command,
  devnetApi: string | undefined,
  signal: AbortSignal,
): Parameters<Machinery['connect']>[0] {
  const api = devnetApi === undefined ? network.api : [devnetApi];
  return {
    signal,
    gateway: network.gateway,
    api: api.length > 0 ? api : undefined,
    exits: network.exits.length > 0 ? network.exits : undefined,
    storage: dataDir === undefined ? undefined : fileStorage(dataDir),
  };
}

async function readPassword(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return (await readFile(file, 'utf8')).split(/\r?\n/, 1)[0];
  } catch (cause) {
    throw new CommandError(`cannot read the file "${file}"`, 26, { cause });
  }
}

/** The command, from its arguments to its exit code. */

import { readFile } from 'node:fs/promises';
import type { ClientStorage } from '../storage/index.ts';
import { fileStorage } from '../storage/node.ts';
import { parseCommandLine } from './arguments.ts';
import { type Command, CommandError, type FetchCommand } from './command.ts';
import { runDevnet } from './devnet-command.ts';
import type { ExitCode } from './exit-codes.ts';
import { failureOf } from './failure.ts';
import { Files } from './files.ts';
import { helpText } from './help.ts';
import type { FetcherOptions, Machinery, Streams } from './machinery.ts';
import { type LoadedBody, loadBody, loadQuery } from './request-body.ts';
import { readSecret, sealed } from './secrets.ts';
import { initService } from './service/init.ts';
import { runService } from './service/run.ts';
import { runTransfer } from './transfer.ts';

/** Never rejects. Aborting the signal ends it, with 130. */
export async function run(
  args: readonly string[],
  streams: Streams,
  machinery: Machinery,
  signal: AbortSignal,
): Promise<ExitCode> {
  let command: Command | undefined;
  try {
    command = parseCommandLine(args);
    return await runCommand(command, streams, machinery, signal);
  } catch (error) {
    if (signal.aborted) return 130;
    const { exitCode, message } = failureOf(error);
    if (command === undefined || !isQuiet(command)) streams.stderr.write(`mixfetch: (${exitCode}) ${message}\n`);
    return exitCode;
  }
}

function isQuiet(command: Command): boolean {
  return command.kind === 'fetch' && command.silent && !command.showError;
}

async function runCommand(
  command: Command,
  streams: Streams,
  machinery: Machinery,
  signal: AbortSignal,
): Promise<ExitCode> {
  switch (command.kind) {
    case 'help':
      streams.stdout.write(helpText());
      return 0;
    case 'version':
      streams.stdout.write(`mixfetch ${machinery.version}\n`);
      return 0;
    case 'devnet':
      return runDevnet(streams, machinery, signal);
    case 'service':
      await (command.action === 'init' ? initService : runService)(command, streams, machinery, signal);
      return 0;
    case 'fetch':
      return runFetch(command, streams, machinery, signal);
  }
}

async function runFetch(
  command: FetchCommand,
  streams: Streams,
  machinery: Machinery,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { devnet: wantsDevnet, cacert, dataDir, passphraseFile } = command.network;
  const ca = cacert === undefined ? undefined : [await readAuthorities(cacert)];
  const storage = dataDir === undefined ? undefined : await openStorage(dataDir, passphraseFile);
  const files = new Files(streams.stdin, signal);
  const body = await loadBody(command.body, files);
  const query = await loadQuery(command.query, files);
  const writeOut = await loadFormat(command.writeOut, files);
  for (const { url } of command.transfers) {
    if (query !== '') url.search += `${url.search === '' ? '?' : '&'}${query}`;
  }
  const devnet = wantsDevnet ? await machinery.startDevnet({ allowLocal: true, signal }) : undefined;
  try {
    const exitCode = await runTransfers(
      { ...command, writeOut },
      body,
      optionsOf(command, devnet?.api, ca, storage),
      streams,
      machinery,
      signal,
    );
    if (devnet !== undefined && exitCode === 6 && !isQuiet(command)) {
      streams.stderr.write('mixfetch: the mixnet of --devnet reaches this machine only\n');
    }
    return exitCode;
  } finally {
    await devnet?.close();
  }
}

/** One after the other, over one client. The code is that of the last one which failed. */
async function runTransfers(
  command: FetchCommand,
  body: LoadedBody | undefined,
  options: FetcherOptions,
  streams: Streams,
  machinery: Machinery,
  signal: AbortSignal,
): Promise<ExitCode> {
  const fetcher = machinery.createMixFetch(options);
  try {
    let exitCode: ExitCode = 0;
    for (const [index, transfer] of command.transfers.entries()) {
      const code = await runTransfer({ fetcher, command, body, streams, signal }, transfer, index);
      if (code !== 0) exitCode = code;
      if (signal.aborted) break;
    }
    return exitCode;
  } finally {
    await fetcher.close();
  }
}

function optionsOf(
  { network, timeouts }: FetchCommand,
  devnetApi: string | undefined,
  ca: string[] | undefined,
  storage: ClientStorage | undefined,
): FetcherOptions {
  const api = devnetApi === undefined ? [...network.api] : [devnetApi];
  const { connectMs } = timeouts;
  return {
    ...(api.length > 0 && { api }),
    ...(network.gateway !== undefined && { gateway: network.gateway }),
    ...(network.secureGateway && { secureGateway: true }),
    ...(storage !== undefined && { storage }),
    ...(network.exits.length > 0 && { exits: [...network.exits] }),
    ...(ca !== undefined && { ca }),
    ...(connectMs !== undefined && { timeouts: { setup: connectMs, connect: connectMs } }),
  };
}

/** The format of --write-out, which may be in a file. */
async function loadFormat(format: string | undefined, files: Files): Promise<string | undefined> {
  return format?.startsWith('@') ? Buffer.from(await files.read(format.slice(1))).toString('utf8') : format;
}

async function openStorage(directory: string, passphraseFile: string | undefined): Promise<ClientStorage> {
  const passphrase = passphraseFile === undefined ? undefined : await readSecret(passphraseFile);
  return sealed(fileStorage(directory), passphrase);
}

async function readAuthorities(file: string): Promise<string> {
  let pem: string;
  try {
    pem = await readFile(file, 'utf8');
  } catch (cause) {
    throw new CommandError(`cannot read the file "${file}"`, 77, { cause });
  }
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new CommandError(`there is no certificate in "${file}"`, 77);
  return pem;
}

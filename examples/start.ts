/**
 * `npm start`: an HTTPS request through a mixnet, start to end, on this machine, with pacing and delays as on the real
 * network. Exits with 0 only if everything went as it should, the refusal of a bad certificate included.
 */

import { createHash } from 'node:crypto';
import { createMixFetch, type MixFetch, MixnetError } from 'mixfetch';
import { startDevnet } from 'mixfetch/devnet';
import { startOrigin } from './origin.ts';

interface Row {
  readonly what: string;
  readonly firstByteMs: number;
  readonly totalMs: number;
}

const rows: Row[] = [];
let failures = 0;
let connected = false;

say('Starting a mixnet on this machine: a directory, three layers of mix nodes, gateways and an exit.');
const origin = await startOrigin(['shop.test', 'rpc.test']);
const devnet = await startDevnet({
  allowLocal: true,
  hosts: { 'shop.test': origin.port, 'rpc.test': origin.port, 'impostor.test': origin.port },
});
const mixFetch = createMixFetch({ api: devnet.api, extraCa: [origin.ca] });

try {
  const connecting = performance.now();
  await step('Connecting: node lists, a gateway, registration, cover traffic', () => mixFetch.ready());
  connected = true;
  const connectMs = performance.now() - connecting;

  await step('Posting JSON to https://rpc.test/', postJson);
  await step('Downloading 1 MB from https://shop.test/, as a stream', downloadMegabyte);
  await step('Three requests at once over one pool', threeAtOnce);
  await step('A host whose certificate is not its own, which must fail', refuseImpostor);

  printTable(connectMs, mixFetch);
} finally {
  await mixFetch.close();
  await devnet.close();
  await origin.close();
}
process.exitCode = failures === 0 ? 0 : 1;
say(failures === 0 ? '\nAll of it went as it should.' : `\n${failures} of the steps went wrong.`);

async function postJson(): Promise<void> {
  const response = await timed('POST JSON (cold: a new connection and TLS)', () =>
    mixFetch('https://rpc.test/rpc', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_blockNumber', params: [] }),
    }),
  );
  const answer = JSON.parse(new TextDecoder().decode(response)) as { id?: unknown; result?: unknown };
  if (answer.id !== 1 || answer.result !== '0x10d4f') throw new Error(`the answer is not the one expected`);
}

async function downloadMegabyte(): Promise<void> {
  const bytes = await timed('GET 1 MB (cold, streamed)', () => mixFetch('https://shop.test/megabyte'));
  const hash = createHash('sha256').update(bytes).digest('hex');
  if (hash !== origin.megabyteSha256) throw new Error(`SHA-256 is ${hash}, not ${origin.megabyteSha256}`);
}

async function threeAtOnce(): Promise<void> {
  const bodies = await Promise.all(
    ['one', 'two', 'three'].map(name =>
      timed(`GET /echo/${name} (with two others)`, () => mixFetch(`https://shop.test/echo/${name}`)),
    ),
  );
  const texts = bodies.map(body => new TextDecoder().decode(body));
  if (texts.join() !== 'one,two,three') throw new Error(`the answers were ${texts.join()}`);
}

async function refuseImpostor(): Promise<void> {
  const error = await mixFetch('https://impostor.test/').then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) throw new Error('the impostor was believed');
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof MixnetError) || cause.code !== 'ERR_MIX_TLS_CERTIFICATE') throw error;
  say(`    refused, as it should be: ${String(error)}`);
  say(`    cause: ${cause.code}: ${cause.message}`);
}

/** Reads the whole body and notes when its first byte and its end came. */
async function timed(what: string, request: () => Promise<Response>): Promise<Uint8Array> {
  const started = performance.now();
  const response = await request();
  if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
  const chunks: Uint8Array[] = [];
  let firstByteMs = 0;
  for await (const chunk of response.body) {
    if (chunks.length === 0) firstByteMs = performance.now() - started;
    chunks.push(chunk);
  }
  rows.push({ what, firstByteMs, totalMs: performance.now() - started });
  return Buffer.concat(chunks);
}

async function step(what: string, run: () => Promise<void>): Promise<void> {
  const started = performance.now();
  const progress = showProgress(what, started);
  try {
    await run();
    progress.done(`ok    ${what} (${seconds(performance.now() - started)})`);
  } catch (error) {
    failures++;
    progress.done(`WRONG ${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    if (error instanceof Error && error.cause !== undefined) say(`    cause: ${String(error.cause)}`);
  }
}

/** One line that is rewritten while the step runs, on a terminal; silence elsewhere. */
function showProgress(what: string, started: number): { done(line: string): void } {
  if (!process.stderr.isTTY) return { done: say };
  const draw = (): void => {
    const stats = connected ? mixFetch.client.stats() : undefined;
    const packets = stats === undefined ? '' : ` · packets: ${stats.realSent} real, ${stats.coverSent} cover`;
    process.stderr.write(`\r\x1b[2K… ${what} (${seconds(performance.now() - started)}${packets})`);
  };
  const timer = setInterval(draw, 100);
  return {
    done(line) {
      clearInterval(timer);
      process.stderr.write('\r\x1b[2K');
      say(line);
    },
  };
}

function printTable(connectMs: number, { client }: MixFetch): void {
  say('');
  say(`${'time to connect'.padEnd(48)} ${seconds(connectMs).padStart(10)}`);
  say(`${'request'.padEnd(48)} ${'first byte'.padStart(10)} ${'complete'.padStart(10)}`);
  for (const { what, firstByteMs, totalMs } of rows) {
    say(`${what.padEnd(48)} ${seconds(firstByteMs).padStart(10)} ${seconds(totalMs).padStart(10)}`);
  }
  const stats = client.stats();
  say(
    `packets sent: ${stats.realSent} real, ${stats.coverSent} cover · acknowledged: ${stats.acksReceived} · sent again: ${stats.retransmissions}`,
  );
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function say(line: string): void {
  console.log(line);
}

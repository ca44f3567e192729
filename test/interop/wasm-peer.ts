/**
 * A child process that runs the published client `@nymproject/nym-client-wasm-node`, unmodified, and obeys its parent by
 * IPC. Started by `wasm-client.test.ts` with the directory URL and the gateway as arguments.
 */

import 'fake-indexeddb/auto';
import { WebSocket } from 'ws';

export type PeerCommand =
  | { readonly do: 'send'; readonly id: number; readonly data: string; readonly to: string }
  | {
      readonly do: 'send-anonymous';
      readonly id: number;
      readonly data: string;
      readonly to: string;
      readonly surbs: number;
    }
  | { readonly do: 'reply'; readonly id: number; readonly data: string; readonly senderTag: string }
  | { readonly do: 'leave' };

/** Data travels as base64: IPC is JSON. */
export type PeerReport =
  | { readonly is: 'ready'; readonly address: string }
  | { readonly is: 'accepted'; readonly id: number }
  | { readonly is: 'refused'; readonly id: number; readonly why: string }
  | { readonly is: 'message'; readonly data: string; readonly anonymous: boolean }
  | { readonly is: 'failed'; readonly why: string };

// The package was built for a page: it looks for these globals.
const Anything = { [Symbol.hasInstance]: () => true };
Object.assign(globalThis, {
  self: globalThis,
  window: globalThis,
  Window: Anything,
  WorkerGlobalScope: Anything,
  WebSocket,
});

// A registration socket that closes late calls into a freed closure of the package: harmless, and not ours to mend.
process.on('uncaughtException', error => {
  if (!/closure invoked recursively or after being dropped/.test(String(error))) fail(error);
});
process.on('disconnect', () => process.exit(0));

const [api = '', gateway = ''] = process.argv.slice(2);
const { NymClient } = await import('@nymproject/nym-client-wasm-node');

try {
  const client = await new NymClient(receive, {
    clientId: `peer-${process.pid}`,
    nymApiUrl: api,
    preferredGateway: gateway,
    forceTls: false,
  });
  process.on('message', (command: PeerCommand) => void obey(client, command));
  report({ is: 'ready', address: client.selfAddress() });
} catch (error) {
  fail(error);
}

async function obey(client: InstanceType<typeof NymClient>, command: PeerCommand): Promise<void> {
  if (command.do === 'leave') process.exit(0);
  const data = new Uint8Array(Buffer.from(command.data, 'base64'));
  try {
    if (command.do === 'send') await client.send_regular_message(data, command.to);
    else if (command.do === 'send-anonymous') await client.send_anonymous_message(data, command.to, command.surbs);
    else await client.send_reply(data, command.senderTag);
    report({ is: 'accepted', id: command.id });
  } catch (error) {
    report({ is: 'refused', id: command.id, why: String(error) });
  }
}

function receive(data: Uint8Array, senderTag: unknown): void {
  report({
    is: 'message',
    data: Buffer.from(data).toString('base64'),
    anonymous: senderTag !== undefined && senderTag !== null,
  });
}

function report(what: PeerReport): void {
  process.send?.(what);
}

function fail(error: unknown): void {
  report({ is: 'failed', why: String(error) });
  process.exit(1);
}

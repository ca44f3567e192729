/**
 * A process that runs the published client `@nymproject/nym-client-wasm-node`, unmodified, and obeys its parent by IPC.
 * `Peer` starts it, with the base URL of a directory and the identity of a gateway as arguments.
 */

import { WebSocket } from 'ws';
import { loadPublishedClient, type PublishedClient, publishedOptions } from './published-client.ts';

export type PeerCommand =
  | { readonly do: 'send'; readonly id: number; readonly data: Uint8Array; readonly to: string }
  | {
      readonly do: 'send-anonymous';
      readonly id: number;
      readonly data: Uint8Array;
      readonly to: string;
      readonly surbs: number;
    }
  | { readonly do: 'reply'; readonly id: number; readonly data: Uint8Array; readonly senderTag: string }
  | { readonly do: 'leave' };

export type PeerReport =
  | { readonly is: 'ready'; readonly address: string }
  /** A text message on the websocket, either way: `> register`. Of those that answer each packet, none. */
  | { readonly is: 'control'; readonly type: string }
  | { readonly is: 'accepted'; readonly id: number }
  | { readonly is: 'refused'; readonly id: number; readonly why: string }
  /** The package hands over the sender's tag as an object without content: it is known only whether there is one. */
  | { readonly is: 'message'; readonly data: Uint8Array; readonly tagged: boolean }
  | { readonly is: 'failed'; readonly why: string };

class WatchedWebSocket extends WebSocket {
  constructor(url: string, protocols?: string | string[]) {
    super(url, protocols);
    this.on('message', (data, isBinary) => {
      if (!isBinary) watched('<', String(data));
    });
  }

  override send(data: Parameters<WebSocket['send']>[0]): void {
    if (typeof data === 'string') watched('>', data);
    super.send(data);
  }
}

process.on('disconnect', () => process.exit(0));

const [api = '', gateway = ''] = process.argv.slice(2);
const NymClient = await loadPublishedClient(WatchedWebSocket, fail);

try {
  const client = await new NymClient(receive, publishedOptions(api, gateway));
  process.on('message', (command: PeerCommand) => void obey(client, command));
  report({ is: 'ready', address: client.selfAddress() });
} catch (error) {
  fail(error);
}

async function obey(client: InstanceType<PublishedClient>, command: PeerCommand): Promise<void> {
  if (command.do === 'leave') process.exit(0);
  const { id, data } = command;
  try {
    if (command.do === 'send') await client.send_regular_message(data, command.to);
    else if (command.do === 'send-anonymous') await client.send_anonymous_message(data, command.to, command.surbs);
    else await client.send_reply(data, command.senderTag);
    report({ is: 'accepted', id });
  } catch (error) {
    report({ is: 'refused', id, why: String(error) });
  }
}

function receive(data: Uint8Array, senderTag: unknown): void {
  report({ is: 'message', data, tagged: senderTag !== undefined && senderTag !== null });
}

function watched(direction: '<' | '>', text: string): void {
  const { type } = JSON.parse(text) as { type: unknown };
  if (type !== 'send') report({ is: 'control', type: `${direction} ${type}` });
}

function report(what: PeerReport): void {
  process.send?.(what);
}

function fail(error: unknown): void {
  report({ is: 'failed', why: String(error) });
  process.exit(1);
}

/**
 * `mixfetch/servers`: servers on this machine for programs that know nothing of the mixnet. Node only.
 *
 * @module
 */

export { createSocks5Server, type Socks5Server, type Socks5ServerOptions, type StreamSource } from './socks5/index.ts';
export {
  createWebSocketService,
  type MessageClient,
  type WebSocketService,
  type WebSocketServiceOptions,
} from './websocket/index.ts';

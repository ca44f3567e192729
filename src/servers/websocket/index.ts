/** The local API of Nym's native client: messages for programs that speak websocket. */

export type { MessageClient } from './program.ts';
export { createWebSocketService, type WebSocketService, type WebSocketServiceOptions } from './service.ts';

/** A SOCKS proxy whose connections leave through an exit of the mixnet. */

export type { StreamSource } from './connection.ts';
export { createSocks5Server, type Socks5Server, type Socks5ServerOptions } from './server.ts';

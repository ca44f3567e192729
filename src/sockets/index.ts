/** Connections through the mixnet in the shape of Node's sockets. Node only. */

export { Dialer, type DialerOptions, type MixnetSource } from './dialer.ts';
export { MixSocket } from './mix-socket.ts';

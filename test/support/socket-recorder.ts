/**
 * Records every TCP connection and every name look-up that this process makes, whoever makes it: addresses at
 * `net.Socket.prototype.connect`, and below that the handles themselves through `async_hooks`, so that a connection that
 * went round the first is still counted by the second.
 */

import { createHook } from 'node:async_hooks';
import net from 'node:net';

export interface NetworkRecord {
  /** `host:port` of each TCP connection, in order. */
  readonly connections: string[];
  /** How many handles of each kind were made: TCP connects, look-ups, DNS queries, datagram sockets, pipes. */
  readonly handles: Record<string, number>;
}

const watched = [
  'TCPCONNECTWRAP',
  'GETADDRINFOREQWRAP',
  'GETNAMEINFOREQWRAP',
  'QUERYWRAP',
  'UDPWRAP',
  'PIPECONNECTWRAP',
];

export function recordNetwork(): NetworkRecord {
  const record: NetworkRecord = { connections: [], handles: Object.fromEntries(watched.map(kind => [kind, 0])) };
  createHook({
    init(_id, kind) {
      if (watched.includes(kind)) record.handles[kind] = (record.handles[kind] ?? 0) + 1;
    },
  }).enable();

  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
    record.connections.push(endpoint(args));
    return Reflect.apply(connect, this, args) as net.Socket;
  } as typeof connect;
  return record;
}

/** `connect` takes (options), (port, host), (path), or the normalized array Node uses inside. */
function endpoint(args: readonly unknown[]): string {
  const first: unknown = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (typeof first === 'object' && first !== null) {
    const { host, port, path } = first as { host?: unknown; port?: unknown; path?: unknown };
    return port === undefined ? `pipe ${String(path)}` : `${String(host ?? 'localhost')}:${String(port)}`;
  }
  return typeof first === 'number' ? `${String(args[1] ?? 'localhost')}:${first}` : `pipe ${String(first)}`;
}

/** Where an exit of the devnet connects to: a table of names, loopback, and nothing else unless it is allowed. */

import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { isGlobalAddress } from '../exit/index.ts';
import { streamPair } from './stream-pair.ts';

/** A host that a devnet knows by name: the port where it listens on 127.0.0.1, or more about it. */
export type DevnetHost = number | ListeningHost | ServedHost;

export interface ListeningHost extends HostAddress {
  /** On 127.0.0.1. */
  readonly port: number;
}

export interface ServedHost extends HostAddress {
  /** Gets the server's end of each connection, which then needs no socket: `server.emit('connection', stream)`. */
  readonly serve: (stream: Duplex) => void;
}

interface HostAddress {
  /** What the exit takes for its address when it asks its policy. Default: one that is global. */
  readonly address?: string;
}

export interface HostMapOptions {
  /** `example.test`, or `example.test:443` for one port. */
  readonly hosts: Readonly<Record<string, DevnetHost>>;
  readonly allowLocal: boolean;
  readonly allowRemote: boolean;
}

export interface Destination {
  /** As the exit's policy sees it: all must be let through. */
  readonly addresses: readonly string[];
  readonly port: number;
  connect(): Duplex;
}

/** Globally routable by the registry, and nobody's server (RFC 7723): the addresses for examples do not pass for global. */
const DEFAULT_ADDRESS = '192.0.0.9';

export class HostMap {
  readonly #options: HostMapOptions;
  readonly #hosts = new Map<string, ListeningHost | ServedHost>();

  /** Throws a `TypeError` for a port that is none. */
  constructor(options: HostMapOptions) {
    this.#options = options;
    for (const [name, host] of Object.entries(options.hosts)) this.set(name, host);
  }

  /** `undefined` takes the host away. */
  set(name: string, host: DevnetHost | undefined): void {
    const key = name.toLowerCase();
    if (host === undefined) this.#hosts.delete(key);
    else this.#hosts.set(key, checked(name, typeof host === 'number' ? { port: host } : host));
  }

  /** `undefined` for a name that does not resolve. The exit's filter is not applied here, but for the network's edge. */
  async resolve(host: string, port: number): Promise<Destination | undefined> {
    const name = host.toLowerCase();
    const mapped = this.#hosts.get(`${name}:${port}`) ?? this.#hosts.get(name);
    if (mapped !== undefined) {
      return { addresses: [mapped.address ?? DEFAULT_ADDRESS], port, connect: () => connectTo(mapped) };
    }
    const loopback = loopbackLiteral(name);
    if (loopback !== undefined) {
      return { addresses: [loopback], port, connect: () => dial(loopback, port) };
    }
    return this.#options.allowRemote ? remote(name, port) : undefined;
  }

  /** What an exit does not dial: addresses that are not global, unless its operator allows them. */
  isForbidden(address: string): boolean {
    return !this.#options.allowLocal && !isGlobalAddress(address);
  }
}

function connectTo(host: ListeningHost | ServedHost): Duplex {
  if ('port' in host) return dial('127.0.0.1', host.port);
  const [near, far] = streamPair();
  host.serve(far);
  return near;
}

/** A server that has sent all it had may still be written to. */
function dial(host: string, port: number): Duplex {
  return connect({ host, port, allowHalfOpen: true, noDelay: true });
}

function loopbackLiteral(name: string): string | undefined {
  if (name === 'localhost') return '127.0.0.1';
  if (/^127(\.\d{1,3}){3}$/.test(name)) return name;
  return name === '::1' ? name : undefined;
}

async function remote(host: string, port: number): Promise<Destination | undefined> {
  try {
    const found = await lookup(host, { all: true });
    return { addresses: found.map(({ address }) => address), port, connect: () => dial(host, port) };
  } catch {
    return undefined;
  }
}

function checked(name: string, host: ListeningHost | ServedHost): ListeningHost | ServedHost {
  const port = /:(\d+)$/.exec(name)?.[1];
  if (port !== undefined && !isPort(Number(port))) throw new TypeError('a host name with a port that is none');
  if ('port' in host && !isPort(host.port)) throw new TypeError('a host with a port that is none');
  return host;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port > 0 && port <= 0xffff;
}

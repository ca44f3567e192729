/** The network requester of an exit (`nymtech/nym service-providers/network-requester`): a client that dials for others. */

import type { ClientCore, ReceivedMessage } from '../client/index.ts';
import { encodeBase58 } from '../crypto/base58.ts';
import {
  CURRENT_VERSION,
  decodeRequest,
  type ExitPolicy,
  encodeResponse,
  policyAllows,
  type RequesterRequest,
  type RequesterResponse,
  type RequesterVersion,
} from '../exit/index.ts';
import type { Recipient } from '../message/index.ts';
import type { Platform } from '../platform/platform.ts';
import { OrderedBuffer } from '../stream/index.ts';
import type { Destination, HostMap } from './host-map.ts';
import type { Lifetime } from './lifetime.ts';
import { ParkedMessages } from './parked-messages.ts';
import { ProxiedConnection } from './proxied-connection.ts';
import { type ExitBehaviour, MAX_CLOSED_IDS, MAX_REORDERED_BYTES } from './requester-options.ts';

export interface RequesterOptions {
  readonly core: ClientCore;
  readonly platform: Platform;
  readonly lifetime: Lifetime;
  readonly hosts: HostMap;
  readonly policy: ExitPolicy;
}

type Connect = RequesterRequest & { kind: 'connect' };
type Send = RequesterRequest & { kind: 'send' };

/** Where an answer goes: to an address that the client gave, or back by reply blocks. */
type ReturnPath = { readonly to: Recipient } | { readonly tag: Uint8Array };

interface OpenConnection {
  readonly incoming: OrderedBuffer;
  readonly connection: ProxiedConnection;
  /** The number of the message that says it is the last; a later one that says so replaces it. */
  closedAt: bigint | undefined;
}

export class Requester {
  readonly core: ClientCore;
  readonly #options: RequesterOptions;
  /** By connection id alone, whoever uses it: as in the reference. */
  readonly #open = new Map<bigint, OpenConnection>();
  readonly #all = new Set<ProxiedConnection>();
  readonly #parked = new ParkedMessages<Send>();
  readonly #closedIds = new Set<bigint>();
  readonly #senders = new Set<string>();
  readonly #unsubscribe: () => void;
  #behaviour: ExitBehaviour = 'normal';

  constructor(options: RequesterOptions) {
    this.core = options.core;
    this.#options = options;
    this.#unsubscribe = options.core.subscribe(message => this.#receive(message));
  }

  get behaviour(): ExitBehaviour {
    return this.#behaviour;
  }

  set behaviour(behaviour: ExitBehaviour) {
    const wasStalled = this.#behaviour === 'stall';
    this.#behaviour = behaviour;
    if (wasStalled && behaviour !== 'stall') for (const connection of this.#all) connection.resume();
  }

  get openConnections(): number {
    return this.#all.size;
  }

  /** How many pseudonyms have asked for a connection. */
  get senders(): number {
    return this.#senders.size;
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    for (const connection of this.#all) connection.end();
    await this.core.close();
  }

  #receive(message: ReceivedMessage): void {
    if (message.kind === 'reply' || this.#behaviour === 'silent') return;
    const tag = message.kind === 'repliable' ? message.senderTag : undefined;
    let decoded: ReturnType<typeof decodeRequest>;
    try {
      decoded = decodeRequest(message.data);
    } catch {
      // Nothing is said to whoever sends what is no request.
      return;
    }
    const { version, request } = decoded;
    if (request.kind === 'connect') void this.#connect(request, version, tag);
    else if (request.kind === 'send') this.#send(request);
    else if (tag !== undefined) this.#answer(request, version, tag);
  }

  async #connect(request: Connect, version: RequesterVersion, tag: Uint8Array | undefined): Promise<void> {
    const { connection: id, address, returnAddress } = request;
    const path = returnAddress ? { to: returnAddress } : tag && { tag };
    if (path === undefined) return;
    if (tag !== undefined) this.#senders.add(encodeBase58(tag));
    const respond = (response: RequesterResponse) => this.#respond(response, version, path, laneOf(id));
    const destination = await this.#admit(address);
    if (this.#options.lifetime.ended) return;
    if (destination === undefined) {
      respond({ kind: 'error', connection: id, text: `Domain ${JSON.stringify(address)} failed filter check` });
      return;
    }
    const socket = destination.connect();
    socket.once(
      'close',
      this.#options.lifetime.onEnd(() => socket.destroy()),
    );
    let dialled = false;
    socket.once('error', () => {
      if (dialled) return;
      respond({ kind: 'data', connection: id, closed: true, sequence: 0n, data: new Uint8Array(0) });
    });
    const connected = () => {
      dialled = true;
      if (!this.#options.lifetime.ended) this.#opened(id, socket, respond);
    };
    if ('connecting' in socket && socket.connecting === true) socket.once('connect', connected);
    else connected();
  }

  /** The destination, if it has addresses and the filter lets all of them through. */
  async #admit(address: string): Promise<Destination | undefined> {
    const { hosts, policy } = this.#options;
    const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(address) ?? [];
    const host = bracketed ?? plain;
    if (this.#behaviour === 'refuse' || host === undefined) return undefined;
    const destination = await hosts.resolve(host, Number(port));
    const mayConnect = (ip: string) => !hosts.isForbidden(ip) && policyAllows(policy, ip, Number(port)) === true;
    return destination?.addresses.every(mayConnect) ? destination : undefined;
  }

  #opened(
    id: bigint,
    socket: ReturnType<Destination['connect']>,
    respond: (response: RequesterResponse) => void,
  ): void {
    const { platform, lifetime } = this.#options;
    const connection: ProxiedConnection = new ProxiedConnection({
      socket,
      platform,
      lifetime,
      respond: (sequence, closed, data) => respond({ kind: 'data', connection: id, closed, sequence, data }),
      queuedPackets: () => this.core.laneLength(laneOf(id)),
      isStalled: () => this.#behaviour === 'stall',
      over: () => this.#over(id, connection),
    });
    this.#all.add(connection);
    // One that uses an id again takes its place, with nothing received; what was parked is only for the first.
    const isFirst = !this.#open.has(id);
    this.#open.set(id, {
      incoming: new OrderedBuffer({ maxBytes: MAX_REORDERED_BYTES }),
      connection,
      closedAt: undefined,
    });
    if (isFirst) for (const request of this.#parked.take(id)) this.#send(request);
  }

  #over(id: bigint, connection: ProxiedConnection): void {
    this.#all.delete(connection);
    if (this.#open.get(id)?.connection !== connection) return;
    this.#open.delete(id);
    this.#closedIds.add(id);
    for (const oldest of this.#closedIds) {
      if (this.#closedIds.size <= MAX_CLOSED_IDS) break;
      this.#closedIds.delete(oldest);
    }
  }

  #send(request: Send): void {
    const open = this.#open.get(request.connection);
    if (open === undefined) {
      if (!this.#closedIds.has(request.connection)) this.#parked.park(request);
      return;
    }
    // Noted even where the message itself is refused.
    if (request.closed) open.closedAt = request.sequence;
    open.incoming.write(request.sequence, request.data);
    const run = open.incoming.read();
    if (run === undefined) return;
    const closed = open.closedAt !== undefined && run.lastSequence >= open.closedAt;
    // What is empty and open goes no further: a client's keepalive keeps nothing alive.
    if (run.data.length > 0 || closed) open.connection.fromClient(run.data, closed);
  }

  #answer(request: RequesterRequest & { kind: 'query' | 'control' }, version: RequesterVersion, tag: Uint8Array): void {
    const { policy } = this.#options;
    const asked = { interface: version.interface, protocol: CURRENT_VERSION.protocol };
    this.#respond(answerTo(request, policy), asked, { tag }, 'general');
  }

  #respond(response: RequesterResponse, version: RequesterVersion, path: ReturnPath, lane: string): void {
    const { core } = this;
    let data: Uint8Array;
    try {
      data = encodeResponse(response, version);
    } catch {
      // An answer that the version asked in does not have.
      return;
    }
    const sent = 'to' in path ? core.send(path.to, data, { lane }) : core.reply(path.tag, data, { lane });
    // To a client without reply blocks left, or gone, nothing can be said.
    sent.catch(() => {});
  }
}

function answerTo(request: RequesterRequest & { kind: 'query' | 'control' }, policy: ExitPolicy): RequesterResponse {
  if (request.kind === 'query') {
    switch (request.query) {
      case 'open-proxy':
        return { kind: 'query', answer: { about: 'open-proxy', open: false } };
      case 'description':
        return { kind: 'query', answer: { about: 'description', text: 'a network requester of a devnet' } };
      case 'exit-policy':
        return { kind: 'query', answer: { about: 'exit-policy', enabled: true, upstream: '', policy } };
    }
  }
  switch (request.request) {
    case 'health':
      return { kind: 'control', response: { about: 'health' } };
    case 'binary-info':
      return {
        kind: 'control',
        response: { about: 'binary-info', binaryName: 'nym-network-requester', build: { build_version: '1.1.77' } },
      };
    case 'supported-versions':
      return { kind: 'control', response: { about: 'supported-versions', interface: 3, provider: 3 } };
  }
}

function laneOf(id: bigint): string {
  return `connection:${id.toString(16)}`;
}

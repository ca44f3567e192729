/**
 * What a gateway remembers of its clients, in memory: shared keys, bandwidth, the last authentication, who is connected,
 * and the messages of those who are not.
 */

import { mapKey } from '../crypto/bytes.ts';
import { MixnetError } from '../errors.ts';
import type { Milliseconds } from '../platform/platform.ts';
import { FREE_BANDWIDTH } from './bandwidth.ts';

const DAY: Milliseconds = 86_400_000;
/** Messages for clients that do not come are dropped after a day, looked for every hour, as in the reference. */
const KEPT_FOR: Milliseconds = DAY;
const CLEANUP_EVERY: Milliseconds = 3_600_000;

export interface GatewayClientsOptions {
  /** Bytes granted for each claim. Default 64 GiB, as the live gateways. */
  readonly freeBandwidth?: number;
  /** Clients that may be registered. Default 10 000. */
  readonly maxClients?: number;
  /** Bytes of messages kept for clients that are not connected, all of them together. Default 64 MiB. */
  readonly maxStoredBytes?: number;
}

interface Client {
  sharedKey: Uint8Array;
  lastTimestamp: number | undefined;
  bandwidth: number;
  /** Unix time in ms: the end of a UTC day. */
  bandwidthUntil: Milliseconds;
}

interface StoredMessage {
  readonly message: Uint8Array;
  readonly at: Milliseconds;
}

/** All times are Unix times in ms. `Session` is what stands for a connection. */
export class GatewayClients<Session> {
  readonly #freeBandwidth: number;
  readonly #maxClients: number;
  readonly #maxStoredBytes: number;
  readonly #clients = new Map<string, Client>();
  readonly #active = new Map<string, Session>();
  readonly #inboxes = new Map<string, StoredMessage[]>();
  #storedBytes = 0;
  #nextCleanup: Milliseconds = 0;

  constructor({
    freeBandwidth = FREE_BANDWIDTH,
    maxClients = 10_000,
    maxStoredBytes = 2 ** 26,
  }: GatewayClientsOptions = {}) {
    this.#freeBandwidth = freeBandwidth;
    this.#maxClients = maxClients;
    this.#maxStoredBytes = maxStoredBytes;
  }

  /** A client that registers again keeps its bandwidth. Throws ERR_MIX_USAGE_BUSY where there is no room. */
  register(identity: Uint8Array, sharedKey: Uint8Array): void {
    const name = mapKey(identity);
    const known = this.#clients.get(name);
    if (known === undefined && this.#clients.size >= this.#maxClients) throw new MixnetError('ERR_MIX_USAGE_BUSY');
    this.#clients.set(name, {
      bandwidth: known?.bandwidth ?? 0,
      bandwidthUntil: known?.bandwidthUntil ?? 0,
      lastTimestamp: known?.lastTimestamp,
      sharedKey,
    });
  }

  /** Key, bandwidth and messages. */
  forget(identity: Uint8Array): void {
    this.#clients.delete(mapKey(identity));
    this.#take(mapKey(identity));
  }

  /** All of them; those who are connected stay connected. */
  forgetAll(): void {
    this.#clients.clear();
    this.#inboxes.clear();
    this.#storedBytes = 0;
  }

  sharedKey(identity: Uint8Array): Uint8Array | undefined {
    return this.#clients.get(mapKey(identity))?.sharedKey;
  }

  /** Seconds since 1970. */
  lastTimestamp(identity: Uint8Array): number | undefined {
    return this.#clients.get(mapKey(identity))?.lastTimestamp;
  }

  authenticated(identity: Uint8Array, timestamp: number): void {
    const client = this.#clients.get(mapKey(identity));
    if (client !== undefined) client.lastTimestamp = timestamp;
  }

  bandwidth(identity: Uint8Array, now: Milliseconds): number {
    const client = this.#clients.get(mapKey(identity));
    return client === undefined || now >= client.bandwidthUntil ? 0 : client.bandwidth;
  }

  /** Returns the new total. */
  grant(identity: Uint8Array, now: Milliseconds): number {
    const client = this.#clients.get(mapKey(identity));
    if (client === undefined) return 0;
    client.bandwidth = this.bandwidth(identity, now) + this.#freeBandwidth;
    client.bandwidthUntil = (Math.floor(now / DAY) + 1) * DAY;
    return client.bandwidth;
  }

  /** False, and nothing is charged, where there is too little. */
  charge(identity: Uint8Array, bytes: number, now: Milliseconds): boolean {
    const client = this.#clients.get(mapKey(identity));
    if (client === undefined || this.bandwidth(identity, now) < bytes) return false;
    client.bandwidth -= bytes;
    return true;
  }

  /** The connection of a client that is authenticated now. */
  active(identity: Uint8Array): Session | undefined {
    return this.#active.get(mapKey(identity));
  }

  activate(identity: Uint8Array, session: Session): void {
    this.#active.set(mapKey(identity), session);
  }

  /** No effect where another session has taken its place. */
  deactivate(identity: Uint8Array, session: Session): void {
    if (this.active(identity) === session) this.#active.delete(mapKey(identity));
  }

  /** For whoever has that identity, registered or not. False, and the message is lost, where there is no room. */
  store(identity: Uint8Array, message: Uint8Array, now: Milliseconds): boolean {
    this.#expire(now);
    if (this.#storedBytes + message.length > this.#maxStoredBytes) return false;
    const name = mapKey(identity);
    const inbox = this.#inboxes.get(name) ?? [];
    inbox.push({ message: message.slice(), at: now });
    this.#inboxes.set(name, inbox);
    this.#storedBytes += message.length;
    return true;
  }

  /** What was kept, oldest first, and is kept no longer. */
  takeStored(identity: Uint8Array, now: Milliseconds): readonly Uint8Array[] {
    return this.#take(mapKey(identity)).flatMap(({ message, at }) => (at > now - KEPT_FOR ? [message] : []));
  }

  #take(name: string): readonly StoredMessage[] {
    const inbox = this.#inboxes.get(name) ?? [];
    this.#inboxes.delete(name);
    for (const { message } of inbox) this.#storedBytes -= message.length;
    return inbox;
  }

  #expire(now: Milliseconds): void {
    if (now < this.#nextCleanup) return;
    this.#nextCleanup = now + CLEANUP_EVERY;
    for (const [name, inbox] of this.#inboxes) {
      const [oldest] = inbox;
      if (oldest !== undefined && oldest.at > now - KEPT_FOR) continue;
      const kept = this.#take(name).filter(({ at }) => at > now - KEPT_FOR);
      if (kept.length === 0) continue;
      this.#inboxes.set(name, [...kept]);
      for (const { message } of kept) this.#storedBytes += message.length;
    }
  }
}

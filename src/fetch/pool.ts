/**
 * Connections between requests, and requests between connections: who may reuse what, how many there are, and who waits.
 * A connection belongs to one key (isolation, exit, origin), and nothing is ever shared across keys but the limits.
 */

import { MixnetError } from '../errors.ts';
import * as limits from '../limits.ts';
import type { Milliseconds, Platform, Timer } from '../platform/platform.ts';
import { type Connection, LONGEST_SILENCE } from './connection.ts';
import type { PoolLimits } from './context.ts';
import type { Deadlines } from './deadlines.ts';

export const defaultPoolLimits: PoolLimits = { perOrigin: 6, total: 32, idle: 45_000 };

/** Requests that wait for a connection, altogether: each holds its body in memory. */
export const MAX_WAITING = limits.waitingRequests;

/**
 * A server that announces `Keep-Alive: timeout=5` counts from its last byte, which took its time to come here, to our
 * next one, which takes it again.
 */
const KEEP_ALIVE_MARGIN: Milliseconds = 3_000;

/**
 * `given` over the defaults.
 *
 * @throws TypeError naming the limit that has a value it cannot have.
 */
export function resolvePoolLimits(given: unknown): PoolLimits {
  if (given === undefined) return defaultPoolLimits;
  if (typeof given !== 'object' || given === null) throw new TypeError('The option "pool" must be an object.');
  const resolved: Record<string, number> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!Object.hasOwn(defaultPoolLimits, name)) throw new TypeError(`There is no option "pool.${name}".`);
    if (typeof value !== 'number' || !(value >= (name === 'idle' ? 0 : 1))) {
      throw new TypeError(`The option "pool.${name}" has a value it cannot have.`);
    }
    resolved[name] = value;
  }
  return { ...defaultPoolLimits, ...resolved };
}

export type Dial<Target> = (target: Target, deadlines: Deadlines) => Promise<Connection>;

export interface PoolStats {
  /** Connections carrying a request, or being made. */
  readonly busy: number;
  readonly idle: number;
  /** Requests waiting for a connection. */
  readonly waiting: number;
}

interface Waiter {
  readonly take: (turn: Turn) => void;
}

/** Either a connection to reuse, or the right to make one. */
type Turn = Connection | 'dial';

interface Idle {
  readonly connection: Connection;
  readonly since: Milliseconds;
  readonly expiresAt: Milliseconds;
  readonly timer: Timer;
}

interface Group {
  readonly key: string;
  /** Idle, busy, and being made. */
  connections: number;
  /** The newest last. */
  readonly idle: Idle[];
  readonly waiting: Waiter[];
}

export class Pool<Target extends { readonly key: string }> {
  readonly #platform: Platform;
  readonly #dial: Dial<Target>;
  readonly #limits: PoolLimits;
  /** The order is whose turn it is: a group that was served goes to the end. */
  readonly #groups = new Map<string, Group>();
  #total = 0;
  #waiting = 0;

  constructor(platform: Platform, dial: Dial<Target>, limits: PoolLimits) {
    this.#platform = platform;
    this.#dial = dial;
    this.#limits = limits;
  }

  /** Must be followed by `release`. Rejects with the reason of `deadlines.signal`. */
  async acquire(target: Target, deadlines: Deadlines): Promise<Connection> {
    deadlines.signal.throwIfAborted();
    const group = this.#group(target.key);
    // Nobody overtakes those who wait already.
    const turn = (group.waiting.length === 0 ? this.#turn(group) : undefined) ?? (await this.#wait(group, deadlines));
    deadlines.record?.mark('turn');
    if (turn !== 'dial') return turn;
    try {
      return await this.#dial(target, deadlines);
    } catch (error) {
      this.#forget(group);
      throw error;
    }
  }

  /** @param keepAlive how long the server said it would keep the connection, ms. */
  release(target: Target, connection: Connection, reusable: boolean, keepAlive: Milliseconds | undefined): void {
    const group = this.#group(target.key);
    connection.served += 1;
    const now = this.#platform.now();
    const expiresAt = Math.min(
      now + this.#limits.idle,
      now + (keepAlive ?? Number.POSITIVE_INFINITY) - KEEP_ALIVE_MARGIN,
      connection.lastWrite + LONGEST_SILENCE,
    );
    if (!reusable || expiresAt <= now) {
      connection.close();
      this.#forget(group);
      return;
    }
    const timer = this.#platform.setTimer(() => this.#retire(group, connection), expiresAt - now);
    group.idle.push({ connection, since: now, expiresAt, timer });
    connection.watch(() => this.#retire(group, connection));
    this.#serve();
  }

  /** Closes the idle connections of a key: when one was dead without telling, its sisters are suspect. */
  retireIdle(target: Target): void {
    const group = this.#group(target.key);
    for (const { connection } of [...group.idle]) this.#retire(group, connection);
    this.#tidy(group);
  }

  /** Closes all idle connections. */
  close(): void {
    for (const group of [...this.#groups.values()]) {
      for (const { connection } of [...group.idle]) this.#retire(group, connection);
    }
  }

  stats(): PoolStats {
    let idle = 0;
    for (const group of this.#groups.values()) idle += group.idle.length;
    return { busy: this.#total - idle, idle, waiting: this.#waiting };
  }

  #wait(group: Group, deadlines: Deadlines): Promise<Turn> {
    if (this.#waiting >= MAX_WAITING) {
      this.#tidy(group);
      throw new MixnetError('ERR_MIX_USAGE_BUSY');
    }
    const { signal } = deadlines;
    deadlines.enter('turn');
    return new Promise<Turn>((resolve, reject) => {
      const onAbort = () => {
        group.waiting.splice(group.waiting.indexOf(waiter), 1);
        this.#waiting -= 1;
        this.#tidy(group);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        take: turn => {
          signal.removeEventListener('abort', onAbort);
          this.#waiting -= 1;
          resolve(turn);
        },
      };
      signal.addEventListener('abort', onAbort);
      group.waiting.push(waiter);
      this.#waiting += 1;
    });
  }

  /** Gives turns away as long as there are any: one to each group in turn. */
  #serve(): void {
    for (let served = true; served; ) {
      served = false;
      for (const group of this.#groups.values()) {
        const turn = group.waiting.length > 0 ? this.#turn(group) : undefined;
        if (turn === undefined) continue;
        this.#groups.delete(group.key);
        this.#groups.set(group.key, group);
        group.waiting.shift()?.take(turn);
        served = true;
        break;
      }
    }
  }

  #turn(group: Group): Turn | undefined {
    for (let idle = group.idle.pop(); idle !== undefined; idle = group.idle.pop()) {
      idle.timer.cancel();
      idle.connection.unwatch();
      // After a sleep of the machine the timer may be late.
      if (this.#platform.now() < idle.expiresAt) return idle.connection;
      idle.connection.close();
      group.connections -= 1;
      this.#total -= 1;
    }
    if (group.connections >= this.#limits.perOrigin) return undefined;
    if (this.#total >= this.#limits.total && !this.#evict()) return undefined;
    group.connections += 1;
    this.#total += 1;
    return 'dial';
  }

  /** Makes room by closing what has been idle for longest. */
  #evict(): boolean {
    let oldest: { group: Group; idle: Idle } | undefined;
    for (const group of this.#groups.values()) {
      const [idle] = group.idle;
      if (idle !== undefined && (oldest === undefined || idle.since < oldest.idle.since)) oldest = { group, idle };
    }
    if (oldest === undefined) return false;
    this.#discard(oldest.group, oldest.idle);
    return true;
  }

  #retire(group: Group, connection: Connection): void {
    const idle = group.idle.find(candidate => candidate.connection === connection);
    if (idle === undefined) return;
    this.#discard(group, idle);
    this.#serve();
  }

  #discard(group: Group, idle: Idle): void {
    group.idle.splice(group.idle.indexOf(idle), 1);
    idle.timer.cancel();
    idle.connection.close();
    group.connections -= 1;
    this.#total -= 1;
    this.#tidy(group);
  }

  /** A busy connection is gone. */
  #forget(group: Group): void {
    group.connections -= 1;
    this.#total -= 1;
    this.#tidy(group);
    this.#serve();
  }

  #group(key: string): Group {
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { key, connections: 0, idle: [], waiting: [] };
      this.#groups.set(key, group);
    }
    return group;
  }

  #tidy(group: Group): void {
    if (group.connections === 0 && group.waiting.length === 0) this.#groups.delete(group.key);
  }
}

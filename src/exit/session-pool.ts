/** Which exit serves which isolation key, under which pseudonym, and for how long after its last connection. */

import * as limits from '../limits.ts';
import { formatRecipient, type Recipient } from '../message/index.ts';
import type { Milliseconds } from '../platform/platform.ts';
import type { StreamCore, StreamPseudonym } from '../stream/index.ts';
import { ExitSession } from './exit-session.ts';

export class SessionPool {
  readonly #core: StreamCore;
  readonly #now: () => Milliseconds;
  readonly #sessions = new Map<StreamPseudonym, ExitSession>();
  /** How many sessions took the place of one at the same exit. */
  #besides = 0;
  /** In the order of last use. */
  readonly #remembered = new Map<string, ExitSession>();

  constructor(core: StreamCore, now: () => Milliseconds) {
    this.#core = core;
    this.#now = now;
  }

  find(pseudonym: StreamPseudonym): ExitSession | undefined {
    return this.#sessions.get(pseudonym);
  }

  /**
   * The session in use for a key, if its exit is not one of `except`. Where a reader of it pauses, another at the same exit
   * takes its place: an exit serves all connections of a pseudonym from the same reply blocks, of which those of the paused
   * one would take their share, to be read by nobody.
   */
  remembered(key: string, except: ReadonlySet<string>): ExitSession | undefined {
    this.#forgetIdle();
    const session = this.#remembered.get(key);
    if (session === undefined || except.has(formatRecipient(session.pseudonym.recipient))) return undefined;
    if (session.lagging) return this.#beside(key, session);
    this.#remember(key, session);
    return session;
  }

  /** Another exit for a key, in place of the one remembered. */
  use(key: string, recipient: Recipient): ExitSession {
    return this.#use(key, this.#core.pseudonym(recipient, key));
  }

  /** What was left in its place ends with its last connection. */
  #beside(key: string, { pseudonym: { recipient } }: ExitSession): ExitSession {
    this.#besides += 1;
    return this.#use(key, this.#core.pseudonym(recipient, `${key} beside ${this.#besides}`));
  }

  #use(key: string, pseudonym: StreamPseudonym): ExitSession {
    const session = this.#sessions.get(pseudonym) ?? new ExitSession(this.#core, pseudonym, this.#now);
    this.#sessions.set(pseudonym, session);
    const replaced = this.#remembered.get(key);
    this.#remember(key, session);
    if (replaced !== undefined) this.left(replaced);
    return session;
  }

  /** The exit of that session has failed: the key is open for another. */
  forget(key: string, { pseudonym }: ExitSession): void {
    const remembered = this.#remembered.get(key);
    if (remembered === undefined || !isSameExit(remembered.pseudonym, pseudonym)) return;
    this.#remembered.delete(key);
    this.left(remembered);
  }

  /** A connection of it is gone. */
  left(session: ExitSession): void {
    if (session.idleSince !== undefined && ![...this.#remembered.values()].includes(session)) this.#release(session);
  }

  close(): void {
    for (const session of this.#sessions.values()) session.release();
    this.#sessions.clear();
    this.#remembered.clear();
  }

  #remember(key: string, session: ExitSession): void {
    this.#remembered.delete(key);
    this.#remembered.set(key, session);
  }

  /** Those unused for long, and the longest unused of too many. Asked for whenever a stream is opened: no timer runs. */
  #forgetIdle(): void {
    const before = this.#now() - IDLE_TIME;
    for (const [key, session] of this.#remembered) {
      const { idleSince } = session;
      if (idleSince === undefined || (idleSince >= before && this.#remembered.size <= MAX_SESSIONS)) continue;
      this.#remembered.delete(key);
      this.#release(session);
    }
  }

  #release(session: ExitSession): void {
    this.#sessions.delete(session.pseudonym);
    session.release();
  }
}

/** Connections of a pool come back within minutes; after that, a new pseudonym is one link less. */
const IDLE_TIME: Milliseconds = 10 * 60_000;
/** Idle ones, each with up to 200 reply keys. */
const MAX_SESSIONS = limits.exitSessions;

function isSameExit(one: StreamPseudonym, other: StreamPseudonym): boolean {
  return formatRecipient(one.recipient) === formatRecipient(other.recipient);
}

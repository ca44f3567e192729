/** The exits that may be asked: those given, or those of the directory, and which of them have disappointed lately. */

import { MixnetError, type MixnetErrorCode } from '../errors.ts';
import * as limits from '../limits.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import { chooseExit, type ExitCandidate } from './exit-choice.ts';

export interface ExitDirectory {
  exits(options: { readonly signal: AbortSignal }): Promise<readonly ExitCandidate[]>;
}

export class ExitList {
  readonly #directory: ExitDirectory;
  readonly #platform: Pick<Platform, 'now' | 'randomBytes'>;
  readonly #signal: AbortSignal;
  readonly #avoidUntil = new Map<string, Milliseconds>();
  /** The oldest first. */
  readonly #stalledUntil = new Map<string, Milliseconds>();
  #listed: { readonly at: Milliseconds; readonly exits: readonly ExitCandidate[] } | undefined;
  #listing: Promise<readonly ExitCandidate[]> | undefined;

  constructor(directory: ExitDirectory, platform: Pick<Platform, 'now' | 'randomBytes'>, signal: AbortSignal) {
    this.#directory = directory;
    this.#platform = platform;
    this.#signal = signal;
  }

  /** At once if a list is known, even an old one, which is then renewed meanwhile. */
  all(): readonly ExitCandidate[] | Promise<readonly ExitCandidate[]> {
    const listed = this.#listed;
    if (listed === undefined) return this.#renew();
    if (this.#platform.now() - listed.at > FRESH_FOR) this.#renew().catch(() => {});
    return listed.exits;
  }

  /** Not one that failed lately, or stalled for that key, unless all have. */
  choose(candidates: readonly ExitCandidate[], key: string): ExitCandidate | undefined {
    const now = this.#platform.now();
    const until = (exit: string) =>
      Math.max(this.#avoidUntil.get(exit) ?? now, this.#stalledUntil.get(stallOf(exit, key)) ?? now);
    const good = candidates.filter(({ recipientText }) => until(recipientText) <= now);
    return chooseExit(good.length > 0 ? good : candidates, this.#platform.randomBytes);
  }

  /** What came of asking one. A refusal is about the destination, and held against nobody. */
  report(recipientText: string, error?: unknown): void {
    if (error === undefined) this.#avoidUntil.delete(recipientText);
    else if (error instanceof MixnetError && EXITS_FAULT.has(error.code)) {
      this.#avoidUntil.set(recipientText, this.#platform.now() + AVOIDED_FOR);
    }
  }

  /** One brought nothing from a destination, which may be the destination's fault: held against it for that key only. */
  stalled(recipientText: string, key: string): void {
    const now = this.#platform.now();
    const stall = stallOf(recipientText, key);
    this.#stalledUntil.delete(stall);
    this.#stalledUntil.set(stall, now + AVOIDED_FOR);
    for (const [oldest, until] of this.#stalledUntil) {
      if (until > now && this.#stalledUntil.size <= MAX_STALLED) break;
      this.#stalledUntil.delete(oldest);
    }
  }

  #renew(): Promise<readonly ExitCandidate[]> {
    this.#listing ??= this.#directory
      .exits({ signal: this.#signal })
      .then(exits => {
        this.#listed = { at: this.#platform.now(), exits };
        const known = new Set(exits.map(({ recipientText }) => recipientText));
        for (const text of this.#avoidUntil.keys()) if (!known.has(text)) this.#avoidUntil.delete(text);
        return exits;
      })
      .finally(() => {
        this.#listing = undefined;
      });
    return this.#listing;
  }
}

/** Exits come and go by the hour. */
const FRESH_FOR: Milliseconds = 10 * 60_000;
const AVOIDED_FOR: Milliseconds = 10 * 60_000;
const MAX_STALLED = limits.stalledExits;
const EXITS_FAULT: ReadonlySet<MixnetErrorCode> = new Set([
  'ERR_MIX_EXIT_SILENT',
  'ERR_MIX_MIXNET_NO_ROUTE',
  'ERR_MIX_MIXNET_UNDELIVERED',
] as const);

function stallOf(recipientText: string, key: string): string {
  return `${recipientText} ${key}`;
}

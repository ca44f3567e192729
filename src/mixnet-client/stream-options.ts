import type { Milliseconds } from '../platform/platform.ts';

/** A stream to another client. */
export interface DialStreamOptions {
  /** Its Nym address: `identity.encryption@gateway`. */
  readonly recipient: string;
  /** How much the other side will send first, if known: it gets the means to send so much before it asks. */
  readonly expectedBytes?: number | undefined;
  /**
   * Until the other side says its first word, ms. Default 60 000. This package says it when the program there takes the
   * stream; Nym's Rust SDK only when the program there writes: give `Infinity` for one that does nothing but listen.
   */
  readonly connectTimeoutMs?: Milliseconds | undefined;
  /** Aborts the opening; without effect on an open stream. */
  readonly signal?: AbortSignal | undefined;
}

/** What streams need of the client core, and nothing else of it. */

import type { Recipient } from '../message/index.ts';

/** Who we are to one exit: whatever goes by the same pseudonym can be linked there. */
export interface StreamPseudonym {
  readonly recipient: Recipient;
  readonly isolation: string;
}

export interface StreamCore {
  /** The same one for the same arguments, until it is released. */
  pseudonym(recipient: Recipient, isolation: string): StreamPseudonym;
  releasePseudonym(pseudonym: StreamPseudonym): void;
  /** Resolves when all of it is acknowledged. */
  sendAnonymous(
    pseudonym: StreamPseudonym,
    data: Uint8Array,
    options: { readonly replySurbs: number; readonly lane: string },
  ): Promise<void>;
  /** Reply blocks that the other side is believed to have left. */
  surbsHeldBy(pseudonym: StreamPseudonym): number;
  /** Sends reply blocks, in one message. */
  supplySurbs(pseudonym: StreamPseudonym, amount: number): void;
  /**
   * While restrained, requests for reply blocks are answered only so far that the other side does not give up: our readers
   * are slower than it is.
   */
  restrainSurbs(pseudonym: StreamPseudonym, restrained: boolean): void;
  unacknowledged(lane: string): { readonly messages: number; readonly bytes: number };
  /** Forgets what is unsent, and stops sending again what is sent. */
  dropLane(lane: string): void;
  subscribe(listener: (message: CoreMessage) => void): () => void;
}

export type CoreMessage =
  | { readonly kind: 'plain' | 'repliable' }
  | { readonly kind: 'reply'; readonly data: Uint8Array; readonly pseudonym: StreamPseudonym };

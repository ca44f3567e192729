/** How an exit of a devnet behaves, and the figures by which network requesters do (`nymtech/nym common/socks5/proxy-helpers/src`). */

import type { Milliseconds } from '../platform/platform.ts';

/**
 * | behaviour | |
 * |---|---|
 * | `normal` | as a real one |
 * | `refuse` | says of every destination that its filter refused it |
 * | `silent` | reads messages, and answers none |
 * | `stall` | connects, and moves nothing until it is normal again |
 */
export type ExitBehaviour = 'normal' | 'refuse' | 'silent' | 'stall';

/** What is read from a socket at a time, and becomes one message. */
export const MAX_READ_BYTES = 16_384;
/** With so many packets of a connection waiting, nothing more is read from its socket. */
export const MAX_QUEUED_PACKETS = 30;
/** How often that is looked at. */
export const LANE_POLL: Milliseconds = 100;
/** After so long the lane is not waited for any more. */
export const LANE_PATIENCE: Milliseconds = 240_000;
/** An empty message goes out after so long without another. */
export const KEEPALIVE: Milliseconds = 60_000;
/** A connection is cut so long after the last byte its client sent; empty messages do not count. */
export const CLIENT_IDLE: Milliseconds = 300_000;
/** What one half of a connection still gets when the other has ended. */
export const LINGER: Milliseconds = 3_000;
/** Between the end of what the server sent and the look at whether all of it is gone. */
export const END_PAUSE: Milliseconds = 2_000;

/** The reference keeps without limit what comes for connections it does not know; some thousand streams are more than a devnet has. */
export const MAX_PARKED_BYTES = 64 * 1024 * 1024;
export const MAX_PARKED_CONNECTIONS = 10_000;
/** Ids that were used; the reference forgets none. */
export const MAX_CLOSED_IDS = 100_000;
/** What waits for an earlier message of a connection. */
export const MAX_REORDERED_BYTES = 16 * 1024 * 1024;
/** What a server leaves unread; the reference keeps it without limit. */
export const MAX_UNWRITTEN_BYTES = 64 * 1024 * 1024;

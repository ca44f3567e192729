/** How much of a stream may be on its way, or wait, at once. */

import * as limits from '../limits.ts';

/** What one message carries at most: as much as an exit reads at a time. */
export const MAX_SEND_BYTES = 16_384;
/** More than that is not sent without acknowledgement, so that a lost message holds up little. */
export const MAX_UNACKNOWLEDGED_BYTES = limits.streamUnacknowledgedBytes;
/** What a slow reader leaves unread, and what waits for a missing message. Beyond it the stream fails. */
export const MAX_UNREAD_BYTES = limits.streamUnread;
/** A reader that leaves this much unread gets no more reply blocks sent ahead. */
export const LAGGING_BYTES = 256 * 1024;

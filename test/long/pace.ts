/** What the default pace of a client allows at most, in bytes per second. */

export const MB = 1_000_000;

/** Slots of the main stream, and what a packet carries of a message: an upload has no other. */
const PACKETS_PER_SECOND = 50;
const BYTES_IN_A_PACKET = 1604;
/** Each packet of a download needs a reply block, of which a packet up carries three. */
const REPLY_BLOCKS_IN_A_PACKET = 3;

export const uploadBound = PACKETS_PER_SECOND * BYTES_IN_A_PACKET;
export const downloadBound = REPLY_BLOCKS_IN_A_PACKET * uploadBound;

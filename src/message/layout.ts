/**
 * What one packet carries to its last hop, for a regular packet of 2048 bytes
 * (nymtech/nym common/nymsphinx/src/preparer/payload.rs):
 *
 *    0   405  acknowledgement block: for the gateway, which cuts it off
 *               0   19  first hop of the acknowledgement packet, zero-padded
 *              19  386  acknowledgement packet
 *  405    32  ephemeral x25519 key, or the digest of the reply key
 *  437  1611  the fragment, encrypted
 */

export const ACK_FIRST_HOP_BYTES = 19;
export const ACK_PACKET_BYTES = 386;
export const ACK_BLOCK_BYTES = ACK_FIRST_HOP_BYTES + ACK_PACKET_BYTES;
export const KEY_MATERIAL_BYTES = 32;
export const PAYLOAD_OVERHEAD = ACK_BLOCK_BYTES + KEY_MATERIAL_BYTES;

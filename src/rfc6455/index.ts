/**
 * The websocket protocol as its client has it (RFC 6455), as bytes in and bytes out: for the gateway, where the platform has
 * no websocket of its own, and for servers behind the mixnet.
 *
 * @module
 */

export { ABNORMAL, type CloseStatus, encodeCloseStatus, maxReasonBytes, NO_STATUS } from './close-status.ts';
export { closeStatusOf } from './failures.ts';
export { encodeFrame, type Frame, FrameReader, type Incoming, type Opcode, opcodes } from './frames.ts';
export { acceptOf, checkAnswer, encodeOpening, newKey, type Opening } from './handshake.ts';

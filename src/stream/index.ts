/** What all streams through the mixnet are made of, whoever is at the other end. */

export { Arrivals } from './arrivals.ts';
export { LAGGING_BYTES, MAX_SEND_BYTES, MAX_UNACKNOWLEDGED_BYTES, MAX_UNREAD_BYTES } from './bounds.ts';
export { Conversation } from './conversation.ts';
export type { MixnetStream } from './mixnet-stream.ts';
export { MAX_MESSAGES_AHEAD, OrderedBuffer, type OrderedWrite } from './ordered-buffer.ts';
export { ReadableEnd } from './readable-end.ts';
export type { CoreMessage, StreamCore, StreamPseudonym } from './stream-core.ts';
export { type CreditDemand, SURB_RESERVE } from './surb-credit.ts';
export { WritableEnd } from './writable-end.ts';

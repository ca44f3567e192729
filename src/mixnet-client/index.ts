/** A client of the mixnet for programs: messages, and streams through exits. */

export type { MixnetStream } from '../stream/index.ts';
export { MixnetClient, type MixnetClientEvents, type MixnetClientStats, StateEvent } from './client.ts';
export {
  type AnsweredMessage,
  type IncomingMessage,
  IncomingMessageEvent,
  MessageReader,
  WaitingMessages,
} from './messages.ts';
export { type ClientOptions, checkClientOptions, clientOptionNames, type MixnetClientOptions } from './options.ts';
export type { ReplyOptions, SendOptions } from './send-options.ts';
export type { DialStreamOptions } from './stream-options.ts';

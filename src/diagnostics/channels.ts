/** The part of `node:diagnostics_channel` that is used here. */
export interface Channel {
  readonly hasSubscribers: boolean;
  publish(message: unknown): void;
}

export type Channels = (name: string) => Channel;

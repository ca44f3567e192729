import type { Channels } from './channels.ts';

/** Where there are no channels, nobody listens to one. */
export const channelOf: Channels = () => ({ hasSubscribers: false, publish() {} });

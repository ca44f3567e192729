/** The channels of Node, which Bun and Deno have as well: `#channels` resolves to this file there. */

import { channel } from 'node:diagnostics_channel';
import type { Channels } from './channels.ts';

export const channelOf: Channels = name => channel(name);

/** A page with the client that is watched. What the tests tell it to do, they call here. */

import { WatchedClient, type WatchedOptions } from './client.ts';

Object.assign(globalThis, {
  async connectWatched(options: WatchedOptions): Promise<string> {
    const watched = await WatchedClient.connect(options);
    Object.assign(globalThis, { watched });
    return watched.address;
  },
});

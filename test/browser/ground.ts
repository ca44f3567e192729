/**
 * What a bed stands on in a browser: a client that has entered the mixnet by a real websocket, and origins in another
 * process, behind its exit. It has the place of `test/fetch/ground.ts`.
 */

import { inject } from 'vitest';
import type { OpenOptions } from '../../src/fetch/index.ts';
import { MixnetClient } from '../../src/index.ts';
import type { MixnetStream } from '../../src/stream/index.ts';
import type { Origin } from '../support/origin.ts';
import type { OriginState } from './mixnet-process.ts';

const { api, desk } = inject('mixnet');

/** One for all tests of a file. Its pace is not the point. */
const client = await MixnetClient.connect({
  api,
  traffic: { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true },
});

export class Exit {
  readonly asked: OpenOptions[] = [];
  readonly streams: MixnetStream[] = [];
  open = 0;

  readonly openStream = (options: OpenOptions): MixnetStream => {
    this.asked.push(options);
    const stream = client.openStream(options);
    this.streams.push(stream);
    this.open += 1;
    const over = () => {
      this.open -= 1;
    };
    stream.closed.then(over, over);
    return stream;
  };
}

export async function startOrigin(): Promise<Origin> {
  const { id, port } = ask('POST', '/origins');
  const state = () => ask('GET', `/origins/${id}`);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    get connections() {
      return state().connections;
    },
    get open() {
      return state().open;
    },
    get requests() {
      return state().requests;
    },
    dropIdle: () => void ask('POST', `/origins/${id}`),
    close: async () => void ask('DELETE', `/origins/${id}`),
  };
}

/** The page waits: to a test, an origin is the same wherever it is. */
function ask(method: string, path: string): OriginState {
  const request = new XMLHttpRequest();
  request.open(method, desk + path, false);
  request.send();
  return JSON.parse(request.responseText) as OriginState;
}

/** A module worker: gets what is given, and says what it saw. */

import { type Given, smoke } from './smoke.ts';

globalThis.onmessage = async ({ data }: MessageEvent<Given>) => {
  globalThis.postMessage(await smoke(data));
};

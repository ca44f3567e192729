/** A page that fetches through the mixnet. The list of authorities is a file of its own, as bundlers make it. */

import { createMixFetch } from '../../src/index.ts';

Object.assign(globalThis, {
  /** The texts of the answers; of one that fails, its code. */
  async fetchAll(api: string, ca: string[] | undefined, urls: string[]): Promise<string[]> {
    // Its pace is not the point, and more than a busy machine can keep.
    const traffic = { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true };
    const mixFetch = createMixFetch({ api, ca, traffic });
    const answers: string[] = [];
    for (const url of urls) {
      answers.push(
        await mixFetch(url).then(
          response => response.text(),
          error => String((error as { cause?: { code?: unknown } }).cause?.code ?? error),
        ),
      );
    }
    await mixFetch.close();
    return answers;
  },
});

/** A page of a user of the package, who knows it by its name alone. */

import { createMixFetch, type MixFetchOptions } from 'mixfetch';

export interface BuiltPage {
  connect(options: MixFetchOptions): Promise<void>;
  text(url: string, init?: { readonly method?: string; readonly body?: string }): Promise<string>;
  /** Reads the body piece by piece. */
  download(url: string): Promise<{ readonly bytes: number; readonly pieces: number }>;
  close(): Promise<void>;
}

declare global {
  var builtPage: BuiltPage;
}

let mixFetch: ReturnType<typeof createMixFetch>;

globalThis.builtPage = {
  async connect(options) {
    mixFetch = createMixFetch(options);
    await mixFetch.ready();
  },
  async text(url, init) {
    return (await mixFetch(url, init)).text();
  },
  async download(url) {
    const reader = (await mixFetch(url)).body?.getReader();
    let [bytes, pieces] = [0, 0];
    for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
      bytes += next.value.length;
      pieces++;
    }
    return { bytes, pieces };
  },
  close: () => mixFetch.close(),
};

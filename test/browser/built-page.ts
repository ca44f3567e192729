/** A page of a user of the package, who knows it by its name alone. */

import { createMixFetch, type MixFetchOptions } from 'mixfetch';

export interface BuiltPage {
  connect(options: MixFetchOptions): Promise<void>;
  text(url: string, init?: { readonly method?: string; readonly body?: string }): Promise<string>;
  /** Of the body: what is there first, and how many bytes it has. */
  firstPiece(url: string): Promise<string>;
  length(url: string): Promise<number>;
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
  async firstPiece(url) {
    const reader = (await mixFetch(url)).body?.getReader();
    const piece = (await reader?.read())?.value;
    await reader?.cancel();
    return new TextDecoder().decode(piece);
  },
  async length(url) {
    return (await (await mixFetch(url)).arrayBuffer()).byteLength;
  },
  close: () => mixFetch.close(),
};

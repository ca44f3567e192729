/** What lies under a blob: URL of this process or page. Nothing of it goes over a network. */

import type { Platform } from '../platform/platform.ts';

/** `undefined` if there is nothing. */
export async function readObjectUrl(url: string, platform: Platform): Promise<Blob | undefined> {
  if (!url.startsWith('blob:')) return undefined;
  // Node keeps them in a table of its own; in a browser, fetching is the only way to read them.
  const buffer = globalThis.process?.getBuiltinModule?.('node:buffer');
  if (buffer !== undefined) return (buffer.resolveObjectURL(url) as Blob | undefined) ?? undefined;
  try {
    const { signal } = new AbortController();
    return await (await platform.directoryFetch(url, { headers: {}, signal })).blob();
  } catch {
    return undefined;
  }
}

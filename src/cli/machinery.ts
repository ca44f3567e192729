import type { Readable, Writable } from 'node:stream';
import type { Devnet, DevnetOptions } from '../devnet/index.ts';
import type { MixFetchInit, Timeouts } from '../fetch/index.ts';
import type { MixnetClient, MixnetClientOptions } from '../mixnet-client/index.ts';

/** What the command is connected to. */
export interface Streams {
  readonly stdin: Readable;
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

/** What the command is made of. */
export interface Machinery {
  readonly version: string;
  createMixFetch(options: FetcherOptions): Fetcher;
  connect(options: MixnetClientOptions): Promise<ServedClient>;
  startDevnet(options: DevnetOptions): Promise<Pick<Devnet, 'api' | 'mixNodes' | 'gateways' | 'exits' | 'close'>>;
}

/** What of a `MixnetClient` the servers use. */
export type ServedClient = Pick<MixnetClient, 'address' | 'openStream' | 'close'>;

/** What of a `mixFetch` the command uses. */
export interface Fetcher {
  (url: URL, init: MixFetchInit): Promise<Response>;
  ready(options: { readonly signal: AbortSignal }): Promise<void>;
  close(): Promise<void>;
}

/** What of its options. */
export interface FetcherOptions {
  readonly api?: string[];
  readonly gateway?: string;
  readonly exits?: string[];
  readonly ca?: string[];
  readonly timeouts?: Partial<Timeouts>;
}

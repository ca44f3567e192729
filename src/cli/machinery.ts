import type { Readable, Writable } from 'node:stream';
import type { Devnet, DevnetOptions } from '../devnet/index.ts';
import type { MixFetchInit, Timeouts } from '../fetch/index.ts';
import type { MixnetClient, MixnetClientOptions } from '../mixnet-client/index.ts';
import type { ClientStorage } from '../storage/index.ts';

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
  connect(options: MixnetClientOptions): Promise<MixnetClient>;
  startDevnet(options: DevnetOptions): Promise<Pick<Devnet, 'api' | 'mixNodes' | 'gateways' | 'exits' | 'close'>>;
  /** Calls the listener whenever the process is told to reload, until the function that it gives is called. */
  onReload(listener: () => void): () => void;
}

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
  readonly secureGateway?: boolean;
  readonly storage?: ClientStorage;
  readonly exits?: string[];
  readonly ca?: string[];
  readonly timeouts?: Partial<Timeouts>;
}

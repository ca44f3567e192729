/** What a fetch is made from: streams through exits, TLS over them, and the options that hold for every request. */

import type { Diagnostics } from '../diagnostics/index.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import type { ByteStream, Tls } from '../tls/index.ts';
import type { Timeouts } from './timeouts.ts';

/** A stream at an exit. It can be written to before it is open, and what is written then shares the flight. */
export interface ExitStream extends ByteStream {
  /** The exit says that the destination is connected; or, by rejecting, why it is not. */
  readonly opened: Promise<unknown>;
  /** So many more bytes are going to come; 0 takes that back. */
  expect?(bytes: number): void;
  /** For diagnostics: by whom it goes, as far as that is known. */
  readonly exit?: ExitUse | undefined;
}

export interface ExitUse {
  /** A name for it that means nothing elsewhere. */
  readonly name: string;
  /** How many exits were asked, this one included. */
  readonly asked: number;
}

export interface OpenOptions {
  /** A name, or an IP address without brackets. Resolved by the exit, never here. */
  readonly hostname: string;
  readonly port: number;
  readonly isolation: string;
  readonly exit: string | undefined;
  /** Whether what is written before the stream is open may reach the destination twice, by way of two exits. */
  readonly replay: boolean;
  /** Whether the stream is open only with the first bytes from the destination: else another exit may be asked for them. */
  readonly awaitAnswer: boolean;
  readonly connectTimeoutMs: Milliseconds;
  readonly signal: AbortSignal;
}

export interface PoolLimits {
  /** Connections to one origin under one isolation string. Default 6, as in browsers. */
  readonly perOrigin: number;
  /** Connections altogether. Default 32. */
  readonly total: number;
  /** How long an unused connection is kept, ms. Default 45 000. */
  readonly idle: Milliseconds;
}

/** Makes a fresh stream that turns a coded body into the plain one. */
export type Decoder = () => ReadableWritablePair<Uint8Array, Uint8Array>;

export interface FetchContext {
  /** Opens a stream at an exit; a promise only while there is no client yet. */
  open(options: OpenOptions): ExitStream | Promise<ExitStream>;
  readonly platform: Platform;
  /** Whose TLS, with `ca` and `extraCa`. Default: that of the platform; where it has none, this package's own. */
  readonly tls?: 'platform' | 'own' | Tls | undefined;
  /** Certificate authorities, PEM: `ca` instead of the built-in ones, `extraCa` beside them. */
  readonly ca?: readonly string[] | undefined;
  readonly extraCa?: readonly string[] | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
  /** How many redirects in a row are followed. Default and most: `limits.redirects`. */
  readonly maxRedirects?: number | undefined;
  readonly pool?: Partial<PoolLimits> | undefined;
  /** Content codings beside gzip and deflate, by their lower-case name. The caller sets `accept-encoding` to ask for one. */
  readonly decoders?: Readonly<Record<string, Decoder>> | undefined;
  /** Where it is told how requests go. Default: nowhere. */
  readonly diagnostics?: Diagnostics | undefined;
  /** What relative URLs are relative to, where there is a page. */
  readonly baseUrl?: string | undefined;
  /** What the platform has under a blob: URL. */
  readonly blobOf?: ((url: string) => Promise<Blob | undefined>) | undefined;
}

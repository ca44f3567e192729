/** What TLS is made over, and what it makes: streams of the same shape. */

/** A connection, in the shape of a WinterTC socket: how the bytes travel is not its business. */
export interface ByteStream {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  /** Gives the stream up, in both directions and at once, also while its streams are locked. Idempotent. */
  close(reason?: unknown): Promise<void>;
}

/** TLS as a client, with one idea of whom to trust. Made once for many connections: reading certificates takes its time. */
export interface Tls {
  /**
   * TLS 1.2 or 1.3. The ClientHello is written before this returns its promise, whether or not the stream is open yet. If
   * it fails, the stream below is closed.
   *
   * @throws MixnetError ERR_MIX_TLS_CERTIFICATE, ERR_MIX_TLS_HANDSHAKE, ERR_MIX_TLS_UNAVAILABLE; the error of the stream
   * below, as it is; the reason of the signal.
   */
  secure(stream: ByteStream, options: SecureOptions): Promise<SecureStream>;
}

export interface Authorities {
  /** Certificate authorities, PEM, in the place of the built-in ones. */
  readonly ca?: readonly string[] | undefined;
  /** Certificate authorities, PEM, beside the others. */
  readonly extraCa?: readonly string[] | undefined;
}

export interface SecureOptions {
  /** The name, or the IP literal, that the certificate must be for. */
  readonly hostname: string;
  /** Protocols to offer, the best first: `['http/1.1']`. None offers nothing. */
  readonly alpn: readonly string[];
  /** Ends the handshake, and with it the stream below. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The plain side of a TLS connection. Where the peer's closing message (close_notify) is missing, `readable` ends with
 * ERR_MIX_TLS_TRUNCATED after the last byte that came.
 */
export interface SecureStream extends ByteStream {
  /** Resolves when it is closed in both directions; rejects with the error that ended it. */
  readonly closed: Promise<void>;
  /** The protocol that the peer chose among those offered, if any. */
  readonly alpn: string | undefined;
  /** Sends a record without data, where TLS can: whoever carries the connection sees that it is in use. */
  keepAlive?(): void;
}

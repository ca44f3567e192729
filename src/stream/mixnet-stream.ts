/** A stream of bytes both ways, in the shape of a WinterTC socket: to a server through an exit, or to another client. */
export interface MixnetStream {
  /**
   * Ends when the other side has sent all it had. Cancelling it closes the stream. What nobody reads is bounded: who sends is
   * held back at 256 KB, and beyond 4 MB the stream fails with `ERR_MIX_EXIT_OVERRUN` or `ERR_MIX_PEER_OVERRUN`.
   */
  readonly readable: ReadableStream<Uint8Array>;
  /**
   * A write resolves when the bytes are accepted: while up to 64 KB are not yet acknowledged. Closing the writable tells
   * another client that no more comes, and reading goes on; exits know no half-closed connection, and are told nothing.
   * Aborting it closes the stream, and another client reads an error.
   */
  readonly writable: WritableStream<Uint8Array>;
  /** Of a stream through an exit, as soon as one is asked: a name for it as events have it, and how many were asked. */
  readonly exit?: { readonly name: string; readonly asked: number } | undefined;
  /** Resolves when the exit has connected, or the other client has taken the stream; writing need not wait for it. */
  readonly opened: Promise<void>;
  /**
   * Resolves when the connection has ended from either side, with another client: from both. Rejects when it failed: with a
   * `MixnetError`, `ERR_MIX_EXIT_…` or `ERR_MIX_PEER_…` (`_SILENT`: no first word in time, or nothing for three minutes, from
   * the Rust SDK for thirty; `_RESET`: given up over there), or `ERR_MIX_MIXNET_…`, or with the reason given to `close`.
   */
  readonly closed: Promise<void>;
  /** So many more bytes are going to come: the other side gets the means to send them before it asks. 0 takes that back. */
  expect(bytes: number): void;
  /**
   * Without a reason, what was written is still sent, and reading ends as if the other side had ended; with one, reading and
   * writing fail with it. Resolves, and never rejects, when `closed` is settled.
   */
  close(reason?: unknown): Promise<void>;
}

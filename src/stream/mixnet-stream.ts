/** A TCP connection of an exit, in the shape of a WinterTC socket. */
export interface MixnetStream {
  /** Ends when the other side has sent all it had. Cancelling it closes the stream. */
  readonly readable: ReadableStream<Uint8Array>;
  /**
   * A write resolves when the bytes are accepted: while up to 64 KB are not yet acknowledged. Exits know no half-closed
   * connection, so that closing the writable tells the other side nothing; aborting it closes the stream.
   */
  readonly writable: WritableStream<Uint8Array>;
  /** Of a stream through an exit, as soon as one is asked: a name for it as events have it, and how many were asked. */
  readonly exit?: { readonly name: string; readonly asked: number } | undefined;
  /** Resolves when the exit has connected; writing need not wait for it. */
  readonly opened: Promise<void>;
  /** Resolves when the connection has ended from either side, rejects when it failed. */
  readonly closed: Promise<void>;
  /** So many more bytes are going to come: the exit gets the means to send them before it asks. 0 takes that back. */
  expect(bytes: number): void;
  /** Without a reason, reading ends as if the other side had ended; with one, reading and writing fail with it. */
  close(reason?: unknown): Promise<void>;
}

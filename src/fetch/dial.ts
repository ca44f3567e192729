/** A new connection: a stream at an exit and, for https, TLS over it to the destination itself. */

import type { ByteStream, Tls } from '../tls/index.ts';
import { Connection } from './connection.ts';
import type { ExitStream, FetchContext } from './context.ts';
import type { Deadlines } from './deadlines.ts';

export interface Target {
  /** Connections of the same key may be reused for one another. */
  readonly key: string;
  readonly hostname: string;
  readonly port: number;
  readonly secure: boolean;
  readonly isolation: string;
  readonly exit: string | undefined;
  /** Whether the request that the connection is made for may reach the destination twice. */
  readonly idempotent: boolean;
}

/** One of HTTP/1.1 only: the codec speaks nothing else. */
const ALPN = ['http/1.1'];

/**
 * For http the connection is given before the exit has answered, so that the request shares the flight of the request to
 * connect; for https, that flight carries the ClientHello.
 */
export async function dial(context: FetchContext, tls: Tls, target: Target, deadlines: Deadlines): Promise<Connection> {
  const { signal, record } = deadlines;
  const attempt = record?.attempt;
  deadlines.enter('setup');
  const opening = context.open({
    hostname: target.hostname,
    port: target.port,
    isolation: target.isolation,
    exit: target.exit,
    // With TLS, what goes out first is a ClientHello, which asks for nothing yet.
    replay: target.secure || target.idempotent,
    connectTimeoutMs: deadlines.timeouts.connect,
    signal,
  });
  const stream = await unlessAborted(Promise.resolve(opening), signal, late => close(late, signal.reason));
  record?.over(stream, false);
  record?.mark('client', attempt);
  stream.opened.then(
    () => record?.mark('opened', attempt),
    () => {},
  );
  deadlines.enter('connect');
  if (!target.secure) return new Connection(context.platform, stream);
  try {
    const secured = await handshake(tls, target, stream, signal);
    record?.mark('tls', attempt);
    return new Connection(context.platform, stream, secured);
  } catch (error) {
    close(stream, error);
    throw error;
  }
}

/** Fails when the exit refuses, with what the exit says, or when TLS fails. */
async function handshake(tls: Tls, target: Target, stream: ExitStream, signal: AbortSignal): Promise<ByteStream> {
  // At once, before `opened`, so that the ClientHello shares the flight.
  const secured = tls.secure(stream, { hostname: target.hostname, alpn: ALPN, signal });
  const refused = new Promise<never>((_, reject) => stream.opened.catch(reject));
  return unlessAborted(Promise.race([refused, secured]), signal, late => close(late, signal.reason));
}

/** `late` gets what comes after the abort. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, late: (value: T) => void): Promise<T> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } catch (error) {
    if (signal.aborted) promise.then(late, () => {});
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function close(stream: ByteStream, reason: unknown): void {
  stream.close(reason).catch(() => {});
}

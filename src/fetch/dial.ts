/** A new connection: a stream at an exit and, for https, TLS over it to the destination itself. */

import type { ByteStream, SecureStream, Tls } from '../tls/index.ts';
import { Connection } from './connection.ts';
import type { ExitStream, FetchContext } from './context.ts';
import type { Deadlines } from './deadlines.ts';

export interface Destination {
  readonly hostname: string;
  readonly port: number;
  readonly secure: boolean;
  readonly isolation: string;
  readonly exit: string | undefined;
  /** Whether what is written first may reach the destination twice. */
  readonly idempotent: boolean;
  /** Protocols to offer inside TLS, the best first. */
  readonly alpn: readonly string[];
}

export interface Target extends Omit<Destination, 'alpn'> {
  /** Connections of the same key may be reused for one another. */
  readonly key: string;
}

export interface Reached {
  /** At the exit; not open yet, if nothing is to be secured. */
  readonly stream: ExitStream;
  /** TLS over it, after the handshake. */
  readonly secured: SecureStream | undefined;
}

/** One of HTTP/1.1 only: the codec speaks nothing else. */
export async function dial(context: FetchContext, tls: Tls, target: Target, deadlines: Deadlines): Promise<Connection> {
  const { stream, secured } = await reach(context, tls, { ...target, alpn: ['http/1.1'] }, deadlines);
  return new Connection(context.platform, stream, secured);
}

/**
 * Without TLS the stream is given before the exit has answered, so that what is written shares the flight of the request to
 * connect; with TLS, that flight carries the ClientHello. Leaves `deadlines` waiting for the connection to stand.
 */
export async function reach(
  context: Pick<FetchContext, 'open'>,
  tls: Tls,
  destination: Destination,
  deadlines: Deadlines,
): Promise<Reached> {
  const { signal, record } = deadlines;
  const attempt = record?.attempt;
  deadlines.enter('setup');
  const opening = context.open({
    hostname: destination.hostname,
    port: destination.port,
    isolation: destination.isolation,
    exit: destination.exit,
    // With TLS, what goes out first is a ClientHello, which asks for nothing yet.
    replay: destination.secure || destination.idempotent,
    // Plain HTTP may be answered late, and may have been heeded long before: only a handshake can be asked for again.
    awaitAnswer: destination.secure,
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
  if (!destination.secure) return { stream, secured: undefined };
  try {
    const secured = await handshake(tls, destination, stream, signal);
    record?.mark('tls', attempt);
    return { stream, secured };
  } catch (error) {
    close(stream, error);
    throw error;
  }
}

/** Fails when the exit refuses, with what the exit says, or when TLS fails. */
async function handshake(
  tls: Tls,
  { hostname, alpn }: Destination,
  stream: ExitStream,
  signal: AbortSignal,
): Promise<SecureStream> {
  // At once, before `opened`, so that the ClientHello shares the flight.
  const secured = tls.secure(stream, { hostname, alpn, signal });
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

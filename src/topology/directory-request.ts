/** One GET to a directory, with a deadline, a limit on what it may send, and no word about who asks. */

import { concatBytes } from '../crypto/bytes.ts';
import { MixnetError } from '../errors.ts';
import * as limits from '../limits.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import { malformed } from './json.ts';

/** As in the reference's clients. */
const DEADLINE: Milliseconds = 30_000;

/** Ten times the longest list of the live network (every node, described). */
const MAX_ANSWER_BYTES = limits.directoryAnswer;

/**
 * All that is sent. A directory sees the address a request comes from, so what counts is that nothing in it tells one
 * user of that address from another, or which program, version and platform asks: the reference sends all three in its
 * first request. This header alone also needs no CORS preflight.
 */
const ACCEPT_JSON = 'application/json';
const ACCEPT_BOTH = 'application/bincode, application/json;q=0.9';

export interface Answer {
  /** HTTP status. */
  readonly status: number;
  /** What was parsed; `undefined` unless the status is 2xx. */
  readonly content: unknown;
}

/** Reads the binary form of one kind of answer into the shape of its JSON form. Throws ERR_MIX_DIRECTORY_MALFORMED. */
export type ReadBincode = (body: Uint8Array) => unknown;

/** Throws ERR_MIX_DIRECTORY_UNREACHABLE for an answer that only says why there is none. */
export function contentOf({ status, content }: Answer): unknown {
  if (content === undefined) throw unreachable(`The directory answered with status ${status}.`);
  return content;
}

export interface AskOptions {
  readonly platform: Platform;
  readonly signal: AbortSignal;
  /** Absent: JSON alone. */
  readonly readBincode?: ReadBincode | undefined;
}

/**
 * Rejects with ERR_MIX_DIRECTORY_UNREACHABLE where no answer comes, ERR_MIX_DIRECTORY_MALFORMED where it is too long or
 * neither JSON nor what `readBincode` reads, and the signal's reason.
 */
export async function askDirectory(url: string, { platform, signal, readBincode }: AskOptions): Promise<Answer> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason), { once: true });
  });
  const passOn = () => controller.abort(signal.reason);
  signal.addEventListener('abort', passOn, { once: true });
  const deadline = platform.setTimer(
    () => controller.abort(unreachable('The directory did not answer in time.')),
    DEADLINE,
  );
  try {
    // Raced, so that the wait ends even where a fetch does not heed its signal.
    return await Promise.race([request(url, { platform, signal: controller.signal, readBincode }), aborted]);
  } finally {
    deadline.cancel();
    signal.removeEventListener('abort', passOn);
  }
}

async function request(url: string, { platform, signal, readBincode }: AskOptions): Promise<Answer> {
  try {
    const headers = { Accept: readBincode === undefined ? ACCEPT_JSON : ACCEPT_BOTH };
    const response = await platform.directoryFetch(url, { headers, signal });
    if (!response.ok) {
      response.body?.cancel().catch(() => {});
      return { status: response.status, content: undefined };
    }
    const body = await readAll(response);
    const isBincode = readBincode !== undefined && BINCODE_TYPE.test(response.headers.get('content-type') ?? '');
    return { status: response.status, content: isBincode ? readBincode(body) : parseJson(body) };
  } catch (cause) {
    if (cause instanceof MixnetError) throw cause;
    throw new MixnetError('ERR_MIX_DIRECTORY_UNREACHABLE', { cause });
  }
}

async function readAll(response: Response): Promise<Uint8Array> {
  if (response.body === null) throw malformed('body: it is empty');
  const reader = response.body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const chunk: Uint8Array = next.value;
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) {
      reader.cancel().catch(() => {});
      throw malformed('length');
    }
    chunks.push(chunk);
  }
  return concatBytes(...chunks);
}

/** All else is taken for JSON, whatever its content type says, as in the reference's clients. */
const BINCODE_TYPE = /^application\/bincode\s*(;|$)/i;

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw malformed('body: it is not JSON');
  }
}

function unreachable(message: string): MixnetError {
  return new MixnetError('ERR_MIX_DIRECTORY_UNREACHABLE', { message });
}

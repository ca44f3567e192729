/** One GET to a directory, with a deadline, a limit on what it may send, and no word about who asks. */

import { concatBytes } from '../crypto/bytes.ts';
import { MixnetError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import { malformed } from './json.ts';

/** As in the reference's clients. */
const DEADLINE: Milliseconds = 30_000;

/** Ten times the longest list of the live network (every node, described). */
const MAX_ANSWER_BYTES = limits.directoryAnswer.value;

/**
 * All that is sent. A directory sees the address a request comes from, so what counts is that nothing in it tells one
 * user of that address from another, or which program, version and platform asks: the reference sends all three in its
 * first request. This header alone also needs no CORS preflight.
 */
const HEADERS = { Accept: 'application/json' };

export interface Answer {
  /** HTTP status. */
  readonly status: number;
  /** The parsed JSON; `undefined` unless the status is 2xx. */
  readonly json: unknown;
}

/** Throws ERR_MIX_DIRECTORY_UNREACHABLE for an answer that only says why there is none. */
export function jsonOf({ status, json }: Answer): unknown {
  if (json === undefined) throw unreachable(`The directory answered with status ${status}.`);
  return json;
}

/**
 * Rejects with ERR_MIX_DIRECTORY_UNREACHABLE where no answer comes, ERR_MIX_DIRECTORY_MALFORMED where it is too long or
 * not JSON, and the signal's reason.
 */
export async function askDirectory(url: string, platform: Platform, signal: AbortSignal): Promise<Answer> {
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
    return await Promise.race([request(url, platform, controller.signal), aborted]);
  } finally {
    deadline.cancel();
    signal.removeEventListener('abort', passOn);
  }
}

async function request(url: string, platform: Platform, signal: AbortSignal): Promise<Answer> {
  let body: Uint8Array;
  try {
    const response = await platform.directoryFetch(url, { headers: HEADERS, signal });
    if (!response.ok) {
      response.body?.cancel().catch(() => {});
      return { status: response.status, json: undefined };
    }
    body = await readAll(response);
    return { status: response.status, json: parse(body) };
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

/** JSON, whatever the content type says. A binary form would be read here too, by the content type of the answer. */
function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw malformed('body: it is not JSON');
  }
}

function unreachable(message: string): MixnetError {
  return new MixnetError('ERR_MIX_DIRECTORY_UNREACHABLE', { message });
}

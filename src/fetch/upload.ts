/** A request as the byte strings to write one after the other. */

import { concatBytes } from '../crypto/bytes.ts';
import { encodeChunk, encodeLastChunk, encodeRequestHead, type Field } from '../http/index.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import type { Pieces } from './pieces.ts';

export interface WireRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly Field[];
  readonly body: Pieces | undefined;
  /** Of the body; `undefined`: it goes out in chunks. */
  readonly length: number | undefined;
}

/** How long the head waits for the first bytes of a body, to share packets with them. */
const COALESCING_TIME: Milliseconds = 20;

const nothing = new Uint8Array(0);

/**
 * The head and the first bytes of the body come together, if the latter are at hand. Returning from the generator early
 * cancels the body.
 *
 * @throws what the body throws; TypeError if it does not have the length it was said to have.
 */
export async function* encodeRequest(request: WireRequest, platform: Platform): AsyncGenerator<Uint8Array> {
  const { body, length } = request;
  let waiting: Uint8Array = encodeRequestHead(request);
  if (body === undefined) {
    yield waiting;
    return;
  }
  let unsent = true;
  try {
    let reading = body.next();
    if (!(await settlesWithin(COALESCING_TIME, reading, platform))) {
      yield waiting;
      waiting = nothing;
    }
    let sent = 0;
    for (let piece = await reading; piece !== undefined; piece = await reading) {
      sent += piece.length;
      if (length !== undefined && sent > length) break;
      yield concatBytes(waiting, length === undefined ? encodeChunk(piece) : piece);
      waiting = nothing;
      reading = body.next();
    }
    if (length !== undefined && sent !== length) throw new TypeError('The body is not as long as its Content-Length.');
    if (length === undefined) waiting = concatBytes(waiting, encodeLastChunk());
    unsent = false;
    if (waiting.length > 0) yield waiting;
  } finally {
    if (unsent) body.cancel();
  }
}

async function settlesWithin(time: Milliseconds, promise: Promise<unknown>, platform: Platform): Promise<boolean> {
  let expire: () => void = () => {};
  const expired = new Promise<boolean>(resolve => {
    expire = () => resolve(false);
  });
  const timer = platform.setTimer(expire, time);
  try {
    return await Promise.race([promise.then(settled, settled), expired]);
  } finally {
    timer.cancel();
  }
}

function settled(): boolean {
  return true;
}

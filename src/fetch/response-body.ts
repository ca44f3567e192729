/** The stream that is the body of a Response: read when somebody reads it, and let go of when nobody ever will. */

import { MixnetError } from '../errors.ts';
import type { Milliseconds, Platform, Timer } from '../platform/platform.ts';
import type { Ending } from './call-record.ts';
import type { Deadlines } from './deadlines.ts';
import { terminated } from './failure.ts';

export interface BodySource {
  /** The next bytes, in memory that is the caller's to keep; `undefined` at the end. After a rejection, cancel it. */
  next(): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** The rest is not wanted. Resolves when everything is let go of. */
  cancel(reason?: unknown): Promise<void>;
}

/**
 * Read ahead of the reader up to this many bytes: a small answer is thus complete, and its connection free, whether or
 * not its body is ever looked at.
 */
const READ_AHEAD_BYTES = 64 * 1024;

/**
 * Takes over the deadlines: they end with the body. While the stream is full and nobody has begun to read it, the time
 * for the body runs; a reader who pauses later may take any time.
 */
export function bodyStream(source: BodySource, deadlines: Deadlines, platform: Platform): ReadableStream<Uint8Array> {
  const { signal } = deadlines;
  // Not the stream itself: the clock would hold it, and it would never be collected.
  const outcome: Outcome = {};
  let given = 0;
  let unread: Timer | undefined;
  let onAbort = () => {};
  const end = (how: Ending) => {
    unread?.cancel();
    signal.removeEventListener('abort', onAbort);
    deadlines.end(how);
  };
  const giveUp = (how: Ending, reason: unknown) => {
    unread?.cancel();
    void source.cancel(reason).then(() => end(how));
  };
  const cancel = (reason?: unknown) => giveUp('cancelled', reason);
  const fail = (controller: ReadableByteStreamController | undefined, error: unknown) => {
    outcome.failure = terminated(error, deadlines);
    controller?.error(outcome.failure);
  };
  const stream = new ReadableStream(
    {
      type: 'bytes',
      start(controller) {
        // Weak, since the clock is held by others: only who may read the stream must keep it alive (see `abandoned`).
        const weak = new WeakRef(controller);
        onAbort = () => {
          end('aborted'); // which the clock knows better already
          fail(weak.deref(), signal.reason);
        };
        signal.addEventListener('abort', onAbort);
      },
      async pull(controller) {
        unread?.cancel();
        const release = platform.hold();
        try {
          const bytes = await source.next();
          if (bytes === undefined) {
            end('complete');
            controller.close();
            controller.byobRequest?.respond(0);
            return;
          }
          given += bytes.length;
          controller.enqueue(bytes);
          if ((controller.desiredSize ?? 0) <= 0) unread = watchUnread(controller, given, deadlines, platform);
        } catch (error) {
          fail(controller, error);
          giveUp({ error }, error);
        } finally {
          release();
        }
      },
      cancel,
    },
    { highWaterMark: READ_AHEAD_BYTES },
  );
  outcomes.set(stream, outcome);
  abandoned.register(stream, cancel);
  return stream;
}

/** What a body stream ended with, if it did not end well. */
export function failureOf(body: ReadableStream<Uint8Array>): unknown {
  return outcomes.get(body)?.failure;
}

interface Outcome {
  failure?: unknown;
}

const outcomes = new WeakMap<ReadableStream<Uint8Array>, Outcome>();

/** `given` bytes have gone into the stream: if they all are in it still when the time for the body is over, it ends. */
function watchUnread(
  controller: ReadableByteStreamController,
  given: number,
  deadlines: Deadlines,
  platform: Platform,
): Timer | undefined {
  const time: Milliseconds = deadlines.timeouts.body;
  if (time === Number.POSITIVE_INFINITY) return undefined;
  const weak = new WeakRef(controller);
  return platform.setTimer(() => {
    const room = weak.deref()?.desiredSize ?? READ_AHEAD_BYTES;
    if (READ_AHEAD_BYTES - room >= given) deadlines.abort(new MixnetError('ERR_MIX_TIMEOUT_BODY'));
  }, time);
}

/** A body that was collected unread holds a connection that nobody will ever free. */
const abandoned = new FinalizationRegistry<() => void>(cancel => cancel());

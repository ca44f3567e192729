/** What is told of one call: which stages it reached when, and how it ended. Made only where somebody listens. */

import {
  type Diagnostics,
  type FailureCode,
  failureCodeOf,
  type RequestHeaders,
  type RequestStage,
} from '../diagnostics/index.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import type { ExitUse } from './context.ts';

/** How a call ended. `cancelled`: its reader did not want the rest of the answer. */
export type Ending = 'complete' | 'cancelled' | 'aborted' | { readonly error: unknown };

const stories = ['request:start', 'request:headers', 'request:end', 'request:error'] as const;

export class CallRecord {
  bytesSent = 0;
  bytesReceived = 0;
  readonly #diagnostics: Diagnostics;
  readonly #platform: Pick<Platform, 'now'>;
  readonly #id: number;
  readonly #method: string;
  readonly #startedAt: Milliseconds;
  #host: string;
  #attempt = new Attempt();
  #redirects = 0;
  #retries = 0;
  #status: number | undefined;
  #over = false;

  /** Tells of the start. `undefined` where nobody listens. */
  static begin(
    diagnostics: Diagnostics | undefined,
    platform: Pick<Platform, 'now'>,
    id: number,
    { method, url }: { readonly method: string; readonly url: URL },
  ): CallRecord | undefined {
    if (diagnostics === undefined || !stories.some(name => diagnostics.wants(name))) return undefined;
    return new CallRecord(diagnostics, platform, id, method, url.host);
  }

  private constructor(
    diagnostics: Diagnostics,
    platform: Pick<Platform, 'now'>,
    id: number,
    method: string,
    host: string,
  ) {
    this.#diagnostics = diagnostics;
    this.#platform = platform;
    this.#id = id;
    this.#method = method;
    this.#host = diagnostics.host(host);
    this.#startedAt = platform.now();
    diagnostics.emit('request:start', () => ({ id, method, host: this.#host }));
  }

  /** The attempt that is being made: what belongs to an earlier one goes nowhere. */
  get attempt(): Attempt {
    return this.#attempt;
  }

  /** The stage of this attempt is reached, unless it was before. */
  mark(stage: RequestStage, attempt: Attempt = this.#attempt): void {
    if (attempt === this.#attempt && !this.#over) attempt.times[stage] ??= this.#now();
  }

  redirected(host: string): void {
    this.#redirects += 1;
    this.#host = this.#diagnostics.host(host);
    this.#attempt = new Attempt();
  }

  retried(): void {
    this.#retries += 1;
    this.#attempt = new Attempt();
  }

  /** The stream or connection that the attempt goes over. */
  over(stream: { readonly exit?: ExitUse | undefined }, reused: boolean): void {
    this.#attempt.stream = stream;
    this.#attempt.reused = reused;
  }

  /** This is the answer: no more redirects. */
  answered(status: number): void {
    this.#status = status;
    this.#diagnostics.emit('request:headers', () => ({ ...this.#soFar(), status }));
  }

  /** The first call counts. Nothing of the call is kept afterwards. */
  end(how: Ending): void {
    if (this.#over) return;
    this.mark('end');
    this.#over = true;
    const status = this.#status;
    if ((how === 'complete' || how === 'cancelled') && status !== undefined) {
      this.#diagnostics.emit('request:end', () => ({ ...this.#soFar(), status, complete: how === 'complete' }));
    } else {
      this.#diagnostics.emit('request:error', () => ({ ...this.#soFar(), status, code: codeOf(how) }));
    }
    this.#attempt = new Attempt();
  }

  #soFar(): Omit<RequestHeaders, 'source' | 'status'> {
    const { times, stream, reused } = this.#attempt;
    return {
      id: this.#id,
      method: this.#method,
      host: this.#host,
      times: Object.freeze({ ...times }),
      bytesSent: this.bytesSent,
      bytesReceived: this.bytesReceived,
      redirects: this.#redirects,
      retries: this.#retries,
      reused,
      exit: stream?.exit?.name,
      exitsAsked: stream?.exit?.asked,
    };
  }

  #now(): Milliseconds {
    return this.#platform.now() - this.#startedAt;
  }
}

/** One request on one connection, of the several that redirects and retries make. */
export class Attempt {
  readonly times: { [Stage in RequestStage]?: Milliseconds } = {};
  stream: { readonly exit?: ExitUse | undefined } | undefined;
  reused: boolean | undefined;
}

function codeOf(how: Ending): FailureCode {
  if (how === 'aborted') return 'aborted';
  return typeof how === 'object' ? failureCodeOf(how.error) : 'other';
}

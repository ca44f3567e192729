/** What a page with a mixFetch, theirs or ours, does for a test, and its answers in a shape that leaves the page. */

export interface FetchPage {
  /** @param options those of the package */
  connect(options: object): Promise<void>;
  fetch(url: string, init?: PlainInit): Promise<PageAnswer>;
}

export interface PlainInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
  /** Of the body, hex. */
  readonly sha256: string;
  /** The body itself where it is short. */
  readonly text: string | undefined;
}

const SHORT = 10_000;

declare global {
  var fetchPage: FetchPage;
}

export async function answerOf(response: Response): Promise<PageAnswer> {
  const body = await response.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', body));
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    bytes: body.byteLength,
    sha256: Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join(''),
    text: body.byteLength <= SHORT ? new TextDecoder().decode(body) : undefined,
  };
}

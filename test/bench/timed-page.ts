/** What the benchmark asks of a page with a mixFetch, theirs or ours. All times are in ms. */
export interface TimedPage {
  /** Makes a client and the first request: how long it took from the page's beginning to the answer. */
  setUp(options: object, url: string): Promise<number>;
  /** All of them at once. */
  time(urls: readonly string[]): Promise<Times>;
}

export interface Times {
  /** Until the first byte of the first body that came. */
  readonly firstByte: number;
  /** Until all bodies were complete. */
  readonly all: number;
  /** Of all bodies. */
  readonly bytes: number;
}

declare global {
  var timedPage: TimedPage;
}

/** @param createFetch with the options of the package */
export function timedPageOf(createFetch: (options: object) => Promise<(url: string) => Promise<Response>>): TimedPage {
  let fetch = (_url: string): Promise<Response> => Promise.reject(new Error('there is no client'));

  async function time(urls: readonly string[]): Promise<Times> {
    const start = performance.now();
    const answers = await Promise.all(urls.map(url => timed(fetch(url))));
    return {
      firstByte: Math.min(...answers.map(({ firstByte }) => firstByte)) - start,
      all: performance.now() - start,
      bytes: answers.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }

  return {
    async setUp(options, url) {
      fetch = await createFetch(options);
      await time([url]);
      return performance.now();
    },
    time,
  };
}

async function timed(answer: Promise<Response>): Promise<{ firstByte: number; bytes: number }> {
  const { body, status } = await answer;
  if (status !== 200 || body === null) throw new Error(`the answer is ${status}`);
  let [firstByte, bytes] = [Number.NaN, 0];
  const reader = body.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    if (bytes === 0) firstByte = performance.now();
    bytes += piece.value.length;
  }
  return { firstByte, bytes };
}

/** The page with mixFetch v2. */

import { createMixFetch } from '@nymproject/mix-fetch';
import { answerOf, type FetchPage } from './fetch-page.ts';

let v2: Awaited<ReturnType<typeof createMixFetch>> | undefined;

const fetchPage: FetchPage = {
  async connect(options) {
    v2 = await createMixFetch(options);
  },
  async fetch(url, init = {}) {
    if (v2 === undefined) throw new Error('it is not connected');
    return answerOf(await v2(url, init));
  },
};

Object.assign(globalThis, { fetchPage });

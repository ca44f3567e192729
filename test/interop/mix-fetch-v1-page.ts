/** The page with mixFetch v1. */

import { createMixFetch, type IMixFetch } from '@nymproject/mix-fetch-full-fat';
import { answerOf, type FetchPage } from './fetch-page.ts';

let v1: IMixFetch | undefined;

const fetchPage: FetchPage = {
  async connect(options) {
    v1 = await createMixFetch(options);
  },
  async fetch(url, init = {}) {
    if (v1 === undefined) throw new Error('it is not connected');
    // Its emulation of CORS hides headers, and refuses servers without CORS, as a page would.
    return answerOf(await v1.mixFetch(url, { ...init, mode: 'unsafe-ignore-cors' }));
  },
};

Object.assign(globalThis, { fetchPage });

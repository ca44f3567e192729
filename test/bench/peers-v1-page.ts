/** The page with mixFetch v1. */

import { createMixFetch } from '@nymproject/mix-fetch-full-fat';
import { timedPageOf } from './timed-page.ts';

const timedPage = timedPageOf(async options => {
  const v1 = await createMixFetch(options);
  // Its emulation of CORS refuses servers without CORS, as a page would.
  return url => v1.mixFetch(url, { mode: 'unsafe-ignore-cors' });
});

Object.assign(globalThis, { timedPage });

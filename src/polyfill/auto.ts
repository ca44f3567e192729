/** Importing this replaces the global `fetch` by the shared `mixFetch`, for good. */

import { install } from '../polyfill.ts';

install();

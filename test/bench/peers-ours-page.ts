/** The page with mixFetch of this package. */

import { createMixFetch } from '../../src/index.ts';
import { timedPageOf } from './timed-page.ts';

const timedPage = timedPageOf(async options => createMixFetch(options));

Object.assign(globalThis, { timedPage });

/** Fetches one thing and closes nothing: the process must end all the same, and only then. */

import { createMixFetch } from '../../src/index.ts';

const [api = '', url = ''] = process.argv.slice(2);
const mixFetch = createMixFetch({ api });
process.exitCode = 1;
const response = await mixFetch(url);
if ((await response.text()).length === 9000) process.exitCode = 0;

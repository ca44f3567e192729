/** Set-up of all tests in browsers: one mixnet, in a process of its own, for pages to enter by real websockets. */

import type { TestProject } from 'vitest/node';
import { startChild } from '../support/child.ts';
import type { MixnetJobs } from './mixnet-process.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** URLs of the directory, and of the desk of `mixnet-process.ts`. */
    mixnet: { readonly api: string; readonly desk: string };
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const mixnet = startChild<MixnetJobs>(new URL('mixnet-process.ts', import.meta.url));
  project.provide('mixnet', await mixnet.ask('entrance'));
  return async () => {
    await mixnet.ask('stop');
    await mixnet.end();
  };
}

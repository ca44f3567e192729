/** A process with a mixnet at its real delays, and a server behind it. */

import type { RequestListener } from 'node:http';
import { createAuthority, startDevnet } from '../../src/devnet/index.ts';
import { serve } from '../support/child.ts';
import { startOrigin } from '../support/origin.ts';
import type { Given } from './smoke.ts';

export type NetworkJobs = typeof jobs;

/** Those who wait for their second half. */
const halfway: (() => void)[] = [];
const routes: Readonly<Record<string, RequestListener>> = {
  '/halves': (_, response) => {
    response.write('first half, ');
    halfway.push(() => response.end('second half'));
  },
  '/go-on': (_, response) => {
    for (const end of halfway.splice(0)) end();
    response.end();
  },
};

const authority = await createAuthority();
const certificate = await authority.issue({ hosts: ['shop.test'] });
const plain = await startOrigin({ routes });
const secure = await startOrigin({ routes, certificate });
const devnet = await startDevnet({ hosts: { 'shop.test:80': plain.port, 'shop.test:443': secure.port } });

const jobs = {
  given: (): Given => ({
    api: devnet.api,
    http: 'http://shop.test',
    https: 'https://shop.test',
    ca: authority.certificate,
  }),
  /** Whether all that clients have begun is over: connections to the server. */
  openConnections: () => plain.open + secure.open,
  async stop(): Promise<void> {
    await devnet.close();
    await Promise.all([plain.close(), secure.close()]);
  },
};

serve(jobs);

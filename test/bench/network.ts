/** A process with a mixnet, at its real delays, and a server behind its exit. */

import type { RequestListener } from 'node:http';
import { createAuthority, startDevnet } from '../../src/devnet/index.ts';
import { serve } from '../support/child.ts';
import { startOrigin } from '../support/origin.ts';
import { answers } from './answers.ts';

export type NetworkJobs = typeof jobs;

const DOMAIN = 'peers.test';
const authority = await createAuthority();
const origin = await startOrigin({
  certificate: await authority.issue({ hosts: [`*.${DOMAIN}`] }),
  routes: Object.fromEntries(Object.entries(answers).map(([path, bytes]) => [path, answerOf(bytes)])),
});
const devnet = await startDevnet({ nodesPerLayer: 5 });
/** The exit is at another one. */
const entryGateway = devnet.gateways[0]?.identity ?? '';
let [hosts, packets] = [0, 0];
devnet.observe(({ gateway, kind, direction }) => {
  if (gateway === entryGateway && kind === 'packet' && direction === 'from-client') packets += 1;
});

const jobs = {
  entrance: () => ({
    api: devnet.api,
    gateway: entryGateway,
    exit: devnet.exits[0] ?? '',
    /** Of the server. */
    ca: authority.certificate,
  }),
  /** Names of the server that nobody has used: `https://…`. */
  newHosts: (count: number) => Array.from({ length: count }, newHost),
  /** What came to the gateway of the entrance from clients so far. */
  packets: () => packets,
  async stop(): Promise<void> {
    await devnet.close();
    await origin.close();
  },
};

process.on('disconnect', () => process.exit());
serve(jobs);

function newHost(): string {
  hosts += 1;
  const host = `host-${hosts}.${DOMAIN}`;
  devnet.setHost(host, origin.port);
  return `https://${host}`;
}

/** mixFetch v1 delivers only bodies of types that it knows. */
function answerOf(bytes: number): RequestListener {
  return (_, response) => {
    response.setHeader('content-type', 'application/octet-stream').end(Buffer.alloc(bytes, 'abcdefghijklm'));
  };
}

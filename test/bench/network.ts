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
let hosts = 0;
/** Of each client, by its identity. */
const packets = new Map<string, number>();
devnet.observe(({ client = '', kind, direction }) => {
  if (kind === 'packet' && direction === 'from-client') packets.set(client, (packets.get(client) ?? 0) + 1);
});

const jobs = {
  entrance: () => ({
    api: devnet.api,
    gateway: devnet.gateways[0]?.identity ?? '',
    exit: devnet.exits[0] ?? '',
    /** Of the server. */
    ca: authority.certificate,
  }),
  /** Names of the server that nobody has used: `https://…`. */
  newHosts: (count: number) => Array.from({ length: count }, newHost),
  /** What the client of that address has given to its gateway so far. */
  packetsFrom: (address: string) => packets.get(address.split('.')[0] ?? '') ?? 0,
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

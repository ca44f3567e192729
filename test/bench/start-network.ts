/** A process with a mixnet under TLS, as the published client wants it, that knows when a client's first packet came. */

import { ClientCore } from '../../src/client/index.ts';
import { startDevnet } from '../../src/devnet/index.ts';
import { formatRecipient } from '../../src/message/index.ts';
import { serve } from '../support/child.ts';

export type NetworkJobs = typeof jobs;

const devnet = await startDevnet({ tls: true });
const [entry, other] = devnet.gateways.map(({ identity }) => identity);
/** In the place of the router that the published client asks for a tunnel. */
const router = await ClientCore.connect({
  platform: devnet.clientPlatform(),
  api: [devnet.api],
  gateway: other ?? '',
  traffic: { disableMainPoissonPacketDistribution: true, disableLoopCoverTrafficStream: true },
});
const known = new Set<string>();
let first: (at: number) => void = () => {};
devnet.observe(({ client, direction, kind }) => {
  if (direction !== 'from-client' || kind !== 'packet' || client === undefined || known.has(client)) return;
  known.add(client);
  first(Date.now());
});

const jobs = {
  entrance: () => ({ api: devnet.api, gateway: entry ?? '', router: formatRecipient(router.address) }),
  /** Unix time, ms, of the first packet of the next client. */
  firstPacket: () =>
    new Promise<number>(resolve => {
      first = resolve;
    }),
  async stop(): Promise<void> {
    await router.close();
    await devnet.close();
  },
};

serve(jobs);

/** Runs devnets in all states, closes them, and reports what is left. Without a word about exiting: it must end by itself. */

import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { ClientCore } from '../../src/client/index.ts';
import { startDevnet } from '../../src/devnet/index.ts';
import { listenOnLoopback } from '../../src/devnet/loopback-server.ts';
import { encodeRequest } from '../../src/exit/index.ts';
import { parseRecipient } from '../../src/message/index.ts';

const traffic = { disableMainPoissonPacketDistribution: true, loopCoverTrafficAverageDelayMs: 50 };
const silent = createServer(socket => socket.on('error', () => {}));
const port = await listenOnLoopback(silent);
const before = process.getActiveResourcesInfo().length;

for (const tls of [false, true]) {
  const devnet = await startDevnet({ tls, hosts: { 'example.test': port } });
  const platform = devnet.clientPlatform();
  const [here, there] = devnet.gateways.map(({ identity }) => identity);
  const cores = await Promise.all(
    [here, there].map(gateway =>
      ClientCore.connect({ platform, api: [devnet.api], traffic, ...(gateway && { gateway }) }),
    ),
  );
  const exit = parseRecipient(devnet.exits[0] ?? '');
  const connect = encodeRequest({ kind: 'connect', connection: 1n, address: 'example.test:80' });
  cores[0]?.sendAnonymous(cores[0].pseudonym(exit, ''), connect, { replySurbs: 20 }).catch(() => {});
  while (devnet.requesters[0]?.openConnections === 0) await setTimeout(1);
  await devnet.mixNodes[0]?.kill();
  devnet.mixNodes[1]?.stall();
  devnet.gateways[0]?.stall();
  await devnet.gateways[1]?.kill();
  devnet.directory.stall();
  const asked = fetch(`${devnet.api}/v1/epoch/current`).catch(() => {});
  await setTimeout(50);
  await Promise.all(cores.map(core => core.close()));
  await devnet.close();
  await asked;
}

// The handles of sockets that were destroyed are gone a turn later.
await setTimeout(100);
const left = process.getActiveResourcesInfo();
silent.close();
process.send?.(left.length > before ? left : []);
process.disconnect?.();

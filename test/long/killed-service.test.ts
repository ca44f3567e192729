/** Two websocket services in conversation, of which one is killed and comes back, with a tenth of all packets lost. */

import { afterAll, beforeAll, test } from 'vitest';
import { exchange, expectAccounted, type Way } from '../servers/websocket/exchange.ts';
import { type Child, startChild } from '../support/child.ts';
import { Figures, seconds } from '../support/figures.ts';
import type { NetworkJobs } from './network-process.ts';

const figures = new Figures({
  file: new URL('FIGURES.md', import.meta.url),
  title: 'Figures of the long tests',
  chapter: 'A service that is killed',
  about: [
    'Written by `npm run test:long -- killed`: two websocket services, each in a process of its own, exchange 1000 messages of up to 8 KB',
    'while a tenth of all packets is lost. In the middle one is killed, and started anew with what its storage has kept.',
  ],
});
let network: Child<NetworkJobs>;

beforeAll(() => {
  network = startChild<NetworkJobs>(new URL('network-process.ts', import.meta.url));
});

afterAll(async () => {
  figures.write();
  await network.ask('stop');
  await network.end();
});

test('nothing comes twice, every message settles, and what is lost was on its way into the dying process', async () => {
  const { api } = await network.ask('entrance');
  await network.ask('lose', 0.1);
  const started = performance.now();
  const options = { messages: 1000, maxBytes: 8_000, pause: 120, pace: 'default' } as const;
  const report = await exchange({ api, ...options });
  const lost = await network.ask('lost');

  figures.add(
    'time',
    seconds((performance.now() - started) / 1000),
    `without the one that was killed: ${seconds(report.away / 1000)}`,
  );
  figures.add('packets lost by the network', `${lost}`, `resent by the one that lived: ${report.retransmissions}`);
  tell('to the one that was killed', report.toKilled);
  tell('from it', report.fromKilled);

  expectAccounted(report, 500);
});

function tell(direction: string, way: Way): void {
  const settled = Object.entries(way.settled).map(([outcome, count]) => `${count} ${outcome}`);
  if (way.diedWithIt > 0) settled.push(`${way.diedWithIt} died with the process`);
  figures.add(`${direction}: sent`, `${way.handedOver}`, settled.join(', '));
  const came = way.cameAllTheSame > 0 ? ` (${way.cameAllTheSame} of those that died)` : '';
  figures.add(`${direction}: received`, `${way.received}${came}`, `twice: ${way.receivedTwice}`);
  figures.add(
    `${direction}: acknowledged and not received`,
    `${way.lost}`,
    `under way into the process when it was killed: ${way.lostUnderWay}`,
  );
}

/** Prints what building and unwrapping gives from a fixed seed. Run under either implementation of `#crypto`. */

import * as crypto from '#crypto';
import { buildPacket, createSurb, encodeSurb, packetFromSurb, packetSizes } from '../../src/sphinx/index.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { testNodes, travel } from './route.ts';

const random = seededRandom('either implementation');
const nodes = testNodes(6, random);
const results: Uint8Array[] = [];
for (let i = 0; i < 30; i++) {
  const route = nodes.slice(i % 2, (i % 2) + 1 + (i % 5));
  const header = {
    route: route.map(node => node.hop),
    delaysNs: route.map(() => i),
    destination: random(32),
    random,
    version: i % 3 === 0 ? (258 as const) : (259 as const),
  };
  const size = i % 2 === 0 ? packetSizes.regular : packetSizes.ack;
  const packet = buildPacket({ ...header, plaintext: random(size.plaintext), size });
  const surb = createSurb(header);
  const reply = packetFromSurb(surb, random(size.plaintext), size);
  results.push(packet.bytes, encodeSurb(surb), reply.bytes);
  for (const { bytes } of [packet, reply])
    for (const step of travel(bytes, route).steps)
      results.push(step.replayTag, step.type === 'forward' ? step.packet : step.plaintext);
}
const digest = Buffer.from(crypto.sha256(Buffer.concat(results))).toString('hex');
process.stdout.write(
  JSON.stringify({ digest, implementation: String(crypto.sha256).includes('createHash') ? 'node' : 'portable' }),
);

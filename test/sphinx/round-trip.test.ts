/** What is built unwraps, for every length of route, size and version; and nothing else does. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  buildPacket,
  createSurb,
  decodeSurb,
  encodeNodeAddress,
  encodeSurb,
  nodeKey,
  packetFromSurb,
  packetSizes,
  type SphinxVersion,
  surbBytes,
  unwrapPacket,
} from '../../src/sphinx/index.ts';
import { hex } from '../support/bytes.ts';
import { buildLiteralPacket } from '../support/literal-packet.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { type TestNode, testNodes, travel } from './route.ts';

const random = seededRandom('round trip');
const nodes = testNodes(8, random);
const malformed = expect.objectContaining({ code: 'ERR_MIX_MIXNET_MALFORMED' });

const routes = fc.uniqueArray(fc.constantFrom(...nodes), { minLength: 1, maxLength: 5 });
const sizes = fc.constantFrom(packetSizes.regular, packetSizes.ack, packetSizes.extended8);
const versions = fc.constantFrom<SphinxVersion>(258, 259);

describe('a packet', () => {
  test('takes its route and arrives with its plaintext', () => {
    fc.assert(
      fc.property(routes, sizes, versions, fc.double({ min: 0, max: 1, noNaN: true }), (route, size, version, fill) => {
        const plaintext = random(Math.round(size.plaintext * fill));
        const destination = random(32);
        const delaysNs = route.map((_, i) => i * 2 ** 40 + 1);
        const { bytes, firstHop } = buildPacket({ ...way(route), delaysNs, destination, plaintext, size, version });
        expect(bytes.length).toBe(size.total);
        expect(firstHop).toEqual(route[0]?.hop.address);
        const { steps, visited } = travel(bytes, route);
        expect(visited).toEqual(route.slice(1).map(node => node.hop.address));
        expect(steps.map(step => step.version)).toEqual(route.map(() => version));
        expect(steps.flatMap(step => (step.type === 'forward' ? [step.packet.length] : []))).toEqual(
          route.slice(1).map(() => size.total),
        );
        expect(steps.flatMap(step => (step.type === 'forward' ? [Number(step.delayNs)] : []))).toEqual(
          delaysNs.slice(0, -1),
        );
        expect(steps.at(-1)).toMatchObject({ type: 'final', destination, identifier: new Uint8Array(16), plaintext });
      }),
      { numRuns: 60 },
    );
  });

  test('of the largest size as well', () => {
    const route = nodes.slice(0, 4);
    for (const size of [packetSizes.extended16, packetSizes.extended32]) {
      const plaintext = random(size.plaintext);
      const { bytes } = buildPacket({ ...way(route), destination: random(32), plaintext, size });
      expect(travel(bytes, route).steps.at(-1)).toMatchObject({ type: 'final', plaintext });
    }
  });

  test('is the one that the protocol read aloud gives for the same random bytes', () => {
    for (let i = 0; i < 15; i++) {
      const route = nodes.slice(i % 4, (i % 4) + 1 + (i % 5));
      const size = i % 2 === 0 ? packetSizes.ack : packetSizes.regular;
      const common = {
        destination: random(32),
        delaysNs: route.map(() => Math.round(Math.exp(i))),
        plaintext: random(size.plaintext - (i % 7)),
      };
      const ours = buildPacket({
        ...common,
        ...way(route, common.delaysNs),
        size,
        random: seededRandom(`literal/${i}`),
      });
      const literal = buildLiteralPacket({
        ...common,
        route: route.map(({ hop }) => ({ address: encodeNodeAddress(hop.address, 32), key: hop.key.bytes })),
        payloadBytes: size.payload,
        random: seededRandom(`literal/${i}`),
      });
      expect(hex(ours.bytes)).toBe(hex(literal));
    }
  });

  test('is different every time', () => {
    const route = nodes.slice(0, 4);
    const request = { ...way(route), destination: random(32), plaintext: new Uint8Array(21), size: packetSizes.ack };
    const [first, second] = [buildPacket(request), buildPacket(request)];
    expect(first.bytes).not.toEqual(second.bytes);
    const tags = [first, second].flatMap(({ bytes }) => travel(bytes, route).steps.map(step => hex(step.replayTag)));
    expect(new Set(tags).size).toBe(8);
  });

  test('that arrives twice is recognised by its replay tag', () => {
    const route = nodes.slice(0, 3);
    const { bytes } = buildPacket({
      ...way(route),
      destination: random(32),
      plaintext: random(5),
      size: packetSizes.ack,
    });
    const again = bytes.slice();
    again[400 - 20] = (again[400 - 20] ?? 0) ^ 1;
    const [node] = route;
    if (node === undefined) throw new Error('no node');
    expect(unwrapPacket(again, node.secretKey).replayTag).toEqual(unwrapPacket(bytes, node.secretKey).replayTag);
  });

  test('cannot be asked for with a route, delays or a plaintext that it has no place for', () => {
    const route = nodes.slice(0, 4);
    const fine = {
      ...way(route),
      destination: new Uint8Array(32),
      plaintext: new Uint8Array(21),
      size: packetSizes.ack,
    };
    expect(() => buildPacket(fine)).not.toThrow();
    const wrong = [
      way([]),
      way(testNodes(6, random)),
      { delaysNs: [1, 2, 3] },
      { delaysNs: [1, 2, -1, 0] },
      { delaysNs: [1, 2, 0.5, 0] },
      { destination: new Uint8Array(31) },
      { identifier: new Uint8Array(15) },
      { plaintext: new Uint8Array(22) },
    ];
    for (const change of wrong) expect(() => buildPacket({ ...fine, ...change })).toThrow(RangeError);
  });
});

describe('a reply block', () => {
  test('brings a reply back, after any number of encodings, in both kinds', () => {
    fc.assert(
      fc.property(routes, sizes, versions, (route, size, version) => {
        const destination = random(32);
        const surb = createSurb({ ...way(route), destination, version });
        const encoded = encodeSurb(surb);
        expect(encoded.length).toBe(surbBytes(route.length, version === 258 ? 'full' : 'seeds'));
        const decoded = decodeSurb(encoded);
        expect(decoded).toEqual(surb);
        const plaintext = random(size.plaintext);
        const { bytes, firstHop } = packetFromSurb(decoded, plaintext, size);
        expect(firstHop).toEqual(route[0]?.hop.address);
        expect(travel(bytes, route).steps.at(-1)).toMatchObject({ type: 'final', destination, plaintext });
      }),
      { numRuns: 40 },
    );
  });

  test('has the sizes that messages count on', () => {
    expect([1, 2, 3, 4, 5].map(hops => surbBytes(hops, 'seeds'))).toEqual([396, 412, 428, 444, 460]);
    expect([1, 2, 3, 4, 5].map(hops => surbBytes(hops, 'full'))).toEqual([572, 764, 956, 1148, 1340]);
  });
});

describe('a changed packet', () => {
  const route = nodes.slice(0, 4);
  const request = { ...way(route), destination: random(32), plaintext: random(2048), size: packetSizes.regular };
  const { bytes } = buildPacket(request);
  const [first] = route;
  if (first === undefined) throw new Error('no node');

  test('is refused at its first hop when any byte of the header differs', () => {
    for (let at = 0; at < 348; at++) {
      const bit = at === 31 ? 1 : at % 8;
      expect(() => unwrapPacket(flipped(bytes, at, bit), first.secretKey)).toThrow(malformed);
    }
  });

  test('is the same packet where X25519 ignores the bit', () => {
    const same = unwrapPacket(flipped(bytes, 31, 7), first.secretKey);
    expect(same).toEqual(unwrapPacket(bytes, first.secretKey));
  });

  test('is carried to the end and refused there when its payload differs', () => {
    for (const at of [348, 380, 381, 1000, 2412]) {
      let onTheWay = flipped(bytes, at, at % 8);
      for (const node of route.slice(0, -1)) {
        const step = unwrapPacket(onTheWay, node.secretKey);
        if (step.type !== 'forward') expect.unreachable('not the last hop');
        else onTheWay = step.packet;
      }
      expect(() => unwrapPacket(onTheWay, route.at(-1)?.secretKey ?? first.secretKey)).toThrow(malformed);
    }
  });

  test('is refused by a node that it was not made for', () => {
    for (const node of nodes.slice(1)) expect(() => unwrapPacket(bytes, node.secretKey)).toThrow(malformed);
  });

  test('is refused when it is cut, or carries a key of low order', () => {
    for (const length of [0, 1, 347, 348, 364, 365, 380]) {
      expect(() => unwrapPacket(bytes.subarray(0, length), first.secretKey)).toThrow(malformed);
    }
    const lowOrder = bytes.slice();
    lowOrder.fill(0, 0, 32);
    expect(() => unwrapPacket(lowOrder, first.secretKey)).toThrow(malformed);
  });
});

describe('a node key', () => {
  test('that is short, of low order or on the twist is the directory’s fault', () => {
    const wrong = [new Uint8Array(31), new Uint8Array(33), new Uint8Array(32), Uint8Array.of(2, ...new Uint8Array(31))];
    for (const key of wrong)
      expect(() => nodeKey(key)).toThrow(expect.objectContaining({ code: 'ERR_MIX_DIRECTORY_MALFORMED' }));
  });
});

/** A packet’s way, with delays that nobody looks at. */
function way(route: readonly TestNode[], delaysNs = route.map(() => 1_000_000)) {
  return { route: route.map(node => node.hop), delaysNs, random };
}

function flipped(packet: Uint8Array, at: number, bit: number): Uint8Array {
  return packet.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte));
}

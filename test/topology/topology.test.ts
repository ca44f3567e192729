import { describe, expect, test } from 'vitest';
import { x25519PublicKey } from '#crypto';
import { MixnetError } from '../../src/errors.ts';
import { nodeKey } from '../../src/sphinx/index.ts';
import {
  chooseGateway,
  type GatewayNode,
  gatewayUrl,
  type MixNode,
  parseIdentity,
  Topology,
} from '../../src/topology/index.ts';
import { seededRandom } from '../support/seeded-random.ts';

const random = seededRandom('routes');

describe('routes', () => {
  const layers = [1, 2, 3].map(layer => Array.from({ length: 4 }, (_, index) => mix(layer * 10 + index)));
  const [first = [], second = [], third = []] = layers;
  const topology = new Topology({
    epoch: 7,
    rotationId: 3,
    refreshedAt: 0,
    layers: [first, second, third],
    gateways: [gateway(90), gateway(91)],
  });

  test('go through one node of each layer, all with the same chance, to the named gateway', () => {
    const rounds = 4_000;
    const seen = new Map<number, number>();
    for (let round = 0; round < rounds; round++) {
      const route = topology.route(identity(90), random);
      expect(route.map(({ address }) => Math.floor(address.port / 10))).toEqual([1, 2, 3, 9]);
      expect(route[3]?.address.port).toBe(90);
      for (const { address } of route.slice(0, 3)) seen.set(address.port, (seen.get(address.port) ?? 0) + 1);
    }
    expect(seen.size).toBe(12);
    // Binomial with p = 1/4: six standard deviations.
    for (const count of seen.values())
      expect(Math.abs(count - rounds / 4)).toBeLessThan(6 * Math.sqrt(rounds * 0.1875));
  });

  test('may end at any known node, since roles change faster than addresses', () => {
    expect(topology.route(identity(10), random)[3]?.address.port).toBe(10);
  });

  test('to a gateway that nobody knows, or whose key is unusable, do not exist', () => {
    expect(() => topology.route(identity(99), random)).toThrow(code('ERR_MIX_MIXNET_NO_ROUTE'));
    const unusable: GatewayNode = {
      ...gateway(92),
      get key() {
        return nodeKey(new Uint8Array(32));
      },
    };
    const bent = new Topology({ ...topology, gateways: [unusable] });
    expect(() => bent.route(identity(92), random)).toThrow(code('ERR_MIX_MIXNET_NO_ROUTE'));
  });

  test('carry the marker of the rotation', () => {
    const rotationOf = (rotationId: number) => new Topology({ ...topology, rotationId }).rotation;
    expect([0, 1, 2, 3, 4, 2 ** 32 - 1].map(rotationOf)).toEqual([0, 1, 2, 1, 2, 0]);
  });

  test('nodes are found by identity', () => {
    expect(topology.findNode(identity(91))?.nodeId).toBe(91);
    expect(topology.findNode(identity(12))?.nodeId).toBe(12);
    expect(topology.findNode(identity(1))).toBeUndefined();
  });
});

describe('the gateway of a new client', () => {
  const plain = gateway(1);
  const named: GatewayNode = { ...gateway(2), entry: { wsPort: 9000, wssPort: 9001, hostname: 'gateway.test' } };
  const nameless: GatewayNode = { ...gateway(3), entry: { wsPort: 9000, wssPort: 9001 } };
  const weak: GatewayNode = { ...named, identity: identity(4), performance: 49 };
  const retired: GatewayNode = { ...gateway(5), entry: undefined } as unknown as GatewayNode;
  const v6: GatewayNode = { ...gateway(6), ips: ['2001:db8::1'] };
  const all = [plain, named, nameless, weak, retired, v6];

  test('is any that performs well and takes clients, with the same chance', () => {
    const chosen = new Map<string, number>();
    for (let round = 0; round < 4_000; round++) {
      const { url } = chooseGateway(all, { secure: false, random });
      chosen.set(url, (chosen.get(url) ?? 0) + 1);
    }
    expect([...chosen.keys()].sort()).toEqual(
      ['ws://127.0.0.1:9000/', 'ws://127.0.0.3:9000/', 'ws://[2001:db8::1]:9000/', 'wss://gateway.test:9001/'].sort(),
    );
    for (const count of chosen.values()) expect(Math.abs(count - 1_000)).toBeLessThan(6 * Math.sqrt(750));
  });

  test('has a name and a wss port where that is demanded', () => {
    for (let round = 0; round < 50; round++) {
      expect(chooseGateway(all, { secure: true, random })).toEqual({
        identity: identity(2),
        url: 'wss://gateway.test:9001/',
      });
    }
    expect(() => chooseGateway([plain, nameless], { secure: true, random })).toThrow(code('ERR_MIX_GATEWAY_UNKNOWN'));
  });

  test('is the one asked for, or none', () => {
    const choose = (id: number, secure: boolean) => chooseGateway(all, { identity: identity(id), secure, random }).url;
    expect(choose(3, false)).toBe('ws://127.0.0.3:9000/');
    for (const [id, secure] of [
      [3, true],
      [4, false],
      [5, false],
      [9, false],
    ] as const) {
      expect(() => choose(id, secure)).toThrow(code('ERR_MIX_GATEWAY_UNKNOWN'));
    }
    expect(gatewayUrl(retired, false)).toBeUndefined();
  });

  test('is named by 32 bytes in base58', () => {
    expect(parseIdentity('Cy13KVpk8TGfMfHKFMm1gYp6wqkpuapP2eRc46WWr4Sc')).toHaveLength(32);
    for (const wrong of ['', 'abc', '0'.repeat(44), '1'.repeat(33), 'z'.repeat(100_000)]) {
      expect(() => parseIdentity(wrong)).toThrow(TypeError);
    }
  });
});

function identity(id: number): Uint8Array {
  return new Uint8Array(32).fill(id);
}

function mix(id: number): MixNode {
  return {
    nodeId: id,
    identity: identity(id),
    address: { ip: '127.0.0.1', port: id },
    key: nodeKey(x25519PublicKey(identity(id))),
    performance: 100,
  };
}

function gateway(id: number): GatewayNode {
  return { ...mix(id), ips: [`127.0.0.${id}`], entry: { wsPort: 9000 } };
}

function code(expected: string) {
  return expect.toSatisfy((error: unknown) => error instanceof MixnetError && error.code === expected);
}

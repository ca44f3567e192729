import { base58 } from '@scure/base';
import { describe, expect, test } from 'vitest';
import { type Devnet, type DevnetOptions, type DirectoryLie, startDevnet } from '../../src/devnet/index.ts';
import { parseRecipient } from '../../src/message/index.ts';
import type { Platform } from '../../src/platform/platform.ts';
import { Directory } from '../../src/topology/index.ts';
import { readSkimmedBincode } from '../../src/topology/skimmed-bincode.ts';
import { topologyOf, virtualWorld } from './world.ts';

const skimmed = 'v2/unstable/nym-nodes/skimmed';
const paths = [
  skimmed,
  `${skimmed}/mixnodes/active`,
  `${skimmed}/entry-gateways`,
  `${skimmed}/exit-gateways`,
  'v1/unstable/nym-nodes/skimmed/entry-gateways/active',
  'v2/unstable/nym-nodes/semi-skimmed',
  'v1/nym-nodes/rewarded-set',
  'v1/nym-nodes/described',
  'v2/nym-nodes/described',
  'v1/epoch/key-rotation-info',
  'v1/epoch/current',
];

/** The others are lies about mix nodes alone, or such as two lists together show. */
const inGatewayLists: DirectoryLie[] = ['endless-list', 'endless-body', 'not-json', 'broken'];

describe('the directory', () => {
  test.each(['sockets', 'in-process'] as const)(
    'over %s is read by the client as the network that runs',
    async transport => {
      await using devnet = await startDevnet({ transport, nodesPerLayer: 3, gateways: 3, exits: 2 });
      const platform = devnet.clientPlatform();
      const topology = await topologyOf(devnet, platform);
      expect(topology).toMatchObject({ epoch: 2980, rotationId: 124, rotation: 2 });
      const listed = topology.layers.flatMap((nodes, i) =>
        nodes.map(({ nodeId, identity }) => ({ nodeId, layer: i + 1, identity: base58.encode(identity) })),
      );
      expect(listed).toEqual(devnet.mixNodes.map(({ nodeId, layer, identity }) => ({ nodeId, layer, identity })));
      expect(topology.gateways.map(({ identity }) => base58.encode(identity))).toEqual(
        devnet.gateways.map(({ identity }) => identity),
      );
      const directory = new Directory({ urls: [devnet.api], platform });
      expect(await directory.keyRotation()).toMatchObject({ validityEpochs: 24 });
      const exits = await directory.exits();
      expect(exits.map(({ recipientText }) => recipientText)).toEqual(devnet.exits);
      expect(exits).toMatchObject(
        exits.map(() => ({ performance: 100, usesExitPolicy: true, declaredRoleExitNr: true })),
      );
      expect(devnet.exits.map(text => base58.encode(parseRecipient(text).gateway))).toEqual(
        devnet.gateways.slice(1).map(({ identity }) => identity),
      );
    },
  );

  test('answers every path of the live one in JSON, for pages of any origin, with the same state in every list', async () => {
    await using devnet = await startDevnet({ exits: 0 });
    const states = new Set<string>();
    for (const path of paths) {
      const answer = await fetch(`${devnet.api}/${path}?page=0`, { headers: { accept: 'application/bincode' } });
      expect([path, answer.status, answer.headers.get('content-type')]).toEqual([path, 200, 'application/json']);
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      const { metadata } = (await answer.json()) as { metadata?: { status: unknown } };
      if (metadata?.status) states.add(JSON.stringify(metadata));
    }
    expect(states.size).toBe(1);
    const preflight = await fetch(`${devnet.api}/${paths[0]}`, { method: 'OPTIONS' });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('content-type');
    expect((await fetch(`${devnet.api}/v1/nothing`)).status).toBe(404);
    expect(devnet.directory.requests.get('v1/epoch/current')).toBe(1);
  });

  test('has the lists of nodes in bincode too, for who asks for it as Nym’s clients do', async () => {
    await using devnet = await startDevnet({ exits: 0, gateways: 2 });
    for (const path of paths.slice(0, 4)) {
      const [binary, text] = await Promise.all(
        ['?page=0&output=bincode', '?page=0'].map(query => fetch(`${devnet.api}/${path}${query}`)),
      );
      expect(binary?.headers.get('content-type')).toBe('application/bincode');
      const bytes = new Uint8Array((await binary?.arrayBuffer()) ?? []);
      expect(readSkimmedBincode(bytes)).toEqual(await text?.json());
    }
  });

  test('gives new keys when the rotation changes, and counts the epochs', async () => {
    const { clock, devnet, platform } = await virtualWorld({ epochMs: 60_000, rotationEpochs: 2, firstEpoch: 9 });
    const before = await topologyOf(devnet, platform);
    expect(before).toMatchObject({ epoch: 9, rotationId: 4, rotation: 2 });
    await clock.advance(60_000);
    const after = await topologyOf(devnet, platform);
    expect(after).toMatchObject({ epoch: 10, rotationId: 5, rotation: 1 });
    const keys = [before, after].map(({ layers }) => layers.flat().map(({ key }) => base58.encode(key.bytes)));
    expect(new Set(keys.flat()).size).toBe(12);
  });

  test('that is dead refuses, that is stalled leaves waiting, and answers when it is revived', async () => {
    await using devnet = await startDevnet({ exits: 0 });
    await checkAvailability(devnet, devnet.clientPlatform());
  });

  test('in-process fails in the same ways', async () => {
    await using devnet = await startDevnet({ exits: 0, transport: 'in-process' });
    await checkAvailability(devnet, devnet.clientPlatform());
  });

  test.each<[DirectoryLie, string]>([
    ['missing-layer', 'ERR_MIX_DIRECTORY_UNUSABLE'],
    ['no-gateways', 'ERR_MIX_DIRECTORY_UNUSABLE'],
    ['twist-keys', 'ERR_MIX_DIRECTORY_MALFORMED'],
    ['duplicate-keys', 'ERR_MIX_DIRECTORY_MALFORMED'],
    ['inconsistent', 'ERR_MIX_DIRECTORY_MALFORMED'],
    ['endless-list', 'ERR_MIX_DIRECTORY_MALFORMED'],
    ['endless-body', 'ERR_MIX_DIRECTORY_MALFORMED'],
    ['not-json', 'ERR_MIX_DIRECTORY_MALFORMED'],
    ['broken', 'ERR_MIX_DIRECTORY_UNREACHABLE'],
  ])('that tells the lie %s is not believed', async (lie, code) => {
    await using devnet = await startDevnet({ exits: 0 });
    devnet.directory.lie = lie;
    await expect(topologyOf(devnet, devnet.clientPlatform())).rejects.toMatchObject({ code });
    const inBincode = new Directory({ urls: [devnet.api], platform: devnet.clientPlatform() }).entryGateways();
    if (inGatewayLists.includes(lie)) await expect(inBincode).rejects.toMatchObject({ code });
    else await inBincode;
    devnet.directory.lie = undefined;
    await topologyOf(devnet, devnet.clientPlatform());
  });

  test('that lies about the rotation makes packets that nodes cannot unwrap, if frames say which it is', async () => {
    await using devnet = await startDevnet({ exits: 0, transport: 'in-process' });
    devnet.directory.lie = 'wrong-rotation';
    expect(await topologyOf(devnet, devnet.clientPlatform())).toMatchObject({ rotationId: 125, rotation: 1 });
  });
});

describe('options that cannot be', () => {
  test.each([[{ host: {} }], [{ gateway: 3 }], [{ faults: { los: 0.1 } }]])(
    'because there are none such: %j',
    async options => {
      await expect(startDevnet(options as DevnetOptions)).rejects.toThrow(TypeError);
    },
  );

  test.each<[string, DevnetOptions]>([
    ['no mix nodes', { nodesPerLayer: 0 }],
    ['half a gateway', { gateways: 0.5 }],
    ['more exits than gateways', { gateways: 1, exits: 2 }],
    ['an epoch of no length', { epochMs: 0 }],
    ['delays that are negative', { delayScale: -1 }],
    ['a host without a port', { hosts: { 'example.test': 0 } }],
    ['a host of a port that is none', { hosts: { 'example.test:99999': 80 } }],
  ])('%s are refused', async (_, options) => {
    await expect(startDevnet(options)).rejects.toSatisfy(
      error => error instanceof RangeError || error instanceof TypeError,
    );
  });
});

async function checkAvailability(devnet: Devnet, platform: Platform): Promise<void> {
  await devnet.directory.kill();
  await expect(topologyOf(devnet, platform)).rejects.toMatchObject({ code: 'ERR_MIX_DIRECTORY_UNREACHABLE' });
  await devnet.directory.revive();
  await topologyOf(devnet, platform);
  devnet.directory.stall();
  const waiting = topologyOf(devnet, platform);
  const abandoned = new Directory({ urls: [devnet.api], platform }).topology({ signal: AbortSignal.timeout(1) });
  await expect(abandoned).rejects.toMatchObject({ name: 'TimeoutError' });
  await devnet.directory.revive();
  await waiting;
}

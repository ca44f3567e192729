import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/devnet/directory-answers.ts';
import { skimmedBincode } from '../../src/devnet/skimmed-bincode.ts';
import { MixnetError } from '../../src/errors.ts';
import { DEFAULT_DIRECTORY_URLS, Directory } from '../../src/topology/index.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { VirtualPlatform } from '../support/virtual-platform.ts';
import { described, keyText, network, recipient, rotationInfo, skimmed, twistKey } from './directory-answers.ts';

const skimmedPath = '/v2/unstable/nym-nodes/skimmed';

describe('a topology', () => {
  test('comes from three requests in parallel that tell nothing of who asks', async () => {
    const asked: string[] = [];
    const headers = new Set<string>();
    let inFlight = 0;
    const platform = new VirtualPlatform({
      async directoryFetch(url, init) {
        asked.push(url);
        headers.add(JSON.stringify(init.headers));
        inFlight += 1;
        // Answers only when all have been asked.
        while (inFlight < 3) await new Promise(resolve => setTimeout(resolve));
        return answersOf(network())(url);
      },
    });
    const topology = await new Directory({ urls: ['https://api.test/api/'], platform }).topology();
    expect(asked.sort()).toEqual([
      'https://api.test/api/v1/nym-nodes/rewarded-set',
      'https://api.test/api/v2/unstable/nym-nodes/skimmed/entry-gateways?page=0',
      'https://api.test/api/v2/unstable/nym-nodes/skimmed/mixnodes/active?page=0',
    ]);
    expect([...headers]).toEqual(['{"Accept":"application/json"}']);
    expect(topology).toMatchObject({ epoch: 2980, rotationId: 124, rotation: 2 });
    expect(topology.refreshedAt).toBeCloseTo(Date.UTC(2026, 4, 1, 12, 10) + 123.456789, 3);
    expect(topology.layers.map(layer => layer.map(({ nodeId }) => nodeId))).toEqual([[1], [2], [3]]);
    expect(topology.gateways).toMatchObject([{ nodeId: 4, entry: { wsPort: 19_000 }, performance: 100 }]);
    expect(platform.pendingTimers).toBe(0);
  });

  test('takes the layers from the rewarded set and leaves out nodes below half performance or without address', async () => {
    const net = network({ mixes: 9, gateways: 3 });
    const [, , , mix4, , mix6] = net.mixes;
    const [, gateway2, gateway3] = net.gateways;
    Object.assign(mix4 ?? {}, { performance: '0.499' });
    Object.assign(mix6 ?? {}, { ip_addresses: [] });
    Object.assign(gateway2 ?? {}, { performance: '0.4999999' });
    Object.assign(gateway3 ?? {}, { ip_addresses: ['2001:DB8::1', '10.0.0.1'], performance: '0.5' });
    const topology = await directory(net).topology();
    expect(topology.layers.map(layer => layer.map(({ nodeId }) => nodeId))).toEqual([
      [1, 7],
      [2, 5, 8],
      [3, 9],
    ]);
    expect(topology.gateways.map(({ nodeId }) => nodeId)).toEqual([10, 12]);
    expect(topology.gateways[1]).toMatchObject({
      address: { ip: '2001:db8::1', port: 17_902 },
      ips: ['2001:db8::1', '10.0.0.1'],
      performance: 50,
    });
  });

  test('keeps the prepared keys of its nodes over a refresh', async () => {
    const source = directory(network());
    const [first, second, third] = [await source.topology(), await source.topology(), await source.topology()];
    expect(second.layers[0][0]?.key).toBe(first.layers[0][0]?.key);
    expect(third.gateways[0]?.key).not.toBe(undefined);
    expect(third.layers[2][0]?.key).toBe(first.layers[2][0]?.key);
  });

  test('is refreshed once more where the epoch changed between two answers', async () => {
    const net = network();
    let asked = 0;
    const platform = new VirtualPlatform({
      async directoryFetch(url) {
        const late = url.includes('entry-gateways') && asked++ === 0;
        return answersOf(late ? { ...net, metadata: { ...net.metadata, absolute_epoch_id: 2979 } } : net)(url);
      },
    });
    expect((await new Directory({ urls: ['https://api.test'], platform }).topology()).epoch).toBe(2980);
    expect(asked).toBe(2);
  });

  test('tolerates what real directories leave out or add', async () => {
    const net = network();
    net.metadata['status'] = undefined;
    net.metadata['refreshed_at'] = 'garbage';
    net.metadata['something_new'] = { deep: [1] };
    for (const node of [...net.mixes, ...net.gateways]) {
      delete node.supported_roles;
      node.role = { Unheard: {} };
    }
    for (const mix of net.mixes) delete mix.entry;
    Object.assign(net.gateways[0] ?? {}, { entry: { ws_port: 9000 } });
    const topology = await directory(net).topology();
    expect(topology.refreshedAt).toBe(0);
    expect(topology.gateways[0]?.entry).toEqual({ wsPort: 9000 });
  });

  test('is not spoiled by what one operator announces', async () => {
    const net = network({ mixes: 30, gateways: 10 });
    const announce = (position: number, entry: unknown) => Object.assign(net.gateways[position] ?? {}, { entry });
    announce(0, { hostname: 'evil.test/path?', ws_port: 9000, wss_port: 9001 });
    announce(1, { hostname: 7, ws_port: 9000, wss_port: 0 });
    announce(2, { hostname: 'good.test', ws_port: 0, wss_port: 9001 });
    Object.assign(net.gateways[3] ?? {}, { ip_addresses: Array.from({ length: 100 }, () => '::ffff:1.2.3.4') });
    Object.assign(net.mixes[0] ?? {}, { x25519_sphinx_pubkey: twistKey });
    Object.assign(net.mixes[4] ?? {}, { x25519_sphinx_pubkey: net.mixes[5]?.x25519_sphinx_pubkey });
    const topology = await directory(net).topology();
    expect(topology.layers[0].map(({ nodeId }) => nodeId)).not.toContain(1);
    expect(topology.layers[1].map(({ nodeId }) => nodeId)).toContain(5);
    expect(topology.gateways.slice(0, 3).map(({ entry }) => entry)).toEqual([
      { wsPort: 9000, wssPort: 9001 },
      { wsPort: 9000 },
      undefined,
    ]);
    expect(topology.gateways[3]?.ips).toHaveLength(32);
  });
});

describe('a directory that lies is refused', () => {
  const lies: [string, (net: ReturnType<typeof network>) => unknown][] = [
    ['an identity twice', net => copy(net, 'ed25519_identity_pubkey')],
    ['a sphinx key twice', net => copy(net, 'x25519_sphinx_pubkey')],
    ['a node id twice', net => copy(net, 'node_id')],
    ['a node that is another in the other list', net => Object.assign(net.gateways[0] ?? {}, { node_id: 1 })],
    ['a sphinx key on the twist', net => Object.assign(net.mixes[0] ?? {}, { x25519_sphinx_pubkey: twistKey })],
    ['a sphinx key of low order', net => Object.assign(net.mixes[0] ?? {}, { x25519_sphinx_pubkey: '1'.repeat(32) })],
    ['a key that is no base58', net => Object.assign(net.mixes[0] ?? {}, { x25519_sphinx_pubkey: '0'.repeat(43) })],
    ['a key too short', net => Object.assign(net.mixes[0] ?? {}, { ed25519_identity_pubkey: 'abc' })],
    ['a host name for an address', net => Object.assign(net.mixes[0] ?? {}, { ip_addresses: ['mix.test'] })],
    ['a port beyond 65535', net => Object.assign(net.mixes[0] ?? {}, { mix_port: 65_536 })],
    ['a performance that is a number', net => Object.assign(net.mixes[0] ?? {}, { performance: 1 })],
    ['a performance above one', net => Object.assign(net.mixes[0] ?? {}, { performance: '1.01' })],
    ['a performance below zero', net => Object.assign(net.mixes[0] ?? {}, { performance: '-0.5' })],
    ['a node in two layers', net => Object.assign(net.rewardedSet, { layer2: [1, 2] })],
    ['a node twice in a layer', net => Object.assign(net.rewardedSet, { layer1: [1, 1] })],
    [
      'a layer of absurd size',
      net => Object.assign(net.rewardedSet, { layer1: Array.from({ length: 1001 }, () => 1) }),
    ],
    ['a layer that is no list', net => Object.assign(net.rewardedSet, { layer1: { 0: 1 } })],
    ['no rotation', net => Object.assign(net.metadata, { rotation_id: null })],
    ['an epoch beyond 32 bits', net => Object.assign(net.metadata, { absolute_epoch_id: 2 ** 32 })],
    ['a status nobody knows', net => Object.assign(net.metadata, { status: { stale: [] } })],
  ];

  test.each(lies)('%s', async (_, tell) => {
    const net = network();
    tell(net);
    await expect(directory(net).topology()).rejects.toMatchObject({ code: 'ERR_MIX_DIRECTORY_MALFORMED' });
  });

  test.each([
    ['status', null],
    ['absolute_epoch_id', 1],
    ['rotation_id', 1],
  ])('mixes and gateways of different %s', async (field, value) => {
    const net = network();
    const answers = answersOf(net);
    const other = answersOf({ ...net, metadata: { ...net.metadata, [field]: value } });
    const source = fetching(url => (url.includes('mixnodes') ? other(url) : answers(url)));
    await expect(source.topology()).rejects.toMatchObject({ code: 'ERR_MIX_DIRECTORY_MALFORMED' });
  });

  test.each(['layer1', 'layer2', 'layer3'])('no %s', async layer => {
    const net = network();
    net.rewardedSet[layer] = [77];
    await expect(directory(net).topology()).rejects.toMatchObject({ code: 'ERR_MIX_DIRECTORY_UNUSABLE' });
  });

  test('no gateway', async () => {
    await expect(directory(network({ gateways: 0 })).topology()).rejects.toMatchObject({
      code: 'ERR_MIX_DIRECTORY_UNUSABLE',
    });
  });

  function copy(
    net: ReturnType<typeof network>,
    field: 'node_id' | 'ed25519_identity_pubkey' | 'x25519_sphinx_pubkey',
  ) {
    Object.assign(net.mixes[1] ?? {}, { [field]: net.mixes[0]?.[field] });
  }
});

describe('pages', () => {
  test('are joined until the announced total is there', async () => {
    const net = network({ gateways: 5 });
    const asked: number[] = [];
    const source = fetching(url => {
      if (!url.includes('entry-gateways')) return answersOf(net)(url);
      const page = Number(new URL(url).searchParams.get('page'));
      asked.push(page);
      return json(skimmed(net.metadata, net.gateways.slice(page * 2, page * 2 + 2), page, 5));
    });
    expect((await source.entryGateways()).map(({ nodeId }) => nodeId)).toEqual([4, 5, 6, 7, 8]);
    expect(asked).toEqual([0, 1, 2]);
  });

  test.each([
    ['an empty one before the total is reached', (page: number) => (page === 0 ? 1 : 0), 5],
    ['one item each, for ever', () => 1, 10_000],
    ['more nodes than any network has', () => 0, 10_001],
  ])('are refused: %s', async (_, size, total) => {
    const net = network();
    let asked = 0;
    const source = fetching(url => {
      asked += 1;
      const page = Number(new URL(url).searchParams.get('page'));
      const node = { ...net.gateways[0], node_id: page, ed25519_identity_pubkey: keyText(`page ${page}`) };
      return json(skimmed(net.metadata, size(page) === 1 ? [node] : [], page, total));
    });
    await expect(source.entryGateways()).rejects.toMatchObject({ code: 'ERR_MIX_DIRECTORY_MALFORMED' });
    expect(asked).toBeLessThanOrEqual(100);
  });

  test('are refused where a later one is of another epoch', async () => {
    const net = network({ gateways: 2 });
    const source = fetching(url => {
      const page = Number(new URL(url).searchParams.get('page'));
      return json(skimmed({ ...net.metadata, rotation_id: 124 + page }, net.gateways.slice(page, page + 1), page, 2));
    });
    await expect(source.entryGateways()).rejects.toMatchObject({ code: 'ERR_MIX_DIRECTORY_MALFORMED' });
  });
});

describe('lists that Nym’s clients ask for in bincode', () => {
  const net = network({ gateways: 3 });
  const entryGateways = skimmed(net.metadata, net.gateways);

  test('are asked for in the same words, and read in either form', async () => {
    const asked: string[] = [];
    for (const answer of [() => bincode(entryGateways), () => json(entryGateways)]) {
      const platform = new VirtualPlatform({
        async directoryFetch(url, { headers }) {
          asked.push(`${new URL(url).search} ${headers['Accept']}`);
          return answer();
        },
      });
      const gateways = await new Directory({ urls: ['https://api.test'], platform }).entryGateways();
      expect(gateways.map(({ nodeId }) => nodeId)).toEqual([4, 5, 6]);
    }
    expect(new Set(asked)).toEqual(new Set(['?page=0&output=bincode application/bincode, application/json;q=0.9']));
  });

  test('are asked for in JSON where the binary form is one that nobody can read', async () => {
    const asked: string[] = [];
    const source = fetching(url => {
      asked.push(new URL(url).search);
      return url.includes('bincode') ? new Response(noise, { headers: inBincode }) : json(entryGateways);
    });
    expect(await source.entryGateways()).toHaveLength(3);
    expect(asked).toEqual(['?page=0&output=bincode', '?page=0']);
  });

  test('are never read as bincode where nobody asked for it, and never guessed', async () => {
    const source = fetching(url => (url.includes('skimmed') ? bincode(entryGateways) : answersOf(net)(url)));
    await expect(source.topology()).rejects.toMatchObject({ code: 'ERR_MIX_DIRECTORY_MALFORMED' });
    const unlabelled = fetching(() => new Response(skimmedBincode(entryGateways as Json)));
    await expect(unlabelled.entryGateways()).rejects.toMatchObject({ code: 'ERR_MIX_DIRECTORY_MALFORMED' });
  });

  const inBincode = { 'content-type': 'application/bincode' };
  const noise = Uint8Array.from({ length: 99 }, (_, i) => i);

  function bincode(answer: unknown): Response {
    return new Response(skimmedBincode(answer as Json), { headers: inBincode });
  }
});

describe('several directories', () => {
  const urls = ['https://a.test/api', 'https://b.test/api', 'https://c.test/api'];

  test('stand in for each other, and the one that answers is asked first from then on', async () => {
    const asked: string[] = [];
    const answers = answersOf(network());
    const source = fetching(url => {
      asked.push(new URL(url).host);
      if (url.startsWith('https://a')) throw new TypeError('fetch failed');
      if (url.startsWith('https://b')) return new Response('busy', { status: 503 });
      return answers(url);
    }, urls);
    await source.keyRotation();
    await source.keyRotation();
    expect(asked).toEqual(['a.test', 'b.test', 'c.test', 'c.test']);
  });

  test('give a topology whose parts are all from one of them', async () => {
    const [stale, fresh] = [network(), network({ mixes: 6 })];
    const source = fetching(url => {
      if (url.startsWith('https://b')) return answersOf(fresh)(url);
      if (url.includes('entry-gateways')) return new Response(null, { status: 500 });
      return answersOf(stale)(url);
    }, urls);
    expect((await source.topology()).layers.flat()).toHaveLength(6);
  });

  test('fail with what is worth knowing most: a lie rather than a silence', async () => {
    const source = fetching(url => {
      if (url.startsWith('https://a')) return json({ nonsense: true });
      throw new TypeError('fetch failed');
    }, urls);
    await expect(source.keyRotation()).rejects.toMatchObject({ code: 'ERR_MIX_DIRECTORY_MALFORMED' });
  });

  test('are those of the live network by default', () => {
    expect(DEFAULT_DIRECTORY_URLS[0]).toBe('https://validator.nymtech.net/api');
    expect(() => new Directory({ urls: DEFAULT_DIRECTORY_URLS, platform: new VirtualPlatform() })).not.toThrow();
  });

  test.each([
    [],
    ['validator.nymtech.net/api'],
    ['ftp://a.test/'],
    ['https://a.test/?x'],
    ['https://me@a.test/'],
    [''],
  ])('need proper URLs: %j is refused', (...wrong) => {
    expect(() => new Directory({ urls: wrong, platform: new VirtualPlatform() })).toThrow(TypeError);
  });
});

describe('requests', () => {
  test('end after 30 s, also where the fetch does not heed its signal', async () => {
    const platform = new VirtualPlatform({ directoryFetch: () => new Promise(() => {}) });
    const asked = new Directory({ urls: ['https://a.test', 'https://b.test'], platform }).topology();
    const outcome = expect(asked).rejects.toMatchObject({ code: 'ERR_MIX_DIRECTORY_UNREACHABLE' });
    await platform.advance(60_000);
    await outcome;
    expect(platform.pendingTimers).toBe(0);
  });

  test('end after 30 s where a body never does', async () => {
    const platform = new VirtualPlatform({ directoryFetch: async () => new Response(new ReadableStream()) });
    const asked = new Directory({ urls: ['https://a.test'], platform }).keyRotation();
    const outcome = expect(asked).rejects.toMatchObject({ code: 'ERR_MIX_DIRECTORY_UNREACHABLE' });
    await platform.advance(30_000);
    await outcome;
  });

  test('end with the reason of a signal, and do not go on to the next URL', async () => {
    let asked = 0;
    const aborted: boolean[] = [];
    const platform = new VirtualPlatform({
      directoryFetch(_, { signal }) {
        asked += 1;
        signal.addEventListener('abort', () => aborted.push(true));
        return new Promise(() => {});
      },
    });
    const controller = new AbortController();
    const source = new Directory({ urls: ['https://a.test', 'https://b.test'], platform });
    const outcome = expect(source.topology({ signal: controller.signal })).rejects.toThrow('enough');
    controller.abort(new Error('enough'));
    await outcome;
    expect({ asked, aborted }).toEqual({ asked: 3, aborted: [true, true, true] });
    expect(platform.pendingTimers).toBe(0);
    await expect(source.topology({ signal: controller.signal })).rejects.toThrow('enough');
    expect(asked).toBe(3);
  });

  test('that fail take the others of their refresh with them', async () => {
    let aborted = 0;
    const platform = new VirtualPlatform({
      directoryFetch(url, { signal }) {
        if (url.includes('rewarded-set')) return Promise.resolve(new Response(null, { status: 404 }));
        signal.addEventListener('abort', () => {
          aborted += 1;
        });
        return new Promise(() => {});
      },
    });
    const asked = new Directory({ urls: ['https://a.test'], platform }).topology();
    await expect(asked).rejects.toMatchObject({ code: 'ERR_MIX_DIRECTORY_UNREACHABLE', message: /404/ });
    expect({ aborted, timers: platform.pendingTimers }).toEqual({ aborted: 2, timers: 0 });
  });

  test('stop reading an answer without end', async () => {
    let sent = 0;
    const chunk = new Uint8Array(1024 * 1024).fill(0x20);
    const body = () =>
      new ReadableStream({
        pull(controller) {
          sent += chunk.length;
          controller.enqueue(chunk);
        },
      });
    const source = fetching(() => new Response(body()));
    await expect(source.keyRotation()).rejects.toMatchObject({ code: 'ERR_MIX_DIRECTORY_MALFORMED' });
    expect(sent).toBeLessThan(20 * 1024 * 1024);
  });

  test.each([
    ['no JSON', () => new Response('<html>')],
    ['no UTF-8', () => new Response(Uint8Array.of(0x22, 0xff, 0x22))],
    ['nothing', () => new Response(null)],
    ['a redirect', () => new Response(null, { status: 302, headers: { location: 'https://elsewhere.test' } })],
  ])('fail on %s', async (_, answer) => {
    await expect(fetching(answer).keyRotation()).rejects.toBeInstanceOf(MixnetError);
  });
});

describe('key rotation', () => {
  test('is read from the directory', async () => {
    expect(await fetching(() => json(rotationInfo())).keyRotation()).toEqual({
      validityEpochs: 24,
      initialEpoch: 0,
      referenceEpoch: 2980,
      referenceStart: Date.UTC(2026, 4, 1, 12),
      epochDuration: 3_600_000,
    });
  });

  test.each([
    ['no progress', { progress: undefined }],
    ['rotations without epochs', { key_rotation_state: { validity_epochs: 0, initial_epoch_id: 0 } }],
    ['epochs without duration', { epoch_duration: { secs: 0, nanos: 0 } }],
    ['a start that is not RFC 3339', { current_epoch_start: '2026-05-01 12:00:00.0 +00:00:00' }],
    ['a 31st of June', { current_epoch_start: '2026-06-31T12:00:00Z' }],
  ])('is refused with %s', async (_, wrong) => {
    const source = fetching(() => json({ ...rotationInfo(), ...wrong }));
    await expect(source.keyRotation()).rejects.toMatchObject({ code: 'ERR_MIX_DIRECTORY_MALFORMED' });
  });
});

describe('exits', () => {
  const net = network({ gateways: 3 });
  Object.assign(net.gateways[1] ?? {}, { performance: '0.73' });

  test('are the described nodes with a requester, with their performance', async () => {
    const source = fetching(answersOf(net, [described(4), described(5), described(6, null), described(99)]));
    expect(await source.exits()).toEqual(
      [
        { nodeId: 4, performance: 100 },
        { nodeId: 5, performance: 73 },
        { nodeId: 99, performance: 0 },
      ].map(exit => ({
        ...exit,
        recipientText: recipient(),
        usesExitPolicy: true,
        declaredRoleExitNr: true,
        lastPolled: Date.UTC(2026, 4, 1),
      })),
    );
  });

  test('are found in version 1 of the list where there is no version 2', async () => {
    const asked: string[] = [];
    const source = fetching(url => {
      asked.push(new URL(url).pathname);
      if (url.includes('/v2/nym-nodes/described')) return new Response('', { status: 404 });
      return answersOf(net, [described(4)])(url);
    });
    expect(await source.exits()).toHaveLength(1);
    expect(asked.sort()).toEqual(['/v1/nym-nodes/described', skimmedPath, '/v2/nym-nodes/described'].sort());
  });

  test('that cannot be read are passed over, the others not', async () => {
    const wrong = [null, {}, 7, described(5, { address: 'nobody' }), described(6, { address: 5 }), { node_id: 'x' }];
    expect(await fetching(answersOf(net, [...wrong, described(4)])).exits()).toHaveLength(1);
  });
});

describe('any answer whatever', () => {
  test('gives a result or one of our errors', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.jsonValue(), async (first, second) => {
        let asked = 0;
        await onlyOurErrors(fetching(() => json(asked++ % 2 === 0 ? first : second)));
      }),
      { numRuns: 200 },
    );
  });

  test('that is nearly right gives a result or one of our errors', async () => {
    const right = JSON.stringify(network());
    await fc.assert(
      fc.asyncProperty(fc.nat(right.length), fc.string({ maxLength: 4 }), fc.nat(3), async (at, insert, cut) => {
        const bent = right.slice(0, at) + insert + right.slice(at + cut);
        let net: ReturnType<typeof network>;
        try {
          net = JSON.parse(bent);
        } catch {
          return;
        }
        if (!Array.isArray(net?.mixes) || !Array.isArray(net?.gateways)) return;
        await onlyOurErrors(directory(net));
      }),
      { numRuns: 500 },
    );
  });

  async function onlyOurErrors(source: Directory) {
    for (const ask of ['topology', 'entryGateways', 'keyRotation', 'exits'] as const) {
      try {
        const result = await source[ask]();
        if ('route' in result) for (const { identity } of result.gateways) result.route(identity, seededRandom('r'));
      } catch (error) {
        expect(error).toBeInstanceOf(MixnetError);
      }
    }
  }
});

function directory(net: ReturnType<typeof network>): Directory {
  return fetching(answersOf(net));
}

function fetching(answer: (url: string) => Response, urls: readonly string[] = ['https://api.test']): Directory {
  return new Directory({ urls, platform: new VirtualPlatform({ directoryFetch: async url => answer(url) }) });
}

function answersOf(net: ReturnType<typeof network>, descriptions: unknown[] = []) {
  return (url: string): Response => {
    const path = new URL(url).pathname.replace(/^\/api/, '');
    switch (path) {
      case '/v1/nym-nodes/rewarded-set':
        return json(net.rewardedSet);
      case '/v1/epoch/key-rotation-info':
        return json(rotationInfo());
      case `${skimmedPath}/mixnodes/active`:
        return json(skimmed(net.metadata, net.mixes));
      case `${skimmedPath}/entry-gateways`:
        return json(skimmed(net.metadata, net.gateways));
      case skimmedPath:
        return json(skimmed({ ...net.metadata, status: null }, [...net.mixes, ...net.gateways]));
      case '/v1/nym-nodes/described':
      case '/v2/nym-nodes/described':
        return json({ pagination: { total: descriptions.length, page: 0, size: 1 }, data: descriptions });
      default:
        return new Response(null, { status: 404 });
    }
  };
}

function json(value: unknown): Response {
  return new Response(JSON.stringify(value), { headers: { 'content-type': 'application/json' } });
}

import { base58 } from '@scure/base';
import { describe, expect, test } from 'vitest';
import type { IdentityKey } from '../../src/message/index.ts';
import type { Platform } from '../../src/platform/platform.ts';
import { collect, Loopback, outcome, quiet } from './loopback.ts';

const text = (message: { data: Uint8Array } | undefined) => new TextDecoder().decode(message?.data);
/** The secret that it agrees on is zero, whoever asks. */
const lowOrderKey = new Uint8Array(32);
const bytes = (content: string) => new TextEncoder().encode(content);

/** The platform of a client whose directory gives it gateways at once, and a topology when it is told to. */
function slowDirectory(net: Loopback): { readonly platform: Platform; readonly answer: () => void } {
  const platform = net.devnet.clientPlatform();
  let answer = () => {};
  const told = new Promise<void>(resolve => {
    answer = resolve;
  });
  const directoryFetch: Platform['directoryFetch'] = async (url, init) => {
    if (url.endsWith('rewarded-set')) await told;
    return platform.directoryFetch(url, init);
  };
  return { platform: { ...platform, directoryFetch }, answer };
}

describe('connecting', () => {
  test('asks the directory for five things at once, and starts both streams', async () => {
    const net = await Loopback.start();
    const start = net.platform.now();
    const core = await net.connect();
    expect(core.state).toBe('connected');
    expect(net.platform.now()).toBe(start);
    expect(net.directoryRequests).toBe(5);
    await net.platform.advance(2000);
    const { coverSent, realSent, coverReceived, coverAcksReceived } = core.stats();
    expect(realSent).toBe(0);
    expect(coverSent).toBeGreaterThan(80);
    expect(coverSent).toBeLessThan(140);
    expect(coverSent).toBe(net.packetsSent);
    expect(coverReceived).toBeGreaterThan(70);
    expect(coverAcksReceived).toBeGreaterThan(70);
    await core.close();
    expect(core.state).toBe('closed');
    await net.leftNothing();
  });

  test.each([
    ['the directory is down', 'ERR_MIX_DIRECTORY_UNREACHABLE', ({ devnet }: Loopback) => devnet.directory.kill()],
    ['the gateway is down', 'ERR_MIX_GATEWAY_UNREACHABLE', ({ devnet }: Loopback) => devnet.gateways[0]?.kill()],
    ['the gateway never answers', 'ERR_MIX_GATEWAY_UNREACHABLE', ({ devnet }: Loopback) => devnet.gateways[0]?.stall()],
  ])('fails, and leaves nothing, where %s', async (_, code, fault) => {
    const net = await Loopback.start();
    await fault(net);
    const result = outcome(net.connecting());
    await net.platform.advance(61_000);
    expect(await result).toMatchObject({ code });
    await net.leftNothing();
  });

  test('tries another gateway where one is dead, silent, or wants to be paid', async () => {
    const net = await Loopback.start({ gateways: 3 });
    await net.devnet.gateways[0]?.kill();
    net.devnet.gateways[1]?.stall();
    for (let client = 0; client < 4; client++) {
      const core = await net.connect({ traffic: quiet });
      expect(base58.encode(core.address.gateway)).toBe(net.devnet.gateways[2]?.identity);
      await core.close();
    }
    await net.leftNothing();

    const greedy = await Loopback.start({ gateways: 3, requireTickets: true });
    const result = outcome(greedy.connecting());
    await greedy.platform.advance(61_000);
    expect(await result).toMatchObject({ code: 'ERR_MIX_GATEWAY_TICKETS' });
    await greedy.leftNothing();
  });

  test('passes over a gateway whose Sphinx key nobody can use', async () => {
    const net = await Loopback.start({ gateways: 2 });
    const platform = net.devnet.clientPlatform();
    const [crooked, honest] = net.devnet.gateways;
    const directoryFetch: typeof platform.directoryFetch = async (url, init) => {
      const response = await platform.directoryFetch(url.replace('&output=bincode', ''), init);
      if (!url.includes('entry-gateways')) return response;
      const answer = await response.json();
      for (const node of answer.nodes.data) {
        if (node.ed25519_identity_pubkey === crooked?.identity) node.x25519_sphinx_pubkey = base58.encode(lowOrderKey);
      }
      return Response.json(answer);
    };
    for (let client = 0; client < 4; client++) {
      const core = await net.connect({ platform: { ...platform, directoryFetch }, traffic: quiet });
      expect(base58.encode(core.address.gateway)).toBe(honest?.identity);
      await core.close();
    }
    const named = net.connect({ platform: { ...platform, directoryFetch }, gateway: crooked?.identity ?? '' });
    expect(await outcome(named)).toMatchObject({ code: 'ERR_MIX_GATEWAY_UNKNOWN' });
    await net.leftNothing();
  });

  test('keeps nothing of what a gateway pushes before anybody can have sent it', async () => {
    const net = await Loopback.start();
    const bob = await net.connect({ traffic: quiet });
    const { platform, answer } = slowDirectory(net);
    const connecting = net.connecting({ platform, traffic: quiet });
    await net.platform.advance(1000);
    const identity = base58.decode(
      net.frames.findLast(({ client }) => client !== undefined)?.client ?? '',
    ) as IdentityKey;
    expect(base58.encode(identity)).not.toBe(base58.encode(bob.address.identity));
    await net.platform.until(bob.send({ ...bob.address, identity }, bytes('a stranger’s noise')));
    answer();
    const alice = await net.platform.until(connecting);
    await net.platform.advance(1000);
    expect(alice.stats().packetsDropped).toBe(0);
    await net.platform.until(bob.send({ ...bob.address, identity }, bytes('more of it')));
    await net.platform.advance(1000);
    expect(alice.stats().packetsDropped).toBe(1);
    for (const core of [alice, bob]) await core.close();
    await net.leftNothing();
  });

  test('has a deadline, and a signal', async () => {
    const net = await Loopback.start();
    net.devnet.gateways[0]?.stall();
    const impatient = outcome(net.connecting({ setupTimeoutMs: 500 }));
    const controller = new AbortController();
    const aborted = outcome(net.connecting({ signal: controller.signal }));
    await net.platform.advance(500);
    controller.abort('enough');
    expect(await impatient).toMatchObject({ code: 'ERR_MIX_TIMEOUT_SETUP' });
    expect(await aborted).toBe('enough');
    await net.leftNothing();
    expect(await outcome(net.connecting({ signal: AbortSignal.abort('no') }))).toBe('no');
  });

  test('with a named gateway takes that one or none', async () => {
    const net = await Loopback.start({ gateways: 2 });
    const [first, second] = net.devnet.gateways;
    if (first === undefined || second === undefined) throw new Error('no gateways');
    const unknown = outcome(net.connect({ gateway: base58.encode(new Uint8Array(32).fill(9)) }));
    expect(await unknown).toMatchObject({ code: 'ERR_MIX_GATEWAY_UNKNOWN' });
    const core = await net.connect({ gateway: first.identity });
    expect(base58.encode(core.address.gateway)).toBe(first.identity);
    await second.kill();
    expect(await outcome(net.connect({ gateway: second.identity }))).toMatchObject({
      code: 'ERR_MIX_GATEWAY_UNREACHABLE',
    });
  });

  test('refuses options that cannot be', async () => {
    const net = await Loopback.start();
    expect(await outcome(net.connecting({ gateway: 'nonsense' }))).toBeInstanceOf(TypeError);
    expect(await outcome(net.connecting({ api: ['ftp://x'] }))).toBeInstanceOf(TypeError);
    expect(await outcome(net.connecting({ traffic: { averageAckDelayMs: -1 } }))).toBeInstanceOf(TypeError);
    await net.leftNothing();
  });
});

describe('messages', () => {
  test('go from one client to another', async () => {
    const net = await Loopback.start();
    const [alice, bob] = [await net.connect({ traffic: quiet }), await net.connect({ traffic: quiet })];
    const inbox = collect(bob);
    const sent = outcome(alice.send(bob.address, bytes('hello')));
    await net.platform.advance(1000);
    expect(await sent).toBe('done');
    expect(inbox.map(text)).toEqual(['hello']);
    expect(inbox[0]?.kind).toBe('plain');
  });

  test('sent anonymously are answered by their tag, and the answer is known by its pseudonym', async () => {
    const net = await Loopback.start();
    const [alice, bob] = [await net.connect({ traffic: quiet }), await net.connect({ traffic: quiet })];
    const [toAlice, toBob] = [collect(alice), collect(bob)];
    const pseudonym = alice.pseudonym(bob.address, 'work');
    expect(alice.pseudonym(bob.address, 'work')).toBe(pseudonym);
    expect(alice.pseudonym(bob.address, 'play').tag).not.toEqual(pseudonym.tag);
    const sent = outcome(alice.sendAnonymous(pseudonym, bytes('question'), { replySurbs: 13 }));
    expect(alice.surbsHeldBy(pseudonym)).toBe(13);
    await net.platform.advance(1000);
    expect(await sent).toBe('done');
    const question = toBob[0];
    if (question?.kind !== 'repliable') throw new Error('no question came');
    expect(text(question)).toBe('question');
    const answered = outcome(bob.reply(question.senderTag, bytes('answer')));
    await net.platform.advance(1000);
    expect(await answered).toBe('done');
    expect(toAlice.map(text)).toEqual(['answer']);
    expect(toAlice[0]).toMatchObject({ kind: 'reply', pseudonym });
    expect(alice.surbsHeldBy(pseudonym)).toBe(12);
  });

  test('that need more reply blocks than came with the question ask for them, and get them', async () => {
    const net = await Loopback.start();
    const strict = { traffic: quiet, replies: { strictReserve: true } };
    const [alice, bob] = [await net.connect({ traffic: quiet }), await net.connect(strict)];
    const [toAlice, toBob] = [collect(alice), collect(bob)];
    const pseudonym = alice.pseudonym(bob.address, '');
    void alice.sendAnonymous(pseudonym, bytes('question'), { replySurbs: 10 });
    await net.platform.advance(500);
    const question = toBob[0];
    if (question?.kind !== 'repliable') throw new Error('no question came');
    const answer = new Uint8Array(60_000).fill(7);
    const answered = outcome(bob.reply(question.senderTag, answer));
    await net.platform.advance(20_000);
    expect(await answered).toBe('done');
    expect(toAlice).toHaveLength(1);
    expect(toAlice[0]?.data).toEqual(answer);
  });
});

test('an answer that is given up leaves its reply blocks to one that can still go out', async () => {
  const net = await Loopback.start();
  const pace = { messageSendingAverageDelayMs: 1000, disableLoopCoverTrafficStream: true };
  const [alice, bob] = [await net.connect({ traffic: quiet }), await net.connect({ traffic: pace })];
  const toBob = collect(bob);
  await net.platform.until(
    alice.sendAnonymous(alice.pseudonym(bob.address, ''), bytes('question'), { replySurbs: 12 }),
  );
  await net.platform.advance(200);
  const question = toBob[0];
  if (question?.kind !== 'repliable') throw new Error('no question came');
  // Nobody gives more: her gateway takes what comes for her.
  await alice.close();
  const controller = new AbortController();
  const options = { lane: 'long', signal: controller.signal };
  const long = outcome(bob.reply(question.senderTag, new Uint8Array(15_000), options));
  const short = outcome(bob.reply(question.senderTag, bytes('answer')));
  expect([bob.laneLength('long'), bob.laneLength('general')]).toEqual([10, 1]);
  controller.abort(new Error('enough'));
  expect(await long).toMatchObject({ message: 'enough' });
  await net.platform.advance(90_000);
  expect(await short).toBe('done');
  await bob.close();
  await net.leftNothing();
});

describe('nothing waits for ever', () => {
  test('a message that the network swallows is rejected', async () => {
    const net = await Loopback.start();
    const core = await net.connect({ traffic: { ...quiet, maximumNumberOfRetransmissions: 2 } });
    net.devnet.faults.loss = 1;
    const result = outcome(core.send(core.address, new Uint8Array(5000)));
    expect(core.unacknowledged('general')).toEqual({ messages: 1, bytes: 5000 });
    await net.platform.advance(7000);
    expect(await result).toMatchObject({ code: 'ERR_MIX_MIXNET_UNDELIVERED' });
    expect(core.stats()).toMatchObject({ realSent: 12, retransmissions: 8, messagesSent: 1, messagesFailed: 1 });
    expect(core.unacknowledged('general')).toEqual({ messages: 0, bytes: 0 });
    await core.close();
    await net.leftNothing();
  });

  test('a reply to nobody is rejected at once, and one to somebody who is silent after a minute', async () => {
    const net = await Loopback.start();
    const strict = { traffic: quiet, replies: { strictReserve: true } };
    const [alice, bob] = [await net.connect({ traffic: quiet }), await net.connect(strict)];
    const inbox = collect(bob);
    expect(await outcome(bob.reply(new Uint8Array(16), bytes('who?')))).toMatchObject({
      code: 'ERR_MIX_MIXNET_UNKNOWN_SENDER',
    });
    expect(await outcome(bob.reply(new Uint8Array(15), bytes('who?')))).toBeInstanceOf(TypeError);
    expect(await outcome(bob.reply(new Uint8Array(16), new Uint8Array(0)))).toBeInstanceOf(RangeError);
    void alice.sendAnonymous(alice.pseudonym(bob.address, ''), bytes('hello'), { replySurbs: 0 });
    await net.platform.advance(500);
    await alice.close();
    const hello = inbox[0];
    if (hello?.kind !== 'repliable') throw new Error('nothing came');
    const answered = outcome(bob.reply(hello.senderTag, bytes('hello yourself'), { lane: 'connection:1' }));
    expect(bob.laneLength('connection:1')).toBe(1);
    await net.platform.advance(90_000);
    expect(await answered).toMatchObject({ code: 'ERR_MIX_MIXNET_NO_SURBS' });
    expect(bob.laneLength('connection:1')).toBe(0);
    await bob.close();
    await net.leftNothing();
  });

  test('while the gateway is away for a minute messages wait; what waits for five is rejected', async () => {
    const net = await Loopback.start();
    const [alice, bob] = [await net.connect({ traffic: quiet }), await net.connect({ traffic: quiet })];
    const inbox = collect(bob);
    const states: string[] = [];
    alice.onState(() => states.push(alice.state));
    await net.devnet.gateways[0]?.kill();
    await net.platform.advance(10);
    const patient = outcome(alice.send(bob.address, bytes('hello')));
    await net.platform.advance(60_000);
    expect(alice.state).toBe('reconnecting');
    await net.devnet.gateways[0]?.revive();
    await net.platform.advance(60_000);
    expect(await patient).toBe('done');
    expect(inbox.map(text)).toEqual(['hello']);
    expect(states).toEqual(['reconnecting', 'connected']);

    await net.devnet.gateways[0]?.kill();
    await net.platform.advance(10);
    const hopeless = outcome(alice.send(bob.address, bytes('hello?')));
    await net.platform.advance(301_000);
    expect(await hopeless).toMatchObject({ code: 'ERR_MIX_GATEWAY_CLOSED' });
  });

  test('a gateway that goes while the client still waits for the directory, and stays away, holds up nobody for ever', async () => {
    const net = await Loopback.start();
    const { platform, answer } = slowDirectory(net);
    const connecting = net.connecting({ platform });
    await net.platform.advance(1000);
    await net.devnet.gateways[0]?.kill();
    await net.platform.advance(10);
    answer();
    const core = await net.platform.until(connecting);
    expect(core.state).toBe('reconnecting');
    const hopeless = outcome(core.send(core.address, bytes('hello?')));
    await net.platform.advance(301_000);
    expect(await Promise.race([hopeless, 'waits'])).toMatchObject({ code: 'ERR_MIX_GATEWAY_CLOSED' });
    await core.close();
    await net.leftNothing();
  });

  test('an aborted message, and those of a dropped lane, are rejected with the reason', async () => {
    const net = await Loopback.start();
    const core = await net.connect({ traffic: { ...quiet, messageSendingAverageDelayMs: 20 } });
    net.devnet.faults.loss = 1;
    const controller = new AbortController();
    const pseudonym = core.pseudonym(core.address, '');
    const aborted = [
      core.send(core.address, new Uint8Array(50_000), { signal: controller.signal }),
      core.sendAnonymous(pseudonym, new Uint8Array(10), { replySurbs: 100, signal: controller.signal }),
    ].map(outcome);
    const dropped = outcome(core.send(core.address, new Uint8Array(9), { lane: 'connection:1' }));
    expect(core.surbsHeldBy(pseudonym)).toBe(100);
    controller.abort('enough');
    core.dropLane('connection:1');
    expect(await Promise.all(aborted)).toEqual(['enough', 'enough']);
    expect(await dropped).toMatchObject({ name: 'AbortError' });
    expect(core.surbsHeldBy(pseudonym)).toBe(0);
    await net.platform.advance(5000);
    const { realSent } = core.stats();
    await net.platform.advance(60_000);
    expect(core.stats().realSent).toBe(realSent);
    await core.close();
    await net.leftNothing();
  });
});

describe('closing', () => {
  test('settles everything and leaves nothing', async () => {
    const net = await Loopback.start();
    const core = await net.connect();
    const pseudonym = core.pseudonym(core.address, '');
    const results = [
      core.send(core.address, new Uint8Array(500_000)),
      core.sendAnonymous(pseudonym, new Uint8Array(10), { replySurbs: 200 }),
    ].map(outcome);
    core.supplySurbs(pseudonym, 300);
    await net.platform.advance(100);
    await core.close();
    for (const result of await Promise.all(results)) expect(result).toMatchObject({ code: 'ERR_MIX_MIXNET_CLOSED' });
    expect(await outcome(core.send(core.address, new Uint8Array(1)))).toMatchObject({ code: 'ERR_MIX_MIXNET_CLOSED' });
    core.supplySurbs(pseudonym, 3);
    await core.close();
    await net.leftNothing();
  });

  test('with time to drain sends what was accepted, at the usual rate, and nothing more', async () => {
    const net = await Loopback.start();
    const [alice, bob] = [
      await net.connect({ traffic: { disableLoopCoverTrafficStream: true } }),
      await net.connect({ traffic: quiet }),
    ];
    const inbox = collect(bob);
    const sent = outcome(alice.send(bob.address, new Uint8Array(60_000)));
    const closed = alice.close({ drain: 10_000 });
    expect(await outcome(alice.send(bob.address, bytes('late')))).toMatchObject({ code: 'ERR_MIX_MIXNET_CLOSED' });
    await net.platform.advance(500);
    expect(alice.state).toBe('connected');
    expect(alice.stats().realSent).toBeLessThan(38);
    await net.platform.advance(2500);
    await closed;
    expect(await sent).toBe('done');
    expect(inbox).toHaveLength(1);
    expect(alice.state).toBe('closed');
  });

  test('does not wait longer than it was told', async () => {
    const net = await Loopback.start();
    const core = await net.connect({ traffic: quiet });
    net.devnet.faults.loss = 1;
    const sent = outcome(core.send(core.address, bytes('hello')));
    const closed = core.close({ drain: 3000 });
    await net.platform.advance(3000);
    await closed;
    expect(await sent).toMatchObject({ code: 'ERR_MIX_MIXNET_CLOSED' });
    await net.leftNothing();
  });
});

describe('a drain', () => {
  test('is cut short by another call, and never made longer', async () => {
    const net = await Loopback.start();
    net.devnet.faults.loss = 1;
    const core = await net.connect({ traffic: quiet });
    const sent = outcome(core.send(core.address, bytes('hello')));
    const first = core.close({ drain: 60_000 });
    const second = core.close({ drain: 2000 });
    const third = core.close({ drain: 60_000 });
    await net.platform.advance(1999);
    expect(core.state).toBe('connected');
    await net.platform.advance(1);
    await Promise.all([first, second, third]);
    expect(await sent).toMatchObject({ code: 'ERR_MIX_MIXNET_CLOSED' });
    await net.leftNothing();
  });

  test('is over at once when nothing more is wanted of it', async () => {
    const net = await Loopback.start();
    net.devnet.faults.loss = 1;
    const core = await net.connect({ traffic: quiet });
    const sent = outcome(core.send(core.address, bytes('hello')));
    const first = core.close({ drain: 60_000 });
    const now = net.platform.now();
    await core.close();
    await first;
    expect(net.platform.now()).toBe(now);
    expect(core.state).toBe('closed');
    expect(await sent).toMatchObject({ code: 'ERR_MIX_MIXNET_CLOSED' });
    await net.leftNothing();
  });
});

describe('pseudonyms', () => {
  test('that are released get no answers any more, and are made anew', async () => {
    const net = await Loopback.start();
    const [alice, bob] = [await net.connect({ traffic: quiet }), await net.connect({ traffic: quiet })];
    const [toAlice, toBob] = [collect(alice), collect(bob)];
    const pseudonym = alice.pseudonym(bob.address, '');
    void alice.sendAnonymous(pseudonym, bytes('question'), { replySurbs: 13 });
    await net.platform.advance(500);
    alice.releasePseudonym(pseudonym);
    expect(alice.surbsHeldBy(pseudonym)).toBe(0);
    expect(alice.pseudonym(bob.address, '').tag).not.toEqual(pseudonym.tag);
    const question = toBob[0];
    if (question?.kind !== 'repliable') throw new Error('no question came');
    void bob.reply(question.senderTag, bytes('answer'));
    await net.platform.advance(1000);
    expect(toAlice).toEqual([]);
    expect(alice.stats().packetsDropped).toBeGreaterThan(0);
    const late = outcome(alice.sendAnonymous(pseudonym, bytes('again'), { replySurbs: 1 }));
    expect(await late).toBeInstanceOf(TypeError);
  });

  test('can be supplied with reply blocks ahead of need', async () => {
    const net = await Loopback.start();
    const [alice, bob] = [await net.connect({ traffic: quiet }), await net.connect({ traffic: quiet })];
    const [toAlice, toBob] = [collect(alice), collect(bob)];
    const pseudonym = alice.pseudonym(bob.address, '');
    void alice.sendAnonymous(pseudonym, bytes('question'), { replySurbs: 0 });
    alice.supplySurbs(pseudonym, 130);
    expect(alice.surbsHeldBy(pseudonym)).toBe(130);
    await net.platform.advance(1000);
    const question = toBob[0];
    if (question?.kind !== 'repliable') throw new Error('no question came');
    const answered = outcome(bob.reply(question.senderTag, new Uint8Array(160_000)));
    await net.platform.advance(1000);
    expect(await answered).toBe('done');
    expect(toAlice[0]?.data).toHaveLength(160_000);
    expect(alice.stats().surbsCreated).toBe(130);
    expect(bob.stats().surbsUsed).toBe(100);
  });
});

test('who asks for reply blocks that are on their way already is not given them twice', async () => {
  const net = await Loopback.start();
  const [alice, bob] = [
    await net.connect({ traffic: { disableLoopCoverTrafficStream: true } }),
    await net.connect({ traffic: quiet }),
  ];
  const [toAlice, toBob] = [collect(alice), collect(bob)];
  const pseudonym = alice.pseudonym(bob.address, '');
  void alice.sendAnonymous(pseudonym, bytes('question'), { replySurbs: 15 });
  await net.platform.advance(1000);
  const question = toBob[0];
  if (question?.kind !== 'repliable') throw new Error('no question came');
  // A hundred packets, for which ten messages take most of a second.
  for (let i = 0; i < 10; i++) alice.supplySurbs(pseudonym, 10);
  const answered = outcome(bob.reply(question.senderTag, new Uint8Array(140_000)));
  await net.platform.advance(5000);
  expect(await answered).toBe('done');
  expect(toAlice[0]?.data).toHaveLength(140_000);
  expect(alice.stats().surbRequestsReceived).toBeGreaterThan(1);
  expect(alice.stats().surbsCreated).toBeLessThan(200);
  // What is not on its way is given.
  const more = outcome(bob.reply(question.senderTag, new Uint8Array(140_000)));
  await net.platform.advance(5000);
  expect(await more).toBe('done');
});

test('a listener that throws harms neither the others nor the client', async () => {
  const net = await Loopback.start();
  const core = await net.connect({ traffic: quiet });
  const reported: unknown[] = [];
  const report = (error: unknown) => reported.push(error);
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException').on('uncaughtException', report);
  try {
    core.subscribe(() => {
      throw new Error('a bug of the application');
    });
    const inbox = collect(core);
    void core.send(core.address, bytes('one'));
    await net.platform.advance(500);
    expect(inbox.map(text)).toEqual(['one']);
    expect(reported).toEqual([new Error('a bug of the application')]);
  } finally {
    process.removeAllListeners('uncaughtException');
    for (const listener of others) process.on('uncaughtException', listener);
  }
});

describe('a bad network', () => {
  test('that loses a tenth of all packets, reorders and repeats, delivers everything, once', async () => {
    const net = await Loopback.start({ faults: { loss: 0.1, reordering: 0.2, duplicates: 0.1 } });
    const [alice, bob] = [await net.connect({ traffic: quiet }), await net.connect({ traffic: quiet })];
    const [toAlice, toBob] = [collect(alice), collect(bob)];
    bob.subscribe(message => {
      if (message.kind === 'repliable') void bob.reply(message.senderTag, bytes(`${text(message)}!`.repeat(300)));
    });
    const pseudonym = alice.pseudonym(bob.address, '');
    const sent = Array.from({ length: 20 }, (_, i) =>
      outcome(alice.sendAnonymous(pseudonym, bytes(`question ${i}`), { replySurbs: 13 })),
    );
    await net.platform.advance(30_000);
    expect(await Promise.all(sent)).toEqual(sent.map(() => 'done'));
    expect(toBob.map(text).sort()).toEqual(Array.from({ length: 20 }, (_, i) => `question ${i}`).sort());
    expect(toAlice.map(text).sort()).toEqual(Array.from({ length: 20 }, (_, i) => `question ${i}!`.repeat(300)).sort());
    expect(alice.stats().retransmissions).toBeGreaterThan(10);
    await Promise.all([alice.close(), bob.close()]);
    await net.leftNothing();
  });

  test('whose gateway restarts costs time, and no message', async () => {
    const net = await Loopback.start();
    const [alice, bob] = [await net.connect({ traffic: quiet }), await net.connect({ traffic: quiet })];
    const inbox = collect(bob);
    const states: string[] = [];
    alice.onState(() => states.push(alice.state));
    const sent: Promise<unknown>[] = [];
    for (let i = 0; i < 10; i++) {
      sent.push(outcome(alice.send(bob.address, bytes(`message ${i}`))));
      if (i % 4 === 1) net.devnet.gateways[0]?.disconnectClients();
      await net.platform.advance(1000);
    }
    await net.platform.advance(60_000);
    expect(await Promise.all(sent)).toEqual(sent.map(() => 'done'));
    expect(inbox.map(text).sort()).toEqual(sent.map((_, i) => `message ${i}`).sort());
    expect(states).toContain('reconnecting');
    expect(alice.state).toBe('connected');
  });

  test('whose keys change every few seconds goes on without a break', async () => {
    const net = await Loopback.start({ epochMs: 8000, rotationEpochs: 2 });
    const [alice, bob] = [await net.connect({ traffic: quiet }), await net.connect({ traffic: quiet })];
    const [toAlice, toBob] = [collect(alice), collect(bob)];
    bob.subscribe(message => {
      if (message.kind === 'repliable') void bob.reply(message.senderTag, message.data);
    });
    const pseudonym = alice.pseudonym(bob.address, '');
    const rotations = new Set<number>();
    const sent: Promise<unknown>[] = [];
    for (let i = 0; i < 40; i++) {
      rotations.add(alice.topology.rotationId);
      const replySurbs = i % 3 === 0 ? 6 : 0;
      sent.push(outcome(alice.sendAnonymous(pseudonym, bytes(`message ${i}`), { replySurbs })));
      await net.platform.advance(1500);
    }
    await net.platform.advance(15_000);
    expect(rotations.size).toBeGreaterThanOrEqual(4);
    expect(await Promise.all(sent)).toEqual(sent.map(() => 'done'));
    expect(toBob).toHaveLength(40);
    expect(toAlice).toHaveLength(40);
  });
});

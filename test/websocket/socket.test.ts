/** What a program gets of a `MixWebSocket`, with a server of the package `ws` as the other side. */

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { MixnetError } from '../../src/errors.ts';
import { createMixWebSocket, MixWebSocket } from '../../src/websocket/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { bed, echo, expectQuiet, failureOf, happens, logOf, startPeer } from './bed.ts';

describe('a socket', () => {
  test('opens, sends and gets text and bytes, and closes', async () => {
    const it = bed();
    const { url } = await startPeer();
    const socket = new it.WebSocket(`${url}/path?query`);
    const log = logOf(socket);
    expect([socket.readyState, socket.url, socket.protocol, socket.extensions, socket.binaryType]).toEqual([
      0,
      `${url}/path?query`,
      '',
      '',
      'blob',
    ]);
    await happens(socket, 'open');
    socket.binaryType = 'arraybuffer';
    const sent: (string | Blob | ArrayBuffer | Uint8Array | DataView)[] = [
      'text ✓',
      '',
      new Uint8Array([1, 2, 3]),
      new Uint8Array([1, 2, 3]).buffer,
      new DataView(new ArrayBuffer(5), 1, 2),
      new Blob(['a blob']),
      new ArrayBuffer(0),
    ];
    for (const data of sent) socket.send(data as string);
    await expect.poll(() => log.length).toBe(8);
    socket.close(4001, 'enough');
    expect(socket.readyState).toBe(2);
    await happens(socket, 'close');
    expect(log).toEqual([
      'open 1 ""',
      'message "text ✓"',
      'message ""',
      'message buffer of 3',
      'message buffer of 3',
      'message buffer of 2',
      'message buffer of 6',
      'message buffer of 0',
      'close 3 4001 "enough" clean',
    ]);
    expect(socket.bufferedAmount).toBe(0);
    await expectQuiet(it);
  });

  test('gives bytes as a Blob unless told otherwise, and says where a message comes from', async () => {
    const it = bed();
    const { url } = await startPeer();
    const socket = new it.WebSocket(url);
    await happens(socket, 'open');
    socket.send(new Uint8Array([7, 8]));
    const event = await happens(socket, 'message');
    expect(new Uint8Array(await (event.data as Blob).arrayBuffer())).toEqual(new Uint8Array([7, 8]));
    expect(event.origin).toBe(url);
    socket.binaryType = 'nodebuffer' as BinaryType;
    expect(socket.binaryType).toBe('blob');
  });

  test('gives each message in a task of its own, also those that come at once, and with the handshake', async () => {
    const it = bed();
    const { url } = await startPeer({}, socket => {
      for (const text of ['one', 'two', 'three']) socket.send(text);
      socket.close(1000, 'that was it');
    });
    const socket = new it.WebSocket(url);
    await happens(socket, 'open');
    const texts: string[] = [];
    for (let i = 0; i < 3; i++) texts.push((await happens(socket, 'message')).data);
    expect(texts).toEqual(['one', 'two', 'three']);
    expect(await happens(socket, 'close')).toMatchObject({ code: 1000, reason: 'that was it', wasClean: true });
    await expectQuiet(it);
  });

  test('has handlers by attribute, one of each type, in the place of the first', async () => {
    const it = bed();
    const { url } = await startPeer();
    const socket = new it.WebSocket(url);
    const order: string[] = [];
    socket.onopen = () => order.push('replaced');
    socket.addEventListener('open', () => order.push('listener'));
    socket.onopen = function () {
      order.push(`handler, this ${this === socket}`);
    };
    socket.onmessage = () => {};
    expect(socket.onmessage).toBeTypeOf('function');
    socket.onmessage = null;
    socket.onerror = 'no function' as never;
    expect([socket.onmessage, socket.onerror, socket.onclose]).toEqual([null, null, null]);
    await happens(socket, 'open');
    expect(order).toEqual(['handler, this true', 'listener']);
  });

  test('takes bytes as they are when they are sent, whatever becomes of them', async () => {
    const it = bed();
    const { url } = await startPeer();
    const socket = new it.WebSocket(url);
    socket.binaryType = 'arraybuffer';
    await happens(socket, 'open');
    const bytes = new Uint8Array(200_000).fill(1);
    socket.send(bytes);
    expect(socket.bufferedAmount).toBe(200_000);
    bytes.fill(2);
    const { data } = await happens(socket, 'message');
    expect(new Uint8Array(data as ArrayBuffer).every(byte => byte === 1)).toBe(true);
    expect(socket.bufferedAmount).toBe(0);
  });

  test('sends nothing after it was closed, and counts it', async () => {
    const it = bed();
    const peer = await startPeer();
    const socket = new it.WebSocket(peer.url);
    await happens(socket, 'open');
    const got: string[] = [];
    peer.sockets[0]?.on('message', data => got.push(String(data)));
    socket.send('before');
    socket.close();
    socket.send('after');
    await happens(socket, 'close');
    socket.send('long after');
    expect([got, socket.bufferedAmount]).toEqual([['before'], 'after'.length + 'long after'.length]);
    await expectQuiet(it);
  });
});

describe('the arguments', () => {
  const wrong: [what: string, url: string, protocols: string | string[] | undefined][] = [
    ['no URL', 'nonsense', undefined],
    ['another scheme', 'ftp://shop.test/', undefined],
    ['a fragment', 'ws://shop.test/#part', undefined],
    ['an empty fragment', 'ws://shop.test/#', undefined],
    ['a protocol that is no token', 'ws://shop.test/', 'a b'],
    ['an empty protocol', 'ws://shop.test/', ''],
    ['a protocol twice', 'ws://shop.test/', ['chat', 'chat']],
  ];
  test.each(wrong)('%s is a SyntaxError', (_, url, protocols) => {
    expect(() => new MixWebSocket(url, protocols)).toThrow(expect.objectContaining({ name: 'SyntaxError' }));
  });

  test('a URL of http or https is one of ws or wss', async () => {
    const it = bed();
    const { url } = await startPeer();
    const socket = new it.WebSocket(new URL(url.replace('ws:', 'http:')));
    expect(socket.url).toBe(`${url}/`);
    await happens(socket, 'open');
  });

  test('send and close say what cannot be', async () => {
    const it = bed();
    const { url } = await startPeer();
    const socket = new it.WebSocket(url);
    expect(() => socket.send('early')).toThrow(expect.objectContaining({ name: 'InvalidStateError' }));
    await happens(socket, 'open');
    for (const code of [0, 999, 1001, 1005, 1006, 2999, 5000, Number.NaN]) {
      expect(() => socket.close(code)).toThrow(expect.objectContaining({ name: 'InvalidAccessError' }));
    }
    expect(() => socket.close(1000, 'é'.repeat(62))).toThrow(expect.objectContaining({ name: 'SyntaxError' }));
    expect(socket.readyState).toBe(1);
    socket.close(1000, 'é'.repeat(61));
    expect((await happens(socket, 'close')).reason).toBe('é'.repeat(61));
  });

  test('constants are on the class and on its sockets', async () => {
    const it = bed();
    const { url } = await startPeer();
    const socket = new it.WebSocket(url);
    for (const holder of [it.WebSocket, socket]) {
      expect([holder.CONNECTING, holder.OPEN, holder.CLOSING, holder.CLOSED]).toEqual([0, 1, 2, 3]);
    }
    expect(Object.prototype.toString.call(socket)).toBe('[object WebSocket]');
    const standsForIt: typeof WebSocket = it.WebSocket;
    expect(standsForIt.name).toMatch(/WebSocket/);
  });

  const options: [object, RegExp][] = [
    [{ keepalive: 5 }, /"keepalive"/],
    [{ keepAlive: 0 }, /"keepAlive"/],
    [{ mixnet: { isolate: 'x' } }, /isolate/],
    [{ headers: { 'sec-websocket-key': 'x' } }, /sec-websocket-key/],
    [{ headers: { connection: 'close' } }, /connection/],
    [{ headers: { host: 'x' } }, /host/],
  ];
  test.each(options)('the options %j name what is wrong', (given, named) => {
    expect(() => createMixWebSocket(undefined, given)).toThrow(named);
    expect(() => createMixWebSocket(undefined, given)).toThrow(TypeError);
  });

  test('what is no mixFetch cannot carry sockets: least of all the fetch of the platform', () => {
    expect(() => createMixWebSocket(globalThis.fetch as never)).toThrow(TypeError);
    expect(() => createMixWebSocket({} as never)).toThrow(TypeError);
  });
});

describe('the handshake', () => {
  test('chooses a sub-protocol', async () => {
    const it = bed();
    const { url } = await startPeer({ handleProtocols: () => 'soap' });
    const socket = new it.WebSocket(url, ['chat', 'soap']);
    await happens(socket, 'open');
    expect(socket.protocol).toBe('soap');
  });

  test('with no sub-protocol that both speak, fails', async () => {
    const it = bed();
    const { url } = await startPeer({ handleProtocols: () => false });
    expect(await failureOf(new it.WebSocket(url, 'chat'))).toBe('ERR_MIX_WEBSOCKET_REFUSED');
    await expectQuiet(it);
  });

  test('sends headers and credentials that it is told to, none by default, and offers no extension', async () => {
    const { url, server } = await startPeer();
    const heads: [string, string | undefined][][] = [];
    server.on('headers', (_, request) => {
      const { rawHeaders } = request;
      heads.push(rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, rawHeaders[i + 1]]] : [])));
    });
    const plain = new (bed().WebSocket)(url);
    const { WebSocket } = bed({ socket: { headers: { origin: 'https://dapp.example', cookie: 'a=b' } } });
    const telling = new WebSocket(url.replace('ws://', 'ws://user:pass%20word@'));
    await Promise.all([happens(plain, 'open'), happens(telling, 'open')]);
    const [bare, told] = heads.sort((a, b) => a.length - b.length).map(head => Object.fromEntries(head));
    expect(Object.keys(bare ?? {})).toEqual([
      'Host',
      'Connection',
      'Upgrade',
      'Sec-WebSocket-Version',
      'Sec-WebSocket-Key',
      'user-agent',
    ]);
    expect(bare?.['user-agent']).toBe('Mozilla/5.0');
    expect(told).toMatchObject({
      origin: 'https://dapp.example',
      cookie: 'a=b',
      authorization: 'Basic dXNlcjpwYXNzIHdvcmQ=',
    });
  });

  test('goes by one exit stream to the origin, under the isolation it was given', async () => {
    const { port } = await startPeer();
    const it = bed({ exit: { hosts: { 'shop.test': port } }, socket: { mixnet: { isolation: 'alice' } } });
    await happens(new it.WebSocket('ws://shop.test/'), 'open');
    expect(it.exit.asked).toMatchObject([{ hostname: 'shop.test', port: 80, isolation: 'alice', exit: undefined }]);
  });

  test.each(['platform', 'own'] as const)('with wss, by the TLS of %s, checks the certificate', async tls => {
    const authority = await createAuthority();
    const certificate = await authority.issue({ hosts: ['shop.test'] });
    const { port } = await startPeer({ certificate: { key: certificate.key, cert: certificate.cert } });
    const hosts = { 'shop.test': port, 'other.test': port };
    const it = bed({ exit: { hosts }, tls, ca: [authority.certificate] });
    const socket = new it.WebSocket('wss://shop.test/');
    const log = logOf(socket);
    await happens(socket, 'open');
    socket.send('a'.repeat(300_000));
    await happens(socket, 'message');
    socket.close();
    await happens(socket, 'close');
    expect(log).toEqual(['open 1 ""', 'message text of 300000', 'close 3 1005 "" clean']);
    expect(await failureOf(new it.WebSocket('wss://other.test/'))).toBe('ERR_MIX_TLS_CERTIFICATE');
    await expectQuiet(it);
  });
});

describe('what fails is an event error, and close with 1006', () => {
  test('an exit that refuses', async () => {
    const it = bed({ exit: { refusals: { 'shop.test': new MixnetError('ERR_MIX_EXIT_REFUSED') } } });
    const socket = new it.WebSocket('ws://shop.test/');
    const log = logOf(socket);
    expect(await failureOf(socket)).toBe('ERR_MIX_EXIT_REFUSED');
    expect(log).toEqual(['error 3', 'close 3 1006 "" unclean']);
    await expectQuiet(it);
  });

  test('a destination that is silent, at each stage', async () => {
    const timeouts = { setup: 1_000, connect: 50, headers: 50 };
    const it = bed({ exit: { silent: ['shop.test'] }, socket: { mixnet: { timeouts } } });
    expect(await failureOf(new it.WebSocket('ws://shop.test/'))).toBe('ERR_MIX_TIMEOUT_CONNECT');
    expect(await failureOf(new it.WebSocket('wss://shop.test/'))).toBe('ERR_MIX_TIMEOUT_CONNECT');
    const { url } = await startPeer({ verifyClient: (_info, _callback) => {} });
    expect(await failureOf(new it.WebSocket(url))).toBe('ERR_MIX_TIMEOUT_HEADERS');
    await expectQuiet(it);
  });

  test('a port of another protocol', async () => {
    const it = bed();
    expect(await failureOf(new it.WebSocket('ws://127.0.0.1:25/'))).toBe('ERR_MIX_USAGE_OPTION');
    expect(it.exit.asked).toEqual([]);
    await expectQuiet(it);
  });

  test('closing while it connects', async () => {
    const it = bed({ exit: { silent: ['shop.test'] } });
    const socket = new it.WebSocket('ws://shop.test/');
    const log = logOf(socket);
    socket.close();
    expect([socket.readyState, log]).toEqual([2, []]);
    await happens(socket, 'close');
    expect(log).toEqual(['error 3', 'close 3 1006 "" unclean']);
    await expectQuiet(it);
  });

  test('closing the mixFetch below', async () => {
    const it = bed();
    const { url } = await startPeer();
    const socket = new it.WebSocket(url);
    await happens(socket, 'open');
    await it.close();
    expect(await failureOf(socket)).toBe('ERR_MIX_MIXNET_CLOSED');
    expect(await failureOf(new it.WebSocket(url))).toBe('ERR_MIX_MIXNET_CLOSED');
    await expectQuiet(it);
  });
});

describe('a connection', () => {
  test('that ends without a word is closed with 1006', async () => {
    const it = bed();
    const peer = await startPeer();
    const socket = new it.WebSocket(peer.url);
    const log = logOf(socket);
    await happens(socket, 'open');
    peer.sockets[0]?.terminate();
    expect(await failureOf(socket)).toMatch(/ERR_MIX_(WEBSOCKET_TRUNCATED|EXIT_CLOSED)/);
    expect(log).toEqual(['open 1 ""', 'error 3', 'close 3 1006 "" unclean']);
    await expectQuiet(it);
  });

  test('is answered when the server pings, also while a large message is under way', async () => {
    const it = bed();
    const peer = await startPeer();
    const socket = new it.WebSocket(peer.url);
    await happens(socket, 'open');
    const pongs: string[] = [];
    peer.sockets[0]?.on('pong', data => pongs.push(String(data)));
    const echoed = happens(socket, 'message');
    socket.send('a'.repeat(8_000_000));
    peer.sockets[0]?.ping('are you there?');
    expect((await echoed).data.length).toBe(8_000_000);
    expect(pongs).toEqual(['are you there?']);
  });

  test('that is silent on our side is kept alive by pings', async () => {
    const it = bed({ socket: { keepAlive: 40 } });
    const peer = await startPeer();
    const socket = new it.WebSocket(peer.url);
    await happens(socket, 'open');
    let pings = 0;
    peer.sockets[0]?.on('ping', () => {
      pings += 1;
    });
    await expect.poll(() => pings).toBeGreaterThan(2);
    socket.close();
    await happens(socket, 'close');
    await expectQuiet(it);
  });

  test('whose server does not answer pings has failed', async () => {
    const it = bed({ socket: { keepAlive: 40, mixnet: { timeouts: { headers: 200 } } } });
    const { url } = await startPeer({ autoPong: false });
    expect(await failureOf(new it.WebSocket(url))).toBe('ERR_MIX_WEBSOCKET_SILENT');
    await expectQuiet(it);
  });

  test('takes a message in fragments, and with control frames between them', async () => {
    const it = bed();
    const { url } = await startPeer({}, socket => {
      socket.send('one ', { fin: false });
      socket.ping();
      socket.send(Buffer.from([0xe2, 0x9c]), { fin: false, binary: false });
      socket.send(Buffer.from([0x93]), { fin: true });
    });
    const socket = new it.WebSocket(url);
    expect((await happens(socket, 'message')).data).toBe('one ✓');
  });

  test('that the reader of a large message has to wait for shows in bufferedAmount', async () => {
    const it = bed();
    const peer = await startPeer({}, socket => socket.pause());
    const socket = new it.WebSocket(peer.url);
    await happens(socket, 'open');
    socket.send(new Uint8Array(32_000_000));
    await sleep(300);
    expect(socket.bufferedAmount).toBeGreaterThan(10_000_000);
    const got = new Promise<number>(resolve => {
      peer.sockets[0]?.on('message', data => resolve((data as Buffer).length));
    });
    peer.sockets[0]?.resume();
    expect(await got).toBe(32_000_000);
    await expect.poll(() => socket.bufferedAmount).toBe(0);
  });

  test('fails when more waits than the limit', async () => {
    const it = bed();
    const { url } = await startPeer({}, socket => socket.pause());
    const socket = new it.WebSocket(url);
    await happens(socket, 'open');
    const failure = failureOf(socket);
    const megabytes = new Blob([new Uint8Array(16_000_000)]);
    for (let i = 0; i < 5; i++) socket.send(megabytes);
    expect(await failure).toBe('ERR_MIX_USAGE_BUSY');
    await expectQuiet(it);
  });

  test('is closed by the server: with every code that it may send', async () => {
    const it = bed();
    const { url } = await startPeer({}, (socket, path) => socket.close(Number(path.slice(1)) || undefined, 'r'));
    for (const code of [1000, 1001, 1003, 1008, 1011, 3000, 4999]) {
      const socket = new it.WebSocket(`${url}/${code}`);
      expect(await happens(socket, 'close')).toMatchObject({ code, reason: 'r', wasClean: true });
    }
    await expectQuiet(it);
  });

  test('carries a thousand messages in order', async () => {
    const it = bed();
    const { url } = await startPeer({}, echo);
    const socket = new it.WebSocket(url);
    await happens(socket, 'open');
    const got: number[] = [];
    socket.onmessage = ({ data }) => void got.push(Number(data));
    for (let i = 0; i < 1_000; i++) socket.send(String(i));
    await expect.poll(() => got.length, { timeout: 60_000 }).toBe(1_000);
    expect(got.every((value, i) => value === i)).toBe(true);
  });
});

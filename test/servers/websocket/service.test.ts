/** What programs get from the service, through a mixnet on this machine. */

import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { base58 } from '@scure/base';
import { describe, expect, test } from 'vitest';
import { VirtualPlatform } from '../../../src/devnet/index.ts';
import * as limits from '../../../src/limits.ts';
import { encodeRecipient, parseRecipient } from '../../../src/message/index.ts';
import { MixnetClient } from '../../../src/mixnet-client/index.ts';
import type { WebSocketServiceOptions } from '../../../src/servers/index.ts';
import vectors from '../../vectors/websocket-service-vectors.json' with { type: 'json' };
import { Frames, Program, quiet, run, serviceFor, serviceWorld, standIn, u64 } from './world.ts';

const world = serviceWorld();
const service = (options?: WebSocketServiceOptions) => serviceFor(world.client, options);
const bytesOf = (address: string) => encodeRecipient(parseRecipient(address));

describe('a program for nym-client', () => {
  test('in JSON knows its address, sends, and answers whom it does not know', async () => {
    const program = await Program.at(await service());
    program.text({ type: 'selfAddress' });
    const { address } = world.client;
    expect(await program.next()).toBe(`{"type":"selfAddress","address":"${address}"}`);

    program.text({ type: 'send', recipient: address, message: 'Hello Nym!', withReplySurb: false });
    expect(await program.next()).toBe('{"type":"received","message":"Hello Nym!","senderTag":null}');

    program.text({ type: 'sendAnonymous', recipient: address, message: 'who am I?', replySurbs: 20 });
    const { senderTag } = await program.nextText();
    expect(senderTag).toMatch(/^[1-9A-HJ-NP-Za-km-z]{20,22}$/);
    program.text({ type: 'reply', senderTag, message: 'nobody knows' });
    expect(await program.next()).toBe('{"type":"received","message":"nobody knows","senderTag":null}');
  });

  test('in bytes does the same', async () => {
    const program = await Program.at(await service());
    program.bytes(3);
    const own = bytesOf(world.client.address);
    expect(await program.nextBytes()).toEqual(Buffer.concat([Buffer.of(2), own]));

    const content = Buffer.alloc(50_000, 'content ');
    program.bytes(0, own, u64(0), u64(content.length), content);
    expect(await program.nextBytes()).toEqual(Buffer.concat([Buffer.of(1, 0), u64(content.length), content]));

    program.bytes(1, 0, 0, 0, 20, own, u64(0), u64(9), 'who am I?');
    const question = await program.nextBytes();
    expect([...question.subarray(0, 2)]).toEqual([1, 1]);
    expect(question.subarray(18)).toEqual(Buffer.concat([u64(9), Buffer.from('who am I?')]));
    program.bytes(2, question.subarray(2, 18), u64(0), u64(12), 'nobody knows');
    expect(await program.nextBytes()).toEqual(Buffer.concat([Buffer.of(1, 0), u64(12), Buffer.from('nobody knows')]));
  });

  test('in Python', async () => {
    const { host, port } = await service();
    const lines = await run('python3', 'program.py', host, String(port));
    expect(lines).toEqual([
      `text selfAddress ${world.client.address}`,
      'text {"message": "Hello Nym!", "senderTag": null, "type": "received"}',
      'text received who am I? True',
      'text {"message": "nobody knows", "senderTag": null, "type": "received"}',
      'text malformed request',
      'bytes 2 97',
      'bytes None True',
      'bytes 16 who am I?',
      'bytes None nobody knows',
      'bytes 3 42 0',
      'bytes 0 3 True',
    ]);
  });

  test('in bash', async () => {
    const { host, port } = await service();
    expect(await run('bash', 'program.sh', host, String(port))).toEqual([
      world.client.address,
      '{"type":"received","message":"Hello Nym!","senderTag":null}',
      '{"type":"received","message":"nobody knows","senderTag":null}',
      'laneQueueLength',
      '{"type":"received","message":"on a connection","senderTag":null}',
    ]);
  });
});

describe('what is received', () => {
  test('has the form of the last request, and the binary one before the first', async () => {
    const program = await Program.at(await service());
    const hello = () => world.friend.send(world.client.address, Buffer.from('hello'));
    await hello();
    expect(await program.nextBytes()).toEqual(Buffer.concat([Buffer.of(1, 0), u64(5), Buffer.from('hello')]));
    program.text({ type: 'selfAddress' });
    await program.next();
    await hello();
    expect(await program.next()).toBe('{"type":"received","message":"hello","senderTag":null}');
    program.text({ type: 'selfAddress', encoding: 'base64' });
    await program.next();
    await hello();
    expect(await program.next()).toBe('{"type":"received","message":"aGVsbG8=","senderTag":null,"encoding":"base64"}');
    program.text({ type: 'malformed' });
    await program.next();
    await hello();
    expect(await program.next()).toBe('{"type":"received","message":"hello","senderTag":null}');
    program.bytes(3);
    await program.next();
    await hello();
    expect(await program.nextBytes()).toHaveLength(2 + 8 + 5);
  });

  test('has from the beginning the form that the URL names', async () => {
    const at = await service();
    for (const [format, frame] of [
      ['text', '{"type":"received","message":"hello","senderTag":null}'],
      ['base64', '{"type":"received","message":"aGVsbG8=","senderTag":null,"encoding":"base64"}'],
    ]) {
      const program = await Program.at(at, { query: `?format=${format}` });
      await world.friend.send(world.client.address, Buffer.from('hello'));
      expect(await program.next()).toBe(frame);
      await program.close();
    }
    await expect(Program.at(at, { query: '?format=xml' })).rejects.toThrow('400');
  });

  test('may be bytes in JSON, both ways', async () => {
    const program = await Program.at(await service());
    const content = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const { address: recipient } = world.client;
    program.text({ type: 'send', recipient, message: content.toString('base64'), encoding: 'base64' });
    expect(await program.nextText()).toMatchObject({ message: content.toString('base64') });
  });

  test('waits while no program is there, and comes in order', async () => {
    const at = await service();
    const { address } = world.client;
    for (const message of ['one', 'two', 'three']) await world.friend.send(address, Buffer.from(message));
    await expect.poll(() => at.waiting).toBe(3);
    const program = await Program.at(at, { query: '?format=text' });
    for (const message of ['one', 'two', 'three']) expect(await program.nextText()).toMatchObject({ message });
    expect([at.waiting, at.givenUp]).toEqual([0, 0]);
    await program.close();
    await world.friend.send(address, Buffer.from('four'));
    await expect.poll(() => at.waiting).toBe(1);
    expect(await (await Program.at(at, { query: '?format=text' })).nextText()).toMatchObject({ message: 'four' });
  });
});

describe('a connection', () => {
  test('is a lane: its length is told, and what waits on it can be given up', async () => {
    const { devnet, friend } = world;
    const options = { api: devnet.api, platform: devnet.clientPlatform() };
    await using paced = await MixnetClient.connect(options);
    const program = await Program.at(await serviceFor(paced));
    const messages = friend.messages();
    program.text({ type: 'send', recipient: friend.address, message: 'x'.repeat(200_000), connectionId: 7 });
    expect(await program.nextText()).toMatchObject({
      type: 'laneQueueLength',
      lane: 7,
      queue_length: expect.any(Number),
    });
    program.text({ type: 'laneQueueLength', connectionId: 7 });
    expect((await program.nextText())['queue_length']).toBeGreaterThan(100);
    program.bytes(5, u64(8));
    expect(await program.nextBytes()).toEqual(Buffer.concat([Buffer.of(3), u64(8), u64(0)]));
    program.text({ type: 'closedConnection', connectionId: 7 });
    program.text({ type: 'send', recipient: friend.address, message: 'short', connectionId: 2 ** 53 });
    expect(await program.next()).toMatch(/^{"type":"laneQueueLength","lane":9007199254740992,"queue_length":[01]}$/);
    const { value } = await messages.next();
    expect(Buffer.from(value?.data).toString()).toBe('short');
    program.text({ type: 'laneQueueLength', connectionId: 7 });
    expect(await program.nextText()).toEqual({ type: 'laneQueueLength', lane: 7, queue_length: 0 });
    await messages.return?.();
    // That it was given up is no news to who did it.
    expect(program.received).toEqual([]);
  });
});

describe('several programs', () => {
  const textProgram = async (at: { readonly url: string }) => Program.at(at, { query: '?format=text' });

  test('get everything but the answers to what another has asked', async () => {
    const at = await service();
    const [alice, bob] = [await textProgram(at), await textProgram(at)];
    await world.friend.send(world.client.address, Buffer.from('to both'));
    for (const program of [alice, bob]) expect(await program.nextText()).toMatchObject({ message: 'to both' });

    const questions = world.friend.messages();
    const tags: string[] = [];
    for (const [program, message] of [
      [alice, 'of alice'],
      [bob, 'of bob'],
    ] as const) {
      program.text({ type: 'sendAnonymous', recipient: world.friend.address, message, replySurbs: 10 });
      const { value } = await questions.next();
      expect(Buffer.from(value?.data).toString()).toBe(message);
      tags.push(value?.senderTag ?? '');
    }
    // To its recipient, each is somebody else.
    expect(new Set(tags).size).toBe(2);
    await world.friend.reply(tags[1] ?? '', Buffer.from('for bob'));
    expect(await bob.nextText()).toMatchObject({ message: 'for bob', senderTag: null });
    await world.friend.reply(tags[0] ?? '', Buffer.from('for alice'));
    expect(await alice.nextText()).toMatchObject({ message: 'for alice' });
    expect([...alice.received, ...bob.received]).toEqual([]);
    await questions.return?.();
  });

  test('find the answers that came while they were away, as whom they were before', async () => {
    const at = await service();
    const questions = world.friend.messages();
    const ask = async (program: Program) => {
      program.text({ type: 'sendAnonymous', recipient: world.friend.address, message: 'question', replySurbs: 10 });
      return (await questions.next()).value?.senderTag ?? '';
    };
    const first = await textProgram(at);
    const bob = await textProgram(at);
    const tag = await ask(first);
    await first.close();
    await world.friend.reply(tag, Buffer.from('answer'));
    await expect.poll(() => at.waiting).toBe(1);
    expect(bob.received).toEqual([]);
    const again = await textProgram(at);
    expect(await again.nextText()).toMatchObject({ message: 'answer' });
    expect(await ask(again)).toBe(tag);
    await questions.return?.();
  });

  test('do not get the answers to what the owner of the client has asked', async () => {
    const program = await textProgram(await service());
    const [questions, answers] = [world.friend.messages(), world.client.messages()];
    await world.client.send(world.friend.address, Buffer.from('question'), { replySurbs: 10 });
    await world.friend.reply((await questions.next()).value?.senderTag ?? '', Buffer.from('answer'));
    expect((await answers.next()).value).toMatchObject({ answers: { recipient: world.friend.address } });
    await Promise.all([questions.return?.(), answers.return?.()]);
    expect(program.received).toEqual([]);
  });
});

describe('what is wrong', () => {
  test('with a request is told in its form, and the connection goes on', async () => {
    const program = await Program.at(await service());
    for (const { binary, text, kind } of vectors.refusals) {
      if (binary === undefined) {
        program.socket.send(text ?? '');
        const words = { empty: '', tooShort: '', unknown: 'unknown request type', malformed: 'malformed request' };
        const { type, message } = await program.nextText();
        expect(type).toBe('error');
        expect(message).toMatch(new RegExp(`^${words[kind as keyof typeof words]}:.`));
      } else {
        program.socket.send(Buffer.from(binary, 'hex'));
        const answer = await program.nextBytes();
        const codes = { empty: 1, tooShort: 2, unknown: 3, malformed: 4 };
        expect([...answer.subarray(0, 2)]).toEqual([0, codes[kind as keyof typeof codes]]);
        expect(answer.subarray(2, 10)).toEqual(u64(answer.length - 10));
      }
    }
    program.text({ type: 'selfAddress' });
    expect(await program.nextText()).toMatchObject({ type: 'selfAddress' });
  });

  test('with a message that could not be sent is told', async () => {
    const program = await Program.at(await service());
    program.text({ type: 'reply', senderTag: base58.encode(new Uint8Array(16).fill(8)), message: 'to whom?' });
    expect((await program.nextText())['message']).toMatch(/^other:.*ERR_MIX_MIXNET_UNKNOWN_SENDER/);
    program.text({ type: 'reply', senderTag: base58.encode(new Uint8Array(16).fill(8)), message: '' });
    expect((await program.nextText())['message']).toMatch(/^malformed request:/);
    const [own, nowhere] = [bytesOf(world.client.address), bytesOf(world.friend.address)];
    // A gateway that is none: the identity of a client.
    nowhere.copyWithin(64, 0, 32);
    program.bytes(0, nowhere, u64(0), u64(0));
    const error = await program.nextBytes();
    expect([...error.subarray(0, 2)]).toEqual([0, 0xff]);
    expect(error.toString()).toContain('ERR_MIX_MIXNET_NO_ROUTE');
    program.bytes(0, own, u64(0), u64(0));
    expect(await program.nextBytes()).toEqual(Buffer.concat([Buffer.of(1, 0), u64(0)]));
  });

  test('with more reply blocks than a message may carry, is corrected', async () => {
    const asked: unknown[] = [];
    const client = standIn(world.client.address, async (_, __, options) => void asked.push(options?.replySurbs));
    const program = await Program.at(await serviceFor(client));
    for (const replySurbs of [0, 500, 501, 2 ** 32 - 1]) {
      program.text({ type: 'sendAnonymous', recipient: client.address, message: '', replySurbs, connectionId: 1 });
      await program.next();
    }
    expect(asked).toEqual([0, 500, 500, 500]);
  });

  test.each([
    ['a frame that is too long', 1009, [0x82, 0xff, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0]],
    ['text that is no UTF-8', 1007, [0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]],
    ['a frame that is not masked', 1002, [0x81, 0x01, 0x7b]],
  ])('with %s closes its connection, and no other', async (_, code, frame) => {
    const at = await service();
    const [program, other] = [await Frames.at(at), await Program.at(at)];
    program.socket.write(Buffer.from(frame));
    await expect.poll(() => program.socket.destroyed).toBe(true);
    expect(program.closeCode).toBe(code);
    await expect.poll(() => at.connections).toBe(1);
    other.bytes(3);
    expect(await other.nextBytes()).toHaveLength(97);
  });
});

describe('bounds', () => {
  test('a handshake has its time, however it drips', async () => {
    const platform = new VirtualPlatform();
    const at = await service({ platform });
    const socket = connect(at.port, at.host).resume();
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write('GET / HTTP/1.1\r\n');
    await expect.poll(() => at.connections).toBe(1);
    await platform.advance(9_000);
    socket.write('Host: localhost\r\n');
    expect(at.connections).toBe(1);
    await platform.advance(1_000);
    await expect.poll(() => socket.destroyed).toBe(true);
    await expect.poll(() => at.connections).toBe(0);
    expect(platform.pendingTimers).toBe(0);
  });

  test('a request has its time too, and a program that is silent has not', async () => {
    const platform = new VirtualPlatform();
    const at = await service({ platform });
    const program = await Frames.at(at);
    program.socket.write(Buffer.of(0x82, 0x81, 0, 0, 0, 0, 3));
    await expect.poll(() => program.received.length).toBe(2 + 97);
    await platform.advance(3_600_000);
    expect(platform.pendingTimers).toBe(0);
    program.socket.write(Buffer.of(0x82, 0x85, 0, 0, 0, 0, 3));
    await expect.poll(() => platform.pendingTimers).toBe(1);
    await platform.advance(59_000);
    program.socket.write(Buffer.of(3));
    expect(at.connections).toBe(1);
    await platform.advance(1_000);
    await expect.poll(() => program.socket.destroyed).toBe(true);
    await expect.poll(() => at.connections).toBe(0);
    expect(platform.pendingTimers).toBe(0);
  });

  test('so many programs, and no more', async () => {
    const at = await service();
    const programs = await Promise.all(Array.from({ length: limits.servicePrograms }, () => Program.at(at)));
    await expect(Program.at(at)).rejects.toThrow();
    expect(at.connections).toBe(limits.servicePrograms);
    for (const { socket } of programs) socket.terminate();
    await expect.poll(() => at.connections).toBe(0);
  });

  test('a program that asks and does not read is not read either', async () => {
    const at = await service();
    const { socket } = await Frames.at(at);
    socket.pause();
    const request = '{"type":"selfAddress"}'.padEnd(125);
    const frame = Buffer.concat([Buffer.of(0x81, 0x80 | request.length, 0, 0, 0, 0), Buffer.from(request)]);
    for (let i = 0; i < 100; i++) socket.write(Buffer.alloc(1_000 * frame.length, frame));
    let last = -1;
    for (; last !== socket.writableLength; await new Promise(resolve => setTimeout(resolve, 1_000))) {
      last = socket.writableLength;
    }
    expect(last).toBeGreaterThan(0);
    const other = await Program.at(at);
    other.bytes(3);
    expect(await other.nextBytes()).toHaveLength(97);
    socket.resume();
    await expect.poll(() => socket.writableLength).toBe(0);
    socket.destroy();
    await expect.poll(() => at.connections).toBe(1);
  });

  test('a program that is ahead of the mixnet is not read until that has caught up', async () => {
    const pending: (() => void)[] = [];
    const client = standIn(world.client.address, () => new Promise(resolve => pending.push(resolve)));
    const at = await serviceFor(client);
    const program = await Program.at(at);
    const content = Buffer.alloc(6 * 2 ** 20);
    for (let i = 0; i < 4; i++) program.bytes(0, bytesOf(client.address), u64(9), u64(content.length), content);
    for (let i = 0; i < 3; i++) expect((await program.nextBytes())[0]).toBe(3);
    await new Promise(resolve => setTimeout(resolve, 100));
    expect(pending).toHaveLength(3);
    pending[0]?.();
    expect((await program.nextBytes())[0]).toBe(3);
    expect(pending).toHaveLength(4);
  });

  test('a program that dies in the middle of a request leaves nothing', async () => {
    const platform = new VirtualPlatform();
    const at = await service({ platform });
    const before = world.client.stats().messagesSent;
    const program = await Frames.at(at);
    const head = Buffer.concat([Buffer.of(0x82, 0xff), u64(1_000_000), Buffer.alloc(4)]);
    program.socket.write(Buffer.concat([head, Buffer.of(0), bytesOf(world.friend.address), Buffer.alloc(500_000)]));
    await expect.poll(() => platform.pendingTimers).toBe(1);
    program.socket.destroy();
    await expect.poll(() => at.connections).toBe(0);
    expect(platform.pendingTimers).toBe(0);
    expect(world.client.stats().messagesSent).toBe(before);
  });

  test('what a program has sent is sent, also when it has left at once', async () => {
    const messages = world.friend.messages();
    const program = await Program.at(await service());
    program.text({ type: 'send', recipient: world.friend.address, message: 'goodbye' });
    await program.close();
    const { value } = await messages.next();
    expect(Buffer.from(value?.data).toString()).toBe('goodbye');
    await messages.return?.();
  });
});

describe('who may connect', () => {
  test('a web page only if its origin is allowed', async () => {
    const at = await service({ allowedOrigins: ['https://app.example.org'] });
    for (const origin of ['https://evil.example', 'null', 'http://localhost', 'http://localhost:8080']) {
      await expect(Program.at(at, { headers: { origin } })).rejects.toThrow('403');
    }
    const page = await Program.at(at, { headers: { origin: 'https://app.example.org' } });
    page.bytes(3);
    expect(await page.nextBytes()).toHaveLength(97);
  });

  test('a program whose library says the origin of the service itself', async () => {
    const at = await service();
    for (const host of ['127.0.0.1', 'localhost']) {
      const program = await Program.at(at, { headers: { origin: `http://${host}:${at.port}` } });
      program.bytes(3);
      expect(await program.nextBytes()).toHaveLength(97);
    }
  });

  test('with a token, who knows it', async () => {
    const at = await service({ token: 'secret', host: '0.0.0.0' });
    const local = { url: `ws://127.0.0.1:${at.port}` };
    for (const how of [{}, { headers: { authorization: 'Bearer secreT' } }, { query: '?token=secret2' }]) {
      await expect(Program.at(local, how)).rejects.toThrow('401');
    }
    for (const how of [{ headers: { authorization: 'Bearer secret' } }, { query: '?format=text&token=secret' }]) {
      const program = await Program.at(local, how);
      program.text({ type: 'selfAddress' });
      expect(await program.nextText()).toMatchObject({ address: world.client.address });
    }
  });

  test('nobody without a websocket', async () => {
    const { host, port } = await service();
    const asked = request({ host, port, path: '/' }).end();
    const [response] = await once(asked, 'response');
    expect(response.statusCode).toBe(426);
    response.resume();
  });
});

describe('the service', () => {
  test.each<[string, WebSocketServiceOptions]>([
    ['a host that others can reach, without a token', { host: '0.0.0.0' }],
    ['a name', { host: 'localhost' }],
    ['no port', { port: -1 }],
    ['an empty token', { token: '' }],
    ['what is no origin', { allowedOrigins: ['app.example.org'] }],
    ['an origin that any page can have', { allowedOrigins: ['null'] }],
    ['another option', { tokne: 'x' } as object],
  ])('refuses %s', async (_, options) => {
    await expect(service(options)).rejects.toThrow(TypeError);
  });

  test('says which port is taken', async () => {
    const { port } = await service();
    await expect(service({ port })).rejects.toThrow('EADDRINUSE');
  });

  test('closing, lets programs go on for a while, takes no more, and then tells them', async () => {
    const at = await service();
    const program = await Program.at(at);
    const closed = at.close({ drain: 20_000 });
    await expect(Program.at(at)).rejects.toThrow('ECONNREFUSED');
    program.bytes(3);
    expect(await program.nextBytes()).toHaveLength(97);
    await at.close();
    await closed;
    expect(await program.closed()).toBe(1001);
    expect(at.connections).toBe(0);
  });

  test('does not wait for programs that do not answer', async () => {
    const platform = new VirtualPlatform();
    const at = await service({ platform });
    const program = await Program.at(at);
    program.socket.pause();
    const closed = at.close();
    await platform.advance(1_000);
    await closed;
    expect(platform.pendingTimers).toBe(0);
    program.socket.terminate();
  });

  test('ends with its signal', async () => {
    const abort = new AbortController();
    const at = await service({ signal: abort.signal });
    const program = await Program.at(at);
    abort.abort();
    expect(await program.closed()).toBe(1001);
    await expect(service({ signal: abort.signal })).rejects.toBe(abort.signal.reason);
  });

  test('ends with its client', async () => {
    const { devnet } = world;
    const client = await MixnetClient.connect({ api: devnet.api, platform: devnet.clientPlatform(), traffic: quiet });
    const at = await serviceFor(client);
    const program = await Program.at(at);
    await client.close();
    expect(await program.closed()).toBe(1001);
    await expect.poll(() => at.connections).toBe(0);
  });
});

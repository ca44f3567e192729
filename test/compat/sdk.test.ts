import { describe, expect, test } from 'vitest';
import { decodeEnvelope, encodeEnvelope } from '../../src/compat/payload-envelope.ts';
import { type NymMixnetClient, type NymMixnetClientOptions, withOptions } from '../../src/compat/sdk.ts';
import { MixnetClient } from '../../src/index.ts';
import { type World, world } from '../support/fetch-world.ts';
import { examplesOf, run } from './published-readme.ts';

interface Sdk extends World {
  /** Ended with the test. */
  start(options?: NymMixnetClientOptions): Promise<NymMixnetClient & { readonly address: string }>;
}

async function sdk(use: (it: Sdk) => Promise<void>): Promise<void> {
  const bed = await world();
  const clients: NymMixnetClient[] = [];
  await use({
    ...bed,
    async start(options) {
      const it = await withOptions(bed.entrance).createNymMixnetClient(options);
      clients.push(it);
      await bed.until(it.client.start());
      return { ...it, address: (await it.client.selfAddress()) ?? '' };
    },
  });
  await bed.until(Promise.all(clients.map(({ client }) => client.stop())));
}

const ascii = (text: string) => new TextEncoder().encode(text);

describe('messages with a type', () => {
  test('come as text or as bytes, first raw; and can be answered', async () => {
    await sdk(async ({ start, until }) => {
      const [alice, bob] = [await start(), await start()];
      const told: unknown[] = [];
      bob.events.subscribeToRawMessageReceivedEvent(
        ({ kind, args }) => void told.push([kind, args.payload.length > 8]),
      );
      const text = new Promise<string>(resolve => {
        bob.events.subscribeToTextMessageReceivedEvent(({ kind, args }) => {
          const { senderTag = '', payloadRaw, ...rest } = args;
          told.push([kind, rest, payloadRaw]);
          resolve(senderTag);
        });
      });
      const payload = { message: '{"a":1}', mimeType: 'application/json', headers: 'X-A: 1' };
      await until(alice.client.send({ payload, recipient: bob.address }));
      const senderTag = await until(text);
      expect(told).toEqual([
        ['RawMessageReceived', true],
        [
          'StringMessageReceived',
          { mimeType: 'application/json', payload: '{"a":1}', headers: 'X-A: 1' },
          ascii('{"a":1}'),
        ],
      ]);

      const answer = new Promise<unknown>(resolve => {
        alice.events.subscribeToBinaryMessageReceivedEvent(({ args }) => resolve(args));
      });
      const message = Uint8Array.of(1, 2, 3);
      await until(bob.client.reply({ payload: { message }, senderTag }));
      expect(await until(answer)).toEqual({ mimeType: 'application/octet-stream', payload: message });
    });
  });

  test('those without one are raw alone, and a handler that is unsubscribed hears nothing', async () => {
    await sdk(async ({ start, until }) => {
      const [alice, bob] = [await start(), await start({ autoConvertStringMimeTypes: ['text/x'] })];
      const told: string[] = [];
      bob.events.subscribeToTextMessageReceivedEvent(({ kind }) => void told.push(kind));
      bob.events.subscribeToBinaryMessageReceivedEvent(({ args }) => void told.push(args.mimeType));
      const unsubscribe = bob.events.subscribeToRawMessageReceivedEvent(() => void told.push('unsubscribed'));
      unsubscribe();
      const raw = new Promise<Uint8Array>(resolve => {
        bob.events.subscribeToRawMessageReceivedEvent(({ args }) => resolve(args.payload));
      });
      await until(alice.client.rawSend({ payload: ascii('untyped'), recipient: bob.address, replySurbs: 0 }));
      expect(await until(raw)).toEqual(ascii('untyped'));
      expect(told).toEqual([]);
      expect(await bob.client.getTextMimeTypes()).toEqual(['text/x']);
      bob.client.setTextMimeTypes(['text/plain']);
      expect(await bob.client.getTextMimeTypes()).toEqual(['text/plain']);
    });
  });

  test('are those of the format: from one of our own clients', async () => {
    await sdk(async ({ start, until, entrance }) => {
      const bob = await start();
      const text = new Promise<string>(resolve => {
        bob.events.subscribeToTextMessageReceivedEvent(({ args }) => resolve(args.payload));
      });
      const plain = await until(MixnetClient.connect(entrance));
      const head = ascii('{"mimeType":"text/plain","headers":null}');
      await until(plain.send(bob.address, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, head.length, ...head, ...ascii('hi'))));
      expect(await until(text)).toBe('hi');
      await until(plain.close());
    });
  });
});

test('what fails, rejects', async () => {
  await sdk(async ({ entrance, until, start }) => {
    const { client, events } = await withOptions(entrance).createNymMixnetClient();
    const loaded = new Promise(resolve => events.subscribeToLoaded(({ args }) => resolve(args)));
    expect(await loaded).toEqual({ loaded: true });
    expect(await client.selfAddress()).toBeUndefined();
    await expect(client.send({ payload: 'x', recipient: 'y' })).rejects.toMatchObject({
      code: 'ERR_MIX_MIXNET_CLOSED',
    });
    await expect(client.start({ preferredGateway: 'none' })).rejects.toBeInstanceOf(TypeError);
    const connected = new Promise(resolve => events.subscribeToConnected(({ args }) => resolve(args.address)));
    await until(client.start({ clientId: 'mine', clientOverride: { traffic: { averagePacketDelayMs: 1 } } }));
    const address = await client.selfAddress();
    expect(await connected).toBe(address);
    await expect(client.start()).rejects.toMatchObject({ code: 'ERR_MIX_USAGE_BUSY' });
    const bob = await start();
    const typed = { message: 'a text', mimeType: 'image/png' };
    await expect(client.send({ payload: typed, recipient: bob.address })).rejects.toBeInstanceOf(TypeError);
    await expect(client.send({ payload: 'x', recipient: 'nobody' })).rejects.toBeInstanceOf(TypeError);
    await until(client.stop());
    expect(await client.selfAddress()).toBeUndefined();
    await until(client.start());
    expect(await client.selfAddress()).not.toBe(address);
    await until(client.stop());
  });
});

test('the example of the README runs as it stands', async () => {
  await sdk(async ({ until, entrance, devnet }) => {
    const told: string[] = [];
    let heard = () => {};
    const message = new Promise<void>(resolve => {
      heard = resolve;
    });
    const console = {
      log(...parts: unknown[]) {
        told.push(parts.join(''));
        heard();
      },
    };
    let stop = async () => {};
    const modules = {
      '@nymproject/sdk': {
        async createNymMixnetClient() {
          const it = await withOptions(entrance).createNymMixnetClient();
          stop = it.client.stop;
          return it;
        },
      },
    };
    const [usage = ''] = examplesOf('@nymproject/sdk');
    await until(run(usage.replace('https://validator.nymtech.net/api', devnet.api), 'main()', modules, { console }));
    await until(message);
    expect(told).toEqual(['Got a message: Hello mixnet']);
    await until(stop());
  });
});

describe('the envelope', () => {
  test('comes back as it was', () => {
    const envelope = { mimeType: 'text/plain', headers: undefined, content: ascii('x') };
    expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual(envelope);
    expect(decodeEnvelope(encodeEnvelope({ ...envelope, headers: '' }))).toMatchObject({ headers: '' });
  });

  test('what is none, is none', () => {
    const of = (length: number, text: string) => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, length, ...ascii(text));
    for (const message of [
      ...[new Uint8Array(0), new Uint8Array(7), new Uint8Array(8), new Uint8Array(12).fill(0xff)],
      ...[of(3, '{}'), of(2, '{}'), of(4, 'null'), of(17, '{"mimeType":null}'), of(2, '[]'), of(1, '{')],
      of(28, '{"mimeType":"a","headers":1}'),
    ]) {
      expect(decodeEnvelope(message)).toBeUndefined();
    }
  });
});

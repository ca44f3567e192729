/** Requests and responses in both forms, byte for byte as documented, and what is none. */

import { base58 } from '@scure/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatRecipient, parseRecipient, type SenderTag } from '../../../src/message/index.ts';
import { decodeBinaryRequest, encodeBinaryResponse } from '../../../src/servers/websocket/binary-form.ts';
import {
  errorKinds,
  RequestError,
  type ServiceRequest,
  type ServiceResponse,
} from '../../../src/servers/websocket/messages.ts';
import { decodeTextRequest, encodeTextResponse } from '../../../src/servers/websocket/text-form.ts';
import vectors from '../../vectors/websocket-service-vectors.json' with { type: 'json' };

const { requests, own_requests: own, responses, refusals } = vectors;

describe('requests of nym-client are read', () => {
  test.each(requests.flatMap(vector => (vector.binary === undefined ? [] : [[vector.name, vector.binary, vector]])))(
    'as bytes: %s',
    (_, binary, { request }) => {
      expect(plain(decodeBinaryRequest(Buffer.from(binary, 'hex')))).toEqual(request);
    },
  );

  test.each(requests.flatMap(vector => (vector.text === undefined ? [] : [[vector.name, vector.text, vector]])))(
    'as text: %s',
    (_, text, { request }) => {
      const read = decodeTextRequest(text);
      expect(plain(read.request)).toEqual(request);
      expect(read.encoding).toBe('text');
    },
  );
});

describe('requests that nym-client does not have are read', () => {
  test.each(own.requests.map(vector => [vector.name, vector] as const))('%s', (_, { text, request, encoding }) => {
    const read = decodeTextRequest(text);
    expect(plain(read.request)).toEqual(request);
    expect(read.encoding).toBe(encoding);
  });
});

describe('responses are written', () => {
  test.each(responses.map(vector => [vector.name, vector] as const))('%s', (_, vector) => {
    const response = responseOf(vector.response);
    expect(Buffer.from(encodeBinaryResponse(response)).toString('hex')).toBe(vector.binary);
    expect(encodeTextResponse(response, 'text')).toBe(vector.text);
    if (vector.base64 !== undefined) expect(encodeTextResponse(response, 'base64')).toBe(vector.base64);
  });
});

describe('what is no request is refused with the kind of nym-client', () => {
  test.each(refusals.map(vector => [vector.name, vector] as const))('%s', (_, { binary, text, kind }) => {
    const read = () =>
      binary === undefined ? decodeTextRequest(text ?? '') : decodeBinaryRequest(Buffer.from(binary, 'hex'));
    expect(read).toThrow(RequestError);
    expect(read).toThrow(expect.objectContaining({ kind }));
  });

  test('whatever it is', () => {
    const refusedOrRead = (read: () => unknown) => {
      try {
        read();
      } catch (error) {
        expect(error).toBeInstanceOf(RequestError);
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 6 }), (bytes, tag) => {
        refusedOrRead(() => decodeBinaryRequest(Uint8Array.of(tag, ...bytes)));
      }),
    );
    const names = ['type', 'message', 'recipient', 'senderTag', 'replySurbs', 'connectionId', 'encoding'];
    const types = fc.constantFrom('send', 'sendAnonymous', 'reply', 'selfAddress', 'closedConnection', '');
    const fields = fc.dictionary(fc.constantFrom(...names), fc.oneof(fc.jsonValue(), types));
    fc.assert(
      fc.property(fields, types, (value, type) => {
        refusedOrRead(() => decodeTextRequest(JSON.stringify({ ...value, type })));
      }),
    );
    fc.assert(fc.property(fc.string(), text => refusedOrRead(() => decodeTextRequest(text))));
  });
});

test('a text that speaks of connections is left as it is', () => {
  const message = '"connectionId": 12345678901234567890, {"connectionId":12345678901234567890}';
  const recipient = requests[0]?.request.recipient;
  const { request } = decodeTextRequest(JSON.stringify({ type: 'send', message, recipient, connectionId: 7 }));
  expect(plain(request)).toEqual({
    type: 'send',
    message: Buffer.from(message).toString('hex'),
    recipient,
    connectionId: '7',
  });
});

/** As the vectors have it. */
function plain(request: ServiceRequest): object {
  return Object.fromEntries(
    Object.entries(request)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => {
        switch (name) {
          case 'recipient':
            return [name, formatRecipient(value)];
          case 'message':
            return [name, Buffer.from(value).toString('hex')];
          case 'senderTag':
            return [name, base58.encode(value)];
          default:
            return [name, typeof value === 'bigint' ? String(value) : value];
        }
      }),
  );
}

function responseOf(plain: (typeof responses)[number]['response']): ServiceResponse {
  switch (plain.type) {
    case 'received': {
      const senderTag = plain.senderTag === null ? undefined : (base58.decode(plain.senderTag ?? '') as SenderTag);
      return { type: plain.type, message: Buffer.from(plain.message ?? '', 'hex'), senderTag };
    }
    case 'selfAddress':
      return { type: plain.type, address: parseRecipient(plain.address ?? '') };
    case 'laneQueueLength':
      return { type: plain.type, lane: BigInt(plain.lane ?? 0), queueLength: plain.queueLength ?? 0 };
    default: {
      const kind = Object.keys(errorKinds).find(name => name === plain.kind);
      return { type: 'error', kind: kind as keyof typeof errorKinds, detail: plain.detail ?? '' };
    }
  }
}

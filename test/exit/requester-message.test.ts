import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MixnetError } from '../../src/errors.ts';
import {
  CURRENT_VERSION,
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  parseExitPolicy,
  type RequesterRequest,
  type RequesterResponse,
  type RequesterVersion,
} from '../../src/exit/index.ts';
import { parseRecipient } from '../../src/message/index.ts';
import vectors from '../vectors/exit-vectors.json' with { type: 'json' };
import { bytesOf, hexOf, MALFORMED, outcomeOf } from './support.ts';

const upstream = vectors.upstream_run.nr;
const fixtures = vectors.source_test_fixtures.network_requester;

describe('requests', () => {
  describe('are written and read as upstream does', () => {
    const id = 0x0102030405060708n;
    const send = (sequence: bigint, data: string, closed = false, connection = id): RequesterRequest => ({
      kind: 'send',
      connection,
      closed,
      sequence,
      data: new TextEncoder().encode(data),
    });
    const legacy: RequesterVersion = { interface: 'legacy', protocol: 'legacy' };
    const expected: Record<string, [RequesterRequest, RequesterVersion?]> = {
      connect_surb: [{ kind: 'connect', connection: id, address: 'example.com:443' }],
      connect_return_address: [
        {
          kind: 'connect',
          connection: id,
          address: 'example.com:443',
          returnAddress: parseRecipient(
            '3KRydEpanwjFhq5GAraVjRUF1Tno7w7oc4EwJYTGNo5J.RgZ7uMJHruBQqD5hC9Ghi3sqiTn6NycfM5qCfJz6yoM@9Byd9VAtyYMnbVAcqdoQxJnq76XEg2dbxbiF5Aa5Jj9J',
          ),
        },
      ],
      connect_ipv6_bracketed: [{ kind: 'connect', connection: id, address: '[2606:4700:4700::1111]:443' }],
      send_seq0_empty_open: [send(0n, '')],
      send_seq1_data: [send(1n, 'hello')],
      send_seq2_closed_empty: [send(2n, '', true)],
      send_large_seq: [
        {
          kind: 'send',
          connection: 0xffff_ffff_ffff_ffffn,
          closed: false,
          sequence: 0x1_0000_0000n,
          data: Uint8Array.of(0, 255),
        },
      ],
      query_open_proxy: [{ kind: 'query', query: 'open-proxy' }],
      query_description: [{ kind: 'query', query: 'description' }],
      query_exit_policy: [{ kind: 'query', query: 'exit-policy' }],
      control_health: [{ kind: 'control', request: 'health' }],
      control_binary_info: [{ kind: 'control', request: 'binary-info' }],
      control_supported_versions: [{ kind: 'control', request: 'supported-versions' }],
      legacy_connect: [{ kind: 'connect', connection: id, address: 'example.com:443' }, legacy],
      iface3_legacy_proto_send: [send(1n, 'hello'), { interface: 3, protocol: 'legacy' }],
    };

    test.each(upstream.requests.filter(({ name }) => name !== 'legacy_iface_proto3_send'))('$name', ({ name, hex }) => {
      const [request, version = CURRENT_VERSION] = expected[name] ?? [];
      expect(request).toBeDefined();
      if (request === undefined) return;
      expect(hexOf(encodeRequest(request, version))).toBe(hex);
      expect(decodeRequest(bytesOf(hex))).toEqual({ request, version });
    });

    test('the mix that cannot be read back is not written', () => {
      expect(() => encodeRequest(send(1n, 'hello'), { interface: 'legacy', protocol: 3 })).toThrow(TypeError);
      const misread = upstream.requests.find(({ name }) => name === 'legacy_iface_proto3_send');
      expect(outcomeOf(() => decodeRequest(bytesOf(misread?.hex ?? '')))).toBe(MALFORMED);
    });
  });

  test.each(upstream.request_decode_cases)('$name: taken or refused as upstream does', ({ hex, upstream: result }) => {
    if ('error' in result) {
      expect(outcomeOf(() => decodeRequest(bytesOf(hex)))).toBe(MALFORMED);
      return;
    }
    const { request, version } = decodeRequest(bytesOf(hex));
    expect(rustOf(request, version)).toBe(result.ok);
    expect(version.interface === 'legacy' ? 'Legacy' : `Versioned(${version.interface})`).toBe(result.iface);
  });
});

describe('responses', () => {
  describe('are written and read as upstream does', () => {
    const id = 0x0102030405060708n;
    const data = (sequence: bigint, text: string, closed = false): RequesterResponse => ({
      kind: 'data',
      closed,
      connection: id,
      sequence,
      data: new TextEncoder().encode(text),
    });
    const policy = ['reject 10.0.0.0/8:*', 'accept *:443', 'accept6 [2001:db8::]/32:1000-2000', 'reject *:*'];
    const expected: Record<string, [RequesterResponse, RequesterVersion?]> = {
      data_seq0_empty_open: [data(0n, '')],
      data_seq1: [data(1n, 'hello')],
      data_seq2_closed_empty: [data(2n, '', true)],
      connection_error_filter: [{ kind: 'error', connection: id, text: 'Domain "example.com:25" failed filter check' }],
      query_open_proxy_true: [{ kind: 'query', answer: { about: 'open-proxy', open: true } }],
      query_open_proxy_false: [{ kind: 'query', answer: { about: 'open-proxy', open: false } }],
      query_description: [{ kind: 'query', answer: { about: 'description', text: 'Description (placeholder)' } }],
      query_exit_policy: [
        {
          kind: 'query',
          answer: {
            about: 'exit-policy',
            enabled: true,
            upstream: 'https://e.x/p.txt',
            policy: parseExitPolicy(policy.map(rule => `ExitPolicy ${rule}`).join('\n')),
          },
        },
      ],
      query_error: [{ kind: 'query', answer: { about: 'error', text: 'this is an error' } }],
      control_health: [{ kind: 'control', response: { about: 'health' } }],
      control_supported_versions: [
        { kind: 'control', response: { about: 'supported-versions', interface: 3, provider: 3 } },
      ],
      control_binary_info: [
        {
          kind: 'control',
          response: {
            about: 'binary-info',
            binaryName: 'nym-node',
            build: {
              binary_name: 'nym-node',
              build_timestamp: '2026-05-01T00:00:00Z',
              build_version: '1.31.0',
              commit_sha: '00',
              commit_timestamp: '2026-05-01T00:00:00Z',
              commit_branch: 'HEAD',
              rustc_version: '1.88.0',
              rustc_channel: 'stable',
              cargo_profile: 'release',
              cargo_triple: 'x86_64-unknown-linux-gnu',
            },
          },
        },
      ],
      legacy_data_seq1: [data(1n, 'hello'), { interface: 'legacy', protocol: 'legacy' }],
      iface3_legacy_proto_data_seq1: [data(1n, 'hello'), { interface: 3, protocol: 'legacy' }],
    };

    test.each(upstream.responses)('$name', ({ name, hex }) => {
      const [response, version = CURRENT_VERSION] = expected[name] ?? [];
      expect(response).toBeDefined();
      if (response === undefined) return;
      expect(hexOf(encodeResponse(response, version))).toBe(hex);
      expect(decodeResponse(bytesOf(hex))).toEqual({ response, version });
    });
  });

  test.each(upstream.response_decode_cases)('$name: taken or refused as upstream does', ({ hex, upstream: result }) => {
    if ('error' in result) {
      expect(outcomeOf(() => decodeResponse(bytesOf(hex)))).toBe(MALFORMED);
      return;
    }
    const { response, version } = decodeResponse(bytesOf(hex));
    expect(rustOfResponse(response, version)).toBe(result.ok);
  });

  test('a query answer that cannot be read back is not written', () => {
    const response: RequesterResponse = { kind: 'query', answer: { about: 'open-proxy', open: true } };
    expect(() => encodeResponse(response, { interface: 3, protocol: 'legacy' })).toThrow(TypeError);
    const health: RequesterResponse = { kind: 'control', response: { about: 'health' } };
    expect(() => encodeResponse(health, { interface: 'legacy', protocol: 'legacy' })).toThrow(TypeError);
  });
});

describe("values of upstream's own tests", () => {
  const asRequest = (hex: string) => decodeRequest(bytesOf(`030103${hex}`)).request;
  const asResponse = (hex: string) => decodeResponse(bytesOf(`030103${hex}`)).response;

  test.each(fixtures.filter(({ what }) => what.startsWith('legacy')))('$what', ({ hex }) => {
    const { version, request } = decodeRequest(bytesOf(hex));
    expect(version).toEqual({ interface: 'legacy', protocol: 'legacy' });
    expect(hexOf(encodeRequest(request, version))).toBe(hex);
    if (request.kind === 'connect') {
      expect(request).toMatchObject({ connection: 215647648274976171n, address: '80.249.99.148:80' });
    } else {
      expect(request).toMatchObject({ kind: 'send', connection: 7810961472501196273n, sequence: 0n, closed: false });
    }
  });

  test.each(fixtures.filter(({ what }) => what.startsWith('17-byte header in request order')))('$what', ({ hex }) => {
    expect(asRequest(`01${hex}`)).toEqual({
      kind: 'send',
      connection: 0x0606060606060606n,
      closed: false,
      sequence: 0x0001020304050607n,
      data: bytesOf('ffffff'),
    });
  });

  test.each(fixtures.filter(({ what }) => what.startsWith('17-byte header in response order')))('$what', ({ hex }) => {
    expect(asResponse(`01${hex}`)).toEqual({
      kind: 'data',
      connection: 0x0606060606060606n,
      closed: false,
      sequence: 0x0001020304050607n,
      data: bytesOf('ffffff'),
    });
  });

  test.each(fixtures.filter(({ what }) => what.startsWith('fewer than 17')))('$what', ({ hex }) => {
    expect(outcomeOf(() => asRequest(`01${hex}`))).toBe(MALFORMED);
    expect(outcomeOf(() => asResponse(`01${hex}`))).toBe(MALFORMED);
  });

  test.each(fixtures.filter(({ source }) => source.includes('request.rs')))('$what', ({ hex, error }) => {
    if (error !== undefined) expect(outcomeOf(() => asRequest(hex))).toBe(MALFORMED);
    else expect(hexOf(encodeRequest(asRequest(hex)))).toBe(`030103${hex}`);
  });

  test.each(fixtures.filter(({ source }) => source.includes('response.rs')))('$what', ({ hex, what, error }) => {
    const content = what.startsWith('ConnectionError body') ? `02${hex}` : hex;
    if (error !== undefined) expect(outcomeOf(() => asResponse(content))).toBe(MALFORMED);
    else expect(hexOf(encodeResponse(asResponse(content)))).toBe(`030103${content}`);
  });

  test('every one of them is used above', () => {
    const used = fixtures.filter(
      ({ what, source }) =>
        /^(legacy|17-byte|fewer than 17)/.test(what) || source.includes('request.rs') || source.includes('response.rs'),
    );
    expect(used).toHaveLength(fixtures.length);
  });
});

describe('bytes of any kind', () => {
  const valid = [...upstream.requests, ...upstream.responses].map(({ hex }) => bytesOf(hex));
  const mutated = fc
    .tuple(fc.constantFrom(...valid), fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 }), fc.nat(400))
    .map(([bytes, changes, length]) => {
      const copy = bytes.slice(0, length);
      for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
      return copy;
    });

  test.each([
    ['random', fc.uint8Array({ maxLength: 200 })],
    ['almost right', mutated],
  ])('%s: read, or refused with our error', (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, bytes => {
        for (const decode of [decodeRequest, decodeResponse]) {
          try {
            decode(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(MixnetError);
            expect((error as MixnetError).code).toBe(MALFORMED);
          }
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('what is read and written again reads the same', () => {
    fc.assert(
      fc.property(mutated, bytes => {
        let first: ReturnType<typeof decodeRequest>;
        try {
          first = decodeRequest(bytes);
        } catch {
          return;
        }
        expect(decodeRequest(encodeRequest(first.request, first.version))).toEqual(first);
      }),
      { numRuns: 2000 },
    );
  });
});

/** The value as upstream prints it. */
function rustOf(request: RequesterRequest, version: RequesterVersion): string {
  return `ProviderData(Socks5Request { protocol_version: ${rustVersion(version)}, content: ${content()} })`;

  function content(): string {
    if (request.kind === 'send') return `Send(SendRequest { data: ${rustSocketData(request)} })`;
    if (request.kind !== 'connect') throw new Error('not in the vectors');
    const { connection, address } = request;
    return `Connect(ConnectRequest { conn_id: ${connection}, remote_addr: ${JSON.stringify(address)}, return_address: None })`;
  }
}

function rustOfResponse(response: RequesterResponse, version: RequesterVersion): string {
  if (response.kind === 'control' && response.response.about === 'error') {
    return `Control(Error(ErrorResponse { message: ${JSON.stringify(response.response.text)} }))`;
  }
  return `ProviderData(Socks5Response { protocol_version: ${rustVersion(version)}, content: ${content()} })`;

  function content(): string {
    if (response.kind === 'data') return `NetworkData { content: ${rustSocketData(response)} }`;
    if (response.kind !== 'error') throw new Error('not in the vectors');
    const { connection, text } = response;
    return `ConnectionError(ConnectionError { connection_id: ${connection}, network_requester_error: ${JSON.stringify(text)} })`;
  }
}

function rustVersion({ protocol }: RequesterVersion): string {
  return protocol === 'legacy' ? 'Legacy' : `Versioned(${protocol})`;
}

function rustSocketData(data: { sequence: bigint; connection: bigint; closed: boolean; data: Uint8Array }): string {
  const header = `SocketDataHeader { seq: ${data.sequence}, connection_id: ${data.connection}, local_socket_closed: ${data.closed} }`;
  return `SocketData { header: ${header}, data: [${[...data.data].join(', ')}] }`;
}

import { getEventListeners, once } from 'node:events';
import type { Socket } from 'node:net';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { MixnetError } from '../../src/errors.ts';
import type { Authorities, SecureOptions, SecureStream } from '../../src/tls/index.ts';
import { createAuthority } from '../support/certificates.ts';
import { implementations } from './implementations.ts';
import { connectTo, tcpServer, tlsServer } from './servers.ts';

const authority = await createAuthority('the authority');
const ca = [authority.certificate];
const shop = await authority.issue({ hosts: ['shop.test'] });

describe.each(implementations)('$name', ({ createTls }) => {
  const tls = createTls({ ca });

  async function secureTo(port: number, options: Partial<SecureOptions & Authorities> = {}): Promise<SecureStream> {
    const { hostname = 'shop.test', alpn = ['http/1.1'], signal, ...authorities } = options;
    const trusting = createTls({ ca, ...authorities });
    return trusting.secure(await connectTo(port), { hostname, alpn, signal });
  }

  describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', version => {
    const only: TlsOptions = { ...shop, minVersion: version, maxVersion: version };

    test('carries bytes both ways', async () => {
      let spoken: string | null = null;
      const port = await tlsServer(only, socket => {
        spoken = socket.getProtocol();
        echo(socket);
      });
      const stream = await secureTo(port);
      expect(await roundTrip(stream, 'hello')).toBe('hello');
      expect(spoken).toBe(version);
      await stream.close();
      await stream.closed;
    });

    test('tells which protocol the server chose, and that it chose none', async () => {
      const choosing = await tlsServer({ ...only, ALPNProtocols: ['h2', 'http/1.1'] });
      expect((await secureTo(choosing)).alpn).toBe('http/1.1');
      expect((await secureTo(choosing, { alpn: [] })).alpn).toBeUndefined();
      expect((await secureTo(await tlsServer(only))).alpn).toBeUndefined();
    });

    test('names the host to the server, but not an IP address, and never resumes a session', async () => {
      const seen: unknown[] = [];
      const certificate = await authority.issue({ hosts: ['shop.test', '127.0.0.1', '::1'] });
      const port = await tlsServer({ ...only, ...certificate }, socket => {
        seen.push([Reflect.get(socket, 'servername'), socket.isSessionReused()]);
        echo(socket);
      });
      for (const hostname of ['shop.test', 'shop.test.', '127.0.0.1', '[::1]', 'shop.test']) {
        await roundTrip(await secureTo(port, { hostname }), 'ticket');
      }
      expect(seen).toEqual([
        ['shop.test', false],
        ['shop.test', false],
        [false, false],
        [false, false],
        ['shop.test', false],
      ]);
    });
  });

  describe('the certificate is accepted', async () => {
    const intermediate = await authority.issueAuthority('an intermediate');
    test.each([
      ['for a wildcard', 'a.wild.test', await authority.issue({ hosts: ['*.wild.test'] })],
      ['for an IPv4 address', '127.0.0.1', await authority.issue({ hosts: ['127.0.0.1'] })],
      ['for an IPv6 address', '[2001:DB8::1]', await authority.issue({ hosts: ['2001:db8::1'] })],
      ['by way of an intermediate authority', 'shop.test', await intermediate.issue({ hosts: ['shop.test'] })],
    ])('%s', async (_what, hostname, certificate) => {
      const port = await tlsServer(certificate, echo);
      expect(await roundTrip(await secureTo(port, { hostname }), 'hello')).toBe('hello');
    });

    test('of an extra authority', async () => {
      const port = await tlsServer(shop, echo);
      expect(await roundTrip(await secureTo(port, { ca: undefined, extraCa: ca }), 'hello')).toBe('hello');
      expect(await roundTrip(await secureTo(port, { ca: [], extraCa: ca }), 'hello')).toBe('hello');
    });
  });

  describe('the certificate is refused', async () => {
    const stranger = await createAuthority('a stranger');
    const intermediate = await (await authority.issueAuthority('an intermediate')).issue({ hosts: ['shop.test'] });
    const leafAsAuthority = await authority.issueAuthority('a leaf', { mayIssue: false });
    const oldAuthority = await authority.issueAuthority('an old one', { notAfter: new Date('2021-01-01') });
    const firstOf = (chain: string): string => chain.slice(0, chain.indexOf('-----BEGIN', 1));

    test.each([
      [
        'expired',
        'CERT_HAS_EXPIRED',
        await authority.issue({ hosts: ['shop.test'], notAfter: new Date('2021-01-01') }),
      ],
      [
        'not valid yet',
        'CERT_NOT_YET_VALID',
        await authority.issue({ hosts: ['shop.test'], notBefore: new Date('2048-01-01') }),
      ],
      ['for another host', 'ERR_TLS_CERT_ALTNAME_INVALID', await authority.issue({ hosts: ['other.test'] })],
      [
        'for a wildcard of another level',
        'ERR_TLS_CERT_ALTNAME_INVALID',
        await authority.issue({ hosts: ['*.shop.test'] }),
      ],
      ['for no host at all', 'ERR_TLS_CERT_ALTNAME_INVALID', await authority.issue({ hosts: [] })],
      [
        'for the host by its common name only',
        'ERR_TLS_CERT_ALTNAME_INVALID',
        await authority.issue({ hosts: [], commonName: 'shop.test' }),
      ],
      ['for an address only', 'ERR_TLS_CERT_ALTNAME_INVALID', await authority.issue({ hosts: ['127.0.0.1'] })],
      ['of an unknown authority', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', await stranger.issue({ hosts: ['shop.test'] })],
      [
        'without its intermediate',
        'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
        { ...intermediate, cert: firstOf(intermediate.cert) },
      ],
      [
        'of a certificate that is no authority',
        'key usage does not include certificate signing',
        await leafAsAuthority.issue({ hosts: ['shop.test'] }),
      ],
      ['of an expired intermediate', 'CERT_HAS_EXPIRED', await oldAuthority.issue({ hosts: ['shop.test'] })],
      ['made for clients', 'INVALID_PURPOSE', await authority.issue({ hosts: ['shop.test'], purpose: 'client' })],
      [
        'with a critical extension that nobody knows',
        'unhandled critical extension',
        await authority.issue({ hosts: ['shop.test'], unknownCritical: true }),
      ],
    ])('%s', async (_what, reason, certificate) => {
      let heard = 0;
      const port = await tlsServer(certificate, socket => socket.on('data', bytes => (heard += bytes.length)));
      const below = await connectTo(port);
      const error = await tls.secure(below, { hostname: 'shop.test', alpn: [] }).catch((error: unknown) => error);

      expect(error).toBeInstanceOf(MixnetError);
      expect(error).toMatchObject({ code: 'ERR_MIX_TLS_CERTIFICATE', message: expect.stringContaining(reason) });
      expect(String((error as Error).message) + String((error as Error).cause)).not.toContain('shop.test');
      await below.closed;
      expect(heard).toBe(0);
    });

    test.each([
      ['for another address', '127.0.0.2', await authority.issue({ hosts: ['127.0.0.1'] })],
      ['for an address written as a name', '127.0.0.1', await authority.issue({ hosts: [], commonName: '127.0.0.1' })],
      ['for a name below a wildcard', 'a.b.wild.test', await authority.issue({ hosts: ['*.wild.test'] })],
      ['for the name above a wildcard', 'wild.test', await authority.issue({ hosts: ['*.wild.test'] })],
      ['for a wildcard that is part of a label', 'foo.wild.test', await authority.issue({ hosts: ['f*.wild.test'] })],
    ])('%s', async (_what, hostname, certificate) => {
      const refused = secureTo(await tlsServer(certificate), { hostname });
      await expect(refused).rejects.toMatchObject({ code: 'ERR_MIX_TLS_CERTIFICATE' });
    });

    test('when the authority is trusted by others only: `ca` replaces the trusted ones', async () => {
      const port = await tlsServer(shop);
      for (const trust of [{ ca: undefined }, { ca: [] }, { ca: [stranger.certificate] }, { ca: [], extraCa: [] }]) {
        await expect(secureTo(port, trust)).rejects.toMatchObject({ code: 'ERR_MIX_TLS_CERTIFICATE' });
      }
    });

    describe('whatever the environment says', () => {
      const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      afterEach(() => {
        if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
        else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
      });

      test('NODE_TLS_REJECT_UNAUTHORIZED=0 changes nothing', async () => {
        process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
        const port = await tlsServer(await stranger.issue({ hosts: ['shop.test'] }));
        await expect(secureTo(port)).rejects.toMatchObject({ code: 'ERR_MIX_TLS_CERTIFICATE' });
      });
    });
  });

  describe('the handshake fails', () => {
    const failing = { code: 'ERR_MIX_TLS_HANDSHAKE' };

    test('with a server that does not speak TLS', async () => {
      const port = await tcpServer(socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
      await expect(secureTo(port)).rejects.toMatchObject({
        ...failing,
        message: 'The TLS handshake with the destination failed: wrong version number (ERR_SSL_WRONG_VERSION_NUMBER).',
      });
    });

    test('with a server that is too old', async () => {
      const port = await tlsServer({
        ...shop,
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT:@SECLEVEL=0',
      });
      await expect(secureTo(port)).rejects.toMatchObject(failing);
    });

    test('with a server that knows none of the protocols offered', async () => {
      const port = await tlsServer({ ...shop, ALPNProtocols: ['h2'] });
      await expect(secureTo(port)).rejects.toMatchObject({
        ...failing,
        message: expect.stringContaining('no application protocol'),
      });
    });

    test.each([
      ['at once', (socket: Socket) => socket.end()],
      ['after the ClientHello', (socket: Socket) => socket.once('data', () => socket.end())],
      [
        'in the middle of a record',
        (socket: Socket) => socket.once('data', () => socket.end('\x16\x03\x03\x00\x50\x02')),
      ],
    ])('with a server that hangs up %s', async (_when, serve) => {
      await expect(secureTo(await tcpServer(serve))).rejects.toMatchObject({
        ...failing,
        message: 'The TLS handshake with the destination failed: the connection ended.',
      });
    });

    test('and the connection below is closed', async () => {
      const below = await connectTo(await tcpServer(socket => socket.write('not TLS at all')));
      await expect(tls.secure(below, { hostname: 'shop.test', alpn: [] })).rejects.toMatchObject(failing);
      await below.closed;
    });
  });

  describe('a handshake can be given up', () => {
    test('by its signal, and leaves nothing behind', async () => {
      let served: Socket | undefined;
      const port = await tcpServer(socket => {
        served = socket;
      });
      const below = await connectTo(port);
      const controller = new AbortController();
      const securing = tls.secure(below, { hostname: 'shop.test', alpn: [], signal: controller.signal });
      controller.abort(new Error('enough'));
      await expect(securing).rejects.toThrow('enough');
      await below.closed;
      expect(below.socket.destroyed).toBe(true);
      if (served && !served.destroyed) await once(served.resume(), 'end');
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    });

    test('before it begins', async () => {
      const below = await connectTo(await tcpServer(() => {}));
      const securing = tls.secure(below, {
        hostname: 'shop.test',
        alpn: [],
        signal: AbortSignal.abort(new Error('enough')),
      });
      await expect(securing).rejects.toThrow('enough');
      await below.closed;
    });

    test('but not after it: then the stream is closed by whoever has it', async () => {
      const controller = new AbortController();
      const stream = await secureTo(await tlsServer(shop, echo), { signal: controller.signal });
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
      controller.abort();
      expect(await roundTrip(stream, 'hello')).toBe('hello');
    });
  });

  describe('over a stream that is not open yet', () => {
    test('the ClientHello is written at once', () => {
      const written: Uint8Array[] = [];
      const never = new Promise<void>(() => {});
      tls
        .secure(
          {
            readable: new ReadableStream(),
            writable: new WritableStream({ write: bytes => void written.push(bytes) }),
            close: () => never,
          },
          { hostname: 'shop.test', alpn: ['http/1.1'] },
        )
        .catch(() => {});
      return Promise.resolve().then(() => {
        expect(written).toHaveLength(1);
        const hello = Buffer.from(written[0] ?? []);
        expect([hello[0], hello[5]], 'a handshake record with a ClientHello').toEqual([22, 1]);
        expect(hello.includes('shop.test')).toBe(true);
        expect(hello.includes('http/1.1')).toBe(true);
      });
    });

    test.each(['readable', 'writable'] as const)('an error of its %s is the error of the handshake', async side => {
      const refusal = new MixnetError('ERR_MIX_EXIT_REFUSED');
      const closedWith: unknown[] = [];
      const securing = tls.secure(
        {
          readable: new ReadableStream(side === 'readable' ? { pull: controller => controller.error(refusal) } : {}),
          writable: new WritableStream(side === 'writable' ? { write: () => Promise.reject(refusal) } : {}),
          close: async reason => void closedWith.push(reason),
        },
        { hostname: 'shop.test', alpn: [] },
      );
      expect(await securing.catch((error: unknown) => error)).toBe(refusal);
      expect(closedWith).toEqual([refusal]);
    });
  });
});

function echo(socket: TLSSocket): void {
  socket.pipe(socket);
}

async function roundTrip(stream: SecureStream, text: string): Promise<string> {
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  await writer.write(new TextEncoder().encode(text));
  let answer = '';
  while (answer.length < text.length) {
    const { value } = await reader.read();
    answer += new TextDecoder().decode(value);
  }
  return answer;
}

/**
 * TLS of this package's own, for runtimes that have none, and for whoever wants the same ClientHello everywhere. No
 * certificate is accepted unchecked: there is no option for it.
 *
 * @module
 */

import { MixnetError } from '../errors.ts';
import type { Platform } from '../platform/platform.ts';
import { closeIfAborted, unlessAborted } from './abortable.ts';
import { checkAuthorities } from './authorities.ts';
import { OwnSecureStream } from './own-stream.ts';
import { TlsConnection } from './protocol/connection.ts';
import type { Authorities, ByteStream, SecureOptions, SecureStream, Tls } from './secure-stream.ts';
import { isAddress, serverNameOf } from './server-name.ts';
import { checkChain } from './x509/path.ts';
import { Trust, type TrustAnchor } from './x509/trust.ts';

/** What it takes from the platform: randomness, and the time that certificates are judged by. */
export type TlsPlatform = Pick<Platform, 'randomBytes' | 'wallTime'>;

export function createOwnTls(authorities: Authorities, platform: TlsPlatform): Tls {
  checkAuthorities(authorities);
  let trust: Promise<Trust> | undefined;
  return {
    async secure(stream, options) {
      closeIfAborted(stream, options.signal);
      // Only when it is needed, and beside the first round trip. A failure is not for ever.
      trust ??= trusting(authorities).catch(error => {
        trust = undefined;
        throw error;
      });
      return handshake(stream, options, trust, platform);
    },
  };
}

async function handshake(
  stream: ByteStream,
  { hostname, alpn, signal }: SecureOptions,
  trusted: Promise<Trust>,
  platform: TlsPlatform,
): Promise<SecureStream> {
  const host = serverNameOf(hostname);
  // Nobody, until it is known whom: nothing of the server is read before that.
  let trust = new Trust([]);
  const connection = new TlsConnection({
    serverName: isAddress(host) ? undefined : host,
    alpn,
    randomBytes: platform.randomBytes,
    checkChain: chain => checkChain(chain, { trust, host, now: platform.wallTime() }),
  });
  const secured = new OwnSecureStream(stream, connection);
  const ready = trusted.then(loaded => {
    trust = loaded;
  });
  return unlessAborted(secured, secured.handshake(ready), signal);
}

/** The list of the built-in authorities is loaded unless `ca` is in their place. */
async function trusting({ ca, extraCa = [] }: Authorities): Promise<Trust> {
  const trust = new Trust(ca === undefined ? await builtIn() : []);
  for (const pem of [...(ca ?? []), ...extraCa]) trust.addPem(pem);
  return trust;
}

async function builtIn(): Promise<Iterable<TrustAnchor>> {
  try {
    const { rootAuthorities } = await import('../roots/index.ts');
    return rootAuthorities();
  } catch (cause) {
    const message = 'The list of certificate authorities could not be loaded.';
    throw new MixnetError('ERR_MIX_TLS_UNAVAILABLE', { message, cause });
  }
}

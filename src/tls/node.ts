/**
 * TLS by `node:tls`, over whatever carries the bytes. The certificate is always checked: there is no option, and no
 * environment variable, that turns it off.
 *
 * @module
 */

import { constants, X509Certificate } from 'node:crypto';
import {
  type ConnectionOptions,
  connect,
  createSecureContext,
  type PeerCertificate,
  rootCertificates,
  type SecureContext,
} from 'node:tls';
import { closeIfAborted, unlessAborted } from './abortable.ts';
import { checkAuthorities } from './authorities.ts';
import { RecordDuplex } from './node-duplex.ts';
import { NodeSecureStream } from './node-stream.ts';
import type { Authorities, ByteStream, SecureOptions, SecureStream, Tls } from './secure-stream.ts';
import { isAddress, serverNameOf } from './server-name.ts';

export function createTls(authorities: Authorities, _platform?: unknown): Tls {
  checkAuthorities(authorities);
  // Only when it is needed: reading all root certificates takes some 30 ms.
  let trust: SecureContext | undefined;
  return {
    async secure(stream, options) {
      closeIfAborted(stream, options.signal);
      trust ??= trusting(authorities);
      return handshake(stream, options, trust);
    },
  };
}

async function handshake(stream: ByteStream, options: SecureOptions, trust: SecureContext): Promise<SecureStream> {
  const records = new RecordDuplex(stream);
  const secured = new NodeSecureStream(stream, records, connect(connectionOptions(records, options, trust)));
  return unlessAborted(secured, secured.handshake, options.signal);
}

function connectionOptions(
  records: RecordDuplex,
  { hostname, alpn }: SecureOptions,
  secureContext: SecureContext,
): ConnectionOptions {
  const host = serverNameOf(hostname);
  return {
    socket: records,
    secureContext,
    // The default follows NODE_TLS_REJECT_UNAUTHORIZED.
    rejectUnauthorized: true,
    servername: isAddress(host) ? '' : host,
    checkServerIdentity: (_servername, certificate) => checkIdentity(host, certificate),
    ...(alpn.length > 0 && { ALPNProtocols: [...alpn] }),
  };
}

/**
 * The names are the subjectAltNames alone (RFC 9525, section 2), and a wildcard stands for one whole label. By OpenSSL:
 * `tls.checkServerIdentity` falls back to the common name, and in Node 22 it knows no IPv6 address.
 */
function checkIdentity(host: string, { raw }: PeerCertificate): Error | undefined {
  const certificate = new X509Certificate(raw);
  const name = isAddress(host)
    ? certificate.checkIP(host)
    : certificate.checkHost(host, { subject: 'never', partialWildcards: false });
  if (name !== undefined) return undefined;
  return Object.assign(new Error('it is for another host'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
}

function trusting({ ca, extraCa }: Authorities): SecureContext {
  return createSecureContext({
    // Left to Node, they include what the user of Node has added: NODE_EXTRA_CA_CERTS, --use-openssl-ca.
    ...((ca !== undefined || extraCa !== undefined) && { ca: [...(ca ?? rootCertificates), ...(extraCa ?? [])] }),
    minVersion: 'TLSv1.2',
    // In TLS 1.2 a server can ask for a second handshake, whose certificate nobody would look at.
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  });
}

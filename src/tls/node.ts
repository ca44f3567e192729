/**
 * TLS by `node:tls`, over whatever carries the bytes. The certificate is always checked: there is no option, and no
 * environment variable, that turns it off.
 *
 * @module
 */

import { constants, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  type ConnectionOptions,
  connect,
  createSecureContext,
  type PeerCertificate,
  rootCertificates,
  type SecureContext,
} from 'node:tls';
import { RecordDuplex } from './node-duplex.ts';
import { NodeSecureStream } from './node-stream.ts';
import type { ByteStream, SecureOptions, SecureStream } from './secure-stream.ts';

/**
 * TLS 1.2 or 1.3 as client. The ClientHello is written before this returns its promise, whether or not the stream is open
 * yet. If it fails, the stream below is closed.
 *
 * @throws MixnetError ERR_MIX_TLS_CERTIFICATE, ERR_MIX_TLS_HANDSHAKE; the error of the stream below, as it is; the reason
 * of the signal.
 */
export async function secure(stream: ByteStream, options: SecureOptions): Promise<SecureStream> {
  const { signal } = options;
  if (signal?.aborted) {
    stream.close(signal.reason).catch(() => {});
    throw signal.reason;
  }
  const records = new RecordDuplex(stream);
  const secured = new NodeSecureStream(stream, records, connect(connectionOptions(records, options)));
  const onAbort = (): void => secured.fail(signal?.reason);
  signal?.addEventListener('abort', onAbort);
  try {
    await secured.handshake;
    return secured;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

function connectionOptions(records: RecordDuplex, { hostname, alpn, ca, extraCa }: SecureOptions): ConnectionOptions {
  // Of an IPv6 literal in a URL, and of a name that ends at the root.
  const host = hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  return {
    socket: records,
    secureContext: trusting(ca, extraCa),
    // The default follows NODE_TLS_REJECT_UNAUTHORIZED.
    rejectUnauthorized: true,
    // RFC 6066, section 3: literal addresses are not permitted as server_name.
    servername: isIP(host) === 0 ? host : '',
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
  const name =
    isIP(host) === 0
      ? certificate.checkHost(host, { subject: 'never', partialWildcards: false })
      : certificate.checkIP(host);
  if (name !== undefined) return undefined;
  return Object.assign(new Error('it is for another host'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
}

interface Trust {
  readonly ca: readonly string[] | undefined;
  readonly extraCa: readonly string[] | undefined;
  readonly context: SecureContext;
}

/** The last one made. Reading all root certificates takes some 30 ms, and hardly any program has more than one trust. */
let lastTrust: Trust | undefined;

function trusting(ca: readonly string[] | undefined, extraCa: readonly string[] | undefined): SecureContext {
  if (lastTrust === undefined || lastTrust.ca !== ca || lastTrust.extraCa !== extraCa) {
    const authorities = [...(ca ?? rootCertificates), ...(extraCa ?? [])];
    const context = createSecureContext({
      // Left to Node, they include what the user of Node has added: NODE_EXTRA_CA_CERTS, --use-openssl-ca.
      ...((ca !== undefined || extraCa !== undefined) && { ca: authorities }),
      minVersion: 'TLSv1.2',
      // In TLS 1.2 a server can ask for a second handshake, whose certificate nobody would look at.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    });
    lastTrust = { ca, extraCa, context };
  }
  return lastTrust.context;
}

/**
 * TLS over a stream: `node:tls` on Node, this package's own elsewhere, and on Node for whoever asks for it. `#secure` is
 * resolved per runtime by the "imports" map of package.json.
 *
 * @module
 */

export { createTls } from '#secure';
export { createOwnTls, type TlsPlatform } from './own.ts';
export type { Authorities, ByteStream, SecureOptions, SecureStream, Tls } from './secure-stream.ts';

/**
 * TLS over a stream: `node:tls` on Node. `#secure` is resolved per runtime by the "imports" map of package.json.
 *
 * @module
 */

export { createTls } from '#secure';
export type { Authorities, ByteStream, SecureOptions, SecureStream, Tls } from './secure-stream.ts';

/**
 * TLS over a stream: `node:tls` on Node. `#secure` is resolved per runtime by the "imports" map of package.json.
 *
 * @module
 */

export { secure } from '#secure';
export type { ByteStream, SecureOptions, SecureStream } from './secure-stream.ts';

/** Where there is no TLS of the platform, it is this package's own. */

export { createOwnTls as createTls } from './own.ts';

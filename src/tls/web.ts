import { MixnetError } from '../errors.ts';
import type { Authorities, Tls } from './secure-stream.ts';

/** Where there is no TLS of the platform: to secure a stream closes it, and fails with ERR_MIX_TLS_UNAVAILABLE. */
export function createTls(_authorities: Authorities): Tls {
  return {
    async secure(stream) {
      const error = new MixnetError('ERR_MIX_TLS_UNAVAILABLE');
      stream.close(error).catch(() => {});
      throw error;
    },
  };
}

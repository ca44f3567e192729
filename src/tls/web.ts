import { MixnetError } from '../errors.ts';
import type { ByteStream, SecureOptions, SecureStream } from './secure-stream.ts';

/**
 * Where there is no TLS of the platform: closes the stream.
 *
 * @throws MixnetError ERR_MIX_TLS_UNAVAILABLE
 */
export async function secure(stream: ByteStream, _options: SecureOptions): Promise<SecureStream> {
  const error = new MixnetError('ERR_MIX_TLS_UNAVAILABLE');
  stream.close(error).catch(() => {});
  throw error;
}

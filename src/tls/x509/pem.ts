/** Certificates in their textual encoding: RFC 7468, section 5. */

import { decodeBase64 } from '../../crypto/base64.ts';
import { MixnetError } from '../../errors.ts';

const block = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g;

/** DER, in the order of the text; what stands between the certificates is no matter. @throws MixnetError ERR_MIX_USAGE_OPTION */
export function certificatesOfPem(text: string): Uint8Array[] {
  try {
    return [...text.matchAll(block)].map(([, body = '']) => decodeBase64(body.replace(/\s/g, '')));
  } catch (cause) {
    throw new MixnetError('ERR_MIX_USAGE_OPTION', { message: 'A certificate of an authority is not PEM.', cause });
  }
}

/** The errors of this room. Their messages say what was wrong, never which name was asked for. */

import { MixnetError } from '../errors.ts';

export function malformed(what: string): MixnetError {
  return new MixnetError('ERR_MIX_DNS_MALFORMED', { message: `The answer is no DNS message that fits: ${what}.` });
}

export function resolverFailed(what: string, options: { readonly cause?: unknown } = {}): MixnetError {
  return new MixnetError('ERR_MIX_DNS_FAILED', { message: `The resolver has failed: ${what}.`, ...options });
}

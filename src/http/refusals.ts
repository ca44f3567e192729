/** The errors of this room. Their messages say what was wrong, never what was received. */

import { MixnetError } from '../errors.ts';

export function malformed(what: string): MixnetError {
  return new MixnetError('ERR_MIX_HTTP_MALFORMED', { message: `The answer is not HTTP/1.1: ${what}.` });
}

export function tooLarge(what: string): MixnetError {
  return new MixnetError('ERR_MIX_HTTP_TOO_LARGE', { message: `The answer exceeds a limit: ${what}.` });
}

export function truncated(where: string): MixnetError {
  return new MixnetError('ERR_MIX_HTTP_TRUNCATED', { message: `The connection ended ${where}.` });
}

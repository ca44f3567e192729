import { MixnetError } from '../errors.ts';

/** The one error of this room's parsers. `why` names the rule that was broken, never the bytes. */
export function malformed(why: string): MixnetError {
  return new MixnetError('ERR_MIX_MIXNET_MALFORMED', { message: why });
}

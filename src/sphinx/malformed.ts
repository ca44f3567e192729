import { MixnetError } from '../errors.ts';

/** The error of every parser of this room. `what` names the struct and the rule, never a value. */
export function malformed(what: string): MixnetError {
  return new MixnetError('ERR_MIX_MIXNET_MALFORMED', { message: what });
}

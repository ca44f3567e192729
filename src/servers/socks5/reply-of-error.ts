/** Why a connection did not come about, in the words of SOCKS. */

import { MixnetError, type MixnetErrorCode } from '../../errors.ts';
import type { Reply } from './messages.ts';

type Family = MixnetErrorCode extends `ERR_MIX_${infer Code}` ? FamilyOf<Code> : never;
type FamilyOf<Code> = Code extends `${infer First}_${string}` ? First : never;

const ofFamily: Record<Family, Reply> = {
  DIRECTORY: 'networkUnreachable',
  GATEWAY: 'networkUnreachable',
  MIXNET: 'networkUnreachable',
  EXIT: 'networkUnreachable',
  PEER: 'generalFailure',
  TLS: 'generalFailure',
  HTTP: 'generalFailure',
  DNS: 'generalFailure',
  WEBSOCKET: 'generalFailure',
  TIMEOUT: 'timedOut',
  STORAGE: 'generalFailure',
  USAGE: 'generalFailure',
};

/** Of an exit that says no more than that it could not connect, "refused" is the likeliest reason. */
const ofCode: Partial<Record<MixnetErrorCode, Reply>> = {
  ERR_MIX_EXIT_REFUSED: 'notAllowed',
  ERR_MIX_EXIT_DIAL_FAILED: 'connectionRefused',
  ERR_MIX_EXIT_SILENT: 'timedOut',
  ERR_MIX_MIXNET_UNDELIVERED: 'timedOut',
  ERR_MIX_EXIT_CLOSED: 'generalFailure',
};

/** A TypeError is about a destination that cannot be: no name, or port 0. */
export function replyOfError(error: unknown): Reply {
  if (error instanceof TypeError) return 'hostUnreachable';
  if (!(error instanceof MixnetError)) return 'generalFailure';
  const family = /^ERR_MIX_([A-Z]+)_/.exec(error.code)?.[1];
  return ofCode[error.code] ?? ofFamily[family as Family];
}

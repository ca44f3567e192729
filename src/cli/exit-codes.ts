/** The exit codes of the command: curl's wherever curl has one for the case, and our own from 110 on. */

import type { MixnetErrorCode } from '../errors.ts';

export const exitCodes = {
  0: 'Success.',
  1: 'The protocol of the URL is not supported.',
  2: 'The command line has something that it cannot have.',
  3: 'The URL is malformed.',
  4: 'This runtime has no TLS that can be used.',
  6: 'The exit refused the destination: the name does not resolve, or its policy forbids it.',
  7: 'The exit could not connect to the destination.',
  8: 'The answer is not HTTP/1.1.',
  18: 'The answer ended before it was complete.',
  22: 'The status is 400 or more, and --fail was given.',
  23: 'The body could not be written.',
  26: 'A file to be sent could not be read.',
  28: 'It took too long.',
  35: 'The TLS handshake with the destination failed.',
  47: 'There are too many redirects, or one that is not followed.',
  52: 'The destination gave no answer.',
  56: 'The connection broke.',
  60: 'The certificate of the destination was not accepted.',
  61: 'The body does not decode as its Content-Encoding says.',
  65: 'The body cannot be sent a second time.',
  77: 'The file of --cacert could not be read.',
  100: 'The headers of the answer are too large, or its body expands to too much.',
  110: 'The directory of the network cannot be reached or used.',
  111: 'The gateway cannot be reached, or refuses this client.',
  112: 'The mixnet does not deliver.',
  113: 'No exit is known, or none of those tried works.',
  119: 'An error of this program.',
  130: 'It was interrupted.',
} as const;

export type ExitCode = keyof typeof exitCodes;

type Family = MixnetErrorCode extends `ERR_MIX_${infer Code}` ? FamilyOf<Code> : never;
type FamilyOf<Code> = Code extends `${infer First}_${string}` ? First : never;

const ofFamily: Record<Family, ExitCode> = {
  DIRECTORY: 110,
  GATEWAY: 111,
  MIXNET: 112,
  EXIT: 113,
  PEER: 113,
  TLS: 35,
  HTTP: 8,
  WEBSOCKET: 8,
  DNS: 6,
  TIMEOUT: 28,
  STORAGE: 2,
  USAGE: 2,
};

const ofCode: Partial<Record<MixnetErrorCode, ExitCode>> = {
  ERR_MIX_EXIT_REFUSED: 6,
  ERR_MIX_EXIT_DIAL_FAILED: 7,
  ERR_MIX_EXIT_CLOSED: 56,
  ERR_MIX_TLS_UNAVAILABLE: 4,
  ERR_MIX_TLS_CERTIFICATE: 60,
  ERR_MIX_TLS_FAILED: 56,
  ERR_MIX_TLS_TRUNCATED: 56,
  ERR_MIX_HTTP_TRUNCATED: 18,
  ERR_MIX_HTTP_TOO_LARGE: 100,
  ERR_MIX_HTTP_REDIRECT: 47,
  ERR_MIX_HTTP_ENCODING: 61,
};

/** `answered`: whether the head of an answer had come. */
export function exitCodeOf(code: MixnetErrorCode, answered = false): ExitCode {
  if (code === 'ERR_MIX_HTTP_TRUNCATED' && !answered) return 52;
  const family = /^ERR_MIX_([A-Z]+)_/.exec(code)?.[1];
  return ofCode[code] ?? ofFamily[family as Family];
}

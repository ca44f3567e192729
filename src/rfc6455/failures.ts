/** The errors of this room, and what the server is told of them. Their messages say what was wrong, never what came. */

import { MixnetError, type MixnetErrorCode } from '../errors.ts';

export function refused(what: string): MixnetError {
  return new MixnetError('ERR_MIX_WEBSOCKET_REFUSED', { message: `The server did not open a websocket: ${what}.` });
}

export function malformed(what: string): MixnetError {
  return new MixnetError('ERR_MIX_WEBSOCKET_MALFORMED', { message: `The server breaks RFC 6455: ${what}.` });
}

export function notUtf8(): MixnetError {
  return new MixnetError('ERR_MIX_WEBSOCKET_TEXT');
}

export function tooLarge(): MixnetError {
  return new MixnetError('ERR_MIX_WEBSOCKET_TOO_LARGE');
}

/** RFC 6455, section 7.4.1. */
const statuses: { readonly [Code in MixnetErrorCode]?: number } = {
  ERR_MIX_WEBSOCKET_MALFORMED: 1002,
  ERR_MIX_WEBSOCKET_TEXT: 1007,
  ERR_MIX_WEBSOCKET_TOO_LARGE: 1009,
};

/** What a close frame says of the error; `undefined` where there is nobody to tell. */
export function closeStatusOf(error: unknown): number | undefined {
  return error instanceof MixnetError ? statuses[error.code] : undefined;
}

import { MixnetError } from '../../src/errors.ts';

export { hex as hexOf, unhex as bytesOf } from '../support/bytes.ts';

export const MALFORMED = 'ERR_MIX_EXIT_MALFORMED';

/** The code of what `run` throws; any other error goes through. */
export function outcomeOf(run: () => unknown): string {
  try {
    run();
    return 'nothing thrown';
  } catch (error) {
    if (error instanceof MixnetError) return error.code;
    throw error;
  }
}

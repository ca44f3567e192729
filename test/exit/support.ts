import { MixnetError } from '../../src/errors.ts';

export const MALFORMED = 'ERR_MIX_EXIT_MALFORMED';

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], byte => Number.parseInt(byte, 16));
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}

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

import type { RandomBytes } from '../../src/platform/platform.ts';

/** Gives these byte strings, one a call, and complains about any call that a vector does not account for. */
export function scripted(...draws: readonly Uint8Array[]): RandomBytes {
  const left = [...draws];
  return length => {
    const next = left.shift();
    if (next?.length !== length) throw new Error(`asked for ${length} random bytes, the script has ${next?.length}`);
    return next;
  };
}

import { expect, test } from 'vitest';
import { exitCodeOf, exitCodes } from '../../src/cli/exit-codes.ts';
import { type MixnetErrorCode, mixnetErrorCodes } from '../../src/errors.ts';

test('every error has a documented exit code that no shell gives another meaning', () => {
  for (const code of Object.keys(mixnetErrorCodes) as MixnetErrorCode[]) {
    const exitCode = exitCodeOf(code);
    expect(exitCodes).toHaveProperty(String(exitCode));
    expect(exitCode).toBeGreaterThan(0);
    expect(exitCode).toBeLessThan(126);
  }
});

test.each([
  [6, 'ERR_MIX_EXIT_REFUSED'],
  [7, 'ERR_MIX_EXIT_DIAL_FAILED'],
  [8, 'ERR_MIX_HTTP_MALFORMED'],
  [28, 'ERR_MIX_TIMEOUT_TOTAL'],
  [28, 'ERR_MIX_TIMEOUT_SETUP'],
  [35, 'ERR_MIX_TLS_HANDSHAKE'],
  [47, 'ERR_MIX_HTTP_REDIRECT'],
  [52, 'ERR_MIX_HTTP_TRUNCATED'],
  [56, 'ERR_MIX_TLS_TRUNCATED'],
  [60, 'ERR_MIX_TLS_CERTIFICATE'],
  [61, 'ERR_MIX_HTTP_ENCODING'],
  [110, 'ERR_MIX_DIRECTORY_UNREACHABLE'],
  [111, 'ERR_MIX_GATEWAY_REFUSED'],
  [112, 'ERR_MIX_MIXNET_UNDELIVERED'],
  [113, 'ERR_MIX_EXIT_NONE'],
] as const)('%i for %s', (exitCode, code) => {
  expect(exitCodeOf(code)).toBe(exitCode);
});

test('18 for a body that is cut off', () => {
  expect(exitCodeOf('ERR_MIX_HTTP_TRUNCATED', true)).toBe(18);
});

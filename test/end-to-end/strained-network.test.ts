/** Clients over a mixnet that misbehaves, for minutes of a virtual clock; `test/long` has the hours. */

import { describe, test } from 'vitest';
import { absentDirectory, losses, outages, rotations } from './strains.ts';

describe('a conversation', { timeout: 240_000 }, () => {
  test('with a fifth of all packets lost arrives whole, and once', () => losses(1));
  test('settles every message while gateways restart', () => outages(1));
  test('goes on for 50 minutes without the directory', () => absentDirectory(50));
  test('goes on through two changes of the Sphinx keys', () => rotations(2));
});

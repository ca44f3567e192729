/** The strains of `test/end-to-end`, for as long as it takes to see what only time brings out. */

import { describe, test } from 'vitest';
import { absentDirectory, losses, outages, rotations } from '../end-to-end/strains.ts';

describe('a conversation, for long', () => {
  test('with a fifth of all packets lost arrives whole, and once', () => losses(15));
  test('settles every message while gateways restart', () => outages(10));
  test('goes on for hours without the directory', () => absentDirectory(180));
  test('goes on through ten changes of the Sphinx keys', () => rotations(10));
});

import { expect, test } from 'vitest';
import { helpText } from '../../src/cli/help.ts';
import { allOptions, type Option } from '../../src/cli/options.ts';

test('the help fits a terminal and leaves no option out', () => {
  const text = helpText();
  for (const name of Object.keys(allOptions)) expect(text).toContain(`--${name}`);
  for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(120);
  expect(text.endsWith('\n')).toBe(true);
});

test('no two options share a letter', () => {
  const letters = Object.values<Option>(allOptions).flatMap(({ short }) => short ?? []);
  expect(new Set(letters).size).toBe(letters.length);
});

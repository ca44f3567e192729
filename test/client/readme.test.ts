import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(`${root}src/client/README.md`, 'utf8');
const rows = page.split('\n').filter(line => line.startsWith('| ') && !line.startsWith('| # |'));
const references = [...page.matchAll(/`(test\/[\w/-]+\.test\.ts)` “([^”]+)”/g)].map(([, file = '', title = '']) => ({
  file,
  title,
}));

describe('what the client does otherwise', () => {
  test('has a row for each of 28 defects, and a test in every row', () => {
    const numbers = rows.flatMap(row => /^\| (\d+) \|/.exec(row)?.[1] ?? []);
    expect(numbers).toEqual(Array.from({ length: 28 }, (_, i) => `${i + 1}`));
    const without = rows.filter(row => !/`test\/[\w/-]+\.test\.ts` “[^”]+”/.test(row));
    expect(without).toEqual(['| what others can see | shown by |']);
  });

  test('names tests that exist', () => {
    expect(references.length).toBeGreaterThan(50);
    expect(references.filter(({ file, title }) => !hasTest(file, title))).toEqual([]);
  });
});

/** By the name as it is written in the file, with its placeholders. */
function hasTest(file: string, title: string): boolean {
  if (!existsSync(root + file)) return false;
  const name = title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`\\(\\s*(['"\`])${name}\\1,`).test(readFileSync(root + file, 'utf8'));
}

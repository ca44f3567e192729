import { describe, expect, test } from 'vitest';
import { chapter, chaptersOfSource, readReadme } from './chapters.ts';

describe('the README', () => {
  test.each(Object.entries(chaptersOfSource()))(
    'lists the %s that the source has (npm run readme writes them)',
    (name, content) => {
      expect(chapter(readReadme(), name)).toBe(content);
    },
  );

  test('has the figures that npm run bench measured', () => {
    expect(chapter(readReadme(), 'bench:packet')).toMatch(/\| this package in Node, by its kernel \|/);
    expect(chapter(readReadme(), 'bench:size')).toMatch(/\| of it, the code \| \d+\.\d KB \|/);
    expect(chapter(readReadme(), 'bench:idle')).toMatch(/\| this package \|/);
    expect(chapter(readReadme(), 'bench:peers')).toMatch(/\| this package \|/);
  });
});

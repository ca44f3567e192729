/** Where a command that measures something writes its table: between the marks of a chapter. */

import { writeFileSync } from 'node:fs';
import { chapter, readReadme, withChapter } from '../readme/chapters.ts';

/** Ends the process where the file has no such marks: before anything is measured. */
export function tablePlace(path: string, name: string): (table: string) => void {
  const readme = readReadme(path);
  if (chapter(readme, name) === undefined) {
    console.error(`${path} has no place for the table: <!-- ${name} --> … <!-- /${name} -->`);
    process.exit(1);
  }
  return table => writeFileSync(path, withChapter(readme, name, table));
}

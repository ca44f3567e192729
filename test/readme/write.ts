/** `npm run readme`: writes the lists of README.md from the source. */

import { writeFileSync } from 'node:fs';
import { chaptersOfSource, readmePath, readReadme, withChapter } from './chapters.ts';

let readme = readReadme();
for (const [name, content] of Object.entries(chaptersOfSource())) readme = withChapter(readme, name, content);
writeFileSync(readmePath, readme);

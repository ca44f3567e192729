/** For Node, and what runs programs as Node does: prints what it saw, and ends by itself when all is closed. */

import { type Given, smoke } from './smoke.ts';

const given = JSON.parse(process.argv[2] ?? '') as Given;
process.stdout.write(`${JSON.stringify(await smoke(given))}\n`);

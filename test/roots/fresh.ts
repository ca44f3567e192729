/** `prepublishOnly`: a package must not go out with an old list of authorities. */

import { listedOn } from '../../src/roots/index.ts';

const OLDEST_DAYS = 90;

const days = Math.floor((Date.now() - Date.parse(listedOn)) / 86_400_000);
if (days > OLDEST_DAYS) {
  process.stderr.write(`The list of authorities is ${days} days old: run npm run roots with the newest Node.\n`);
  process.exitCode = 1;
}

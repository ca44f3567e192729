/** `npm run example:browser`: prints where to look. */

import { startDemo } from './demo.ts';

const { url } = await startDemo(Number(process.env['PORT'] ?? 8080));
console.log(`A page, and a mixnet behind it: ${url}`);

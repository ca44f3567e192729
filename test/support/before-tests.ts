/** Before `npm test`: fails where a program is missing that the tests need. */

import { providePrograms } from './programs.ts';

const needed = { chromium: 'chromium', curl: 'curl', openssl: 'openssl', 'gnutls-serv': 'gnutls-bin' };

if (!providePrograms(needed)) process.exitCode = 1;

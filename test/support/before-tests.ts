/** Before `npm test`: fails where a program is missing that the tests need. */

import { providePrograms } from './programs.ts';

const needed = {
  chromium: 'chromium',
  curl: 'curl',
  openssl: 'openssl',
  'gnutls-serv': 'gnutls-bin',
  git: 'git',
  ssh: 'openssh-client',
  sshd: 'openssh-server',
  nc: 'netcat-openbsd',
  wget: 'wget',
  aria2c: 'aria2',
  proxychains4: 'proxychains4',
  python3: 'python3',
};

if (!providePrograms(needed)) process.exitCode = 1;

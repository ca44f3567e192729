/** Run as a process of its own: holds the lock of a storage, or writes to it without end. */

import { fileStorage } from '../../src/storage/node.ts';

const [, , task, directory = ''] = process.argv;
const storage = fileStorage(directory);
setInterval(() => {}, 60_000);
if (task === 'hold') {
  await storage.lock();
  process.send?.('ready');
} else {
  await storage.lock();
  await storage.store('client', new Uint8Array(4096));
  process.send?.('ready');
  for (let fill = 1; ; fill++) await storage.store('client', new Uint8Array(4096).fill(fill));
}

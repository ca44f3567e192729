/** A page: runs everything that a browser runs such programs in, one after the other, and tells the server what it saw. */

import { renderWithReact } from './react.tsx';
import { described, type Given, type Seen, smoke } from './smoke.ts';

/** What runs in this page, by the name that the table has for it. */
export type Places = Readonly<Record<string, Seen>>;

const places: Readonly<Record<string, (given: Given) => Promise<Seen>>> = {
  page: smoke,
  'module worker': inWorker,
  'service worker': inServiceWorker,
  'React in StrictMode': renderWithReact,
};

const given = (await (await fetch('/given')).json()) as Given;
const seen: Record<string, Seen> = {};
for (const [name, run] of Object.entries(places))
  seen[name] = await run(given).catch(error => ({ steps: [], failure: described(error) }));
await fetch('/seen', { method: 'POST', body: JSON.stringify(seen satisfies Places) });

async function inWorker(task: Given): Promise<Seen> {
  const worker = new Worker('/worker.js', { type: 'module' });
  try {
    return await new Promise<Seen>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = event => reject(new Error(event.message));
      worker.postMessage(task);
    });
  } finally {
    worker.terminate();
  }
}

async function inServiceWorker(task: Given): Promise<Seen> {
  const registration = await navigator.serviceWorker.register('/service-worker.js');
  if (navigator.serviceWorker.controller === null) {
    await new Promise(resolve => {
      navigator.serviceWorker.oncontrollerchange = resolve;
    });
  }
  const response = await fetch('/through-the-mixnet', { method: 'POST', body: JSON.stringify(task) });
  await registration.unregister();
  return response.json();
}

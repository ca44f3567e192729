/** The page: a mixFetch, a form for it, and what it tells of itself. The picture is in `picture.ts`. */

import { createMixFetch } from 'mixfetch';
import type { Plan, Sighting } from './demo.ts';
import { Picture } from './picture.ts';

const LONGEST_SHOWN = 100_000;

const network = new EventSource('network');
const plan = await new Promise<Plan>(resolve => {
  network.addEventListener('plan', event => resolve(JSON.parse(event.data)), { once: true });
});
const mixFetch = createMixFetch({ api: plan.api, extraCa: [plan.ca] });
const picture = new Picture(element('picture') as HTMLCanvasElement, plan);
const [form, input] = [element('form'), element('url') as HTMLInputElement];
let request: AbortController | undefined;

// What the client tells.

mixFetch.events.addEventListener('client:state', ({ detail }) => show('state', detail.state));
for (const type of ['request:headers', 'request:end', 'request:error'] as const)
  mixFetch.events.addEventListener(type, ({ detail }) => {
    show('up', bytes(detail.bytesSent));
    show('down', bytes(detail.bytesReceived));
  });

await mixFetch.ready().catch((error: Error) => show('state', String(error.message)));
picture.enter(mixFetch.client.address);
let before = mixFetch.client.stats();
picture.onFrame = () => {
  const now = mixFetch.client.stats();
  picture.sent('real', now.realSent - before.realSent);
  picture.sent('cover', now.coverSent - before.coverSent);
  picture.received('real', now.realReceived - before.realReceived);
  picture.received('cover', now.coverReceived - before.coverReceived);
  before = now;
  show('real', count(now.realSent));
  show('cover', count(now.coverSent));
  show('received', count(now.realReceived + now.coverReceived));
};

// What only the owner of all nodes can tell.

network.addEventListener('packets', event => {
  for (const { way, isRequest } of JSON.parse(event.data) as Sighting[]) {
    picture.passed(way);
    if (!isRequest || request === undefined) continue;
    picture.mark(way);
    show('route', `this page → ${way.map(node => picture.nameOf(node)).join(' → ')} → server`);
  }
});

// The form.

for (const url of plan.urls) element('urls').append(Object.assign(document.createElement('option'), { value: url }));
input.value = plan.urls[0] ?? '';
input.focus();
form.addEventListener('submit', event => {
  event.preventDefault();
  if (request === undefined) void load(input.value);
  else request.abort();
});
addEventListener('keydown', event => {
  if (event.key === 'Escape') request?.abort();
});

async function load(url: string): Promise<void> {
  request = new AbortController();
  show('button', 'Cancel');
  show('status', 'On its way …');
  show('body', '');
  const started = performance.now();
  const after = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  try {
    const response = await mixFetch(url, { signal: request.signal });
    const head = `${response.status} ${response.statusText}, after ${after()}`;
    show('status', head);
    let received = 0;
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) {
      if (received < LONGEST_SHOWN) element('body').append(piece.value.slice(0, LONGEST_SHOWN - received));
      received += piece.value.length;
      show('down', bytes(received));
    }
    show('status', `${head}; complete after ${after()}`);
  } catch (error) {
    const { name, message, cause } = error as Error & { cause?: Error & { code?: string } };
    show('status', name === 'AbortError' ? 'Cancelled.' : `${message}: ${cause?.code ?? ''} ${cause?.message ?? ''}`);
  } finally {
    request = undefined;
    show('button', 'Fetch');
  }
}

function element(id: string): HTMLElement {
  return document.getElementById(id) as HTMLElement;
}

function show(id: string, text: string): void {
  if (element(id).textContent !== text) element(id).textContent = text;
}

function count(value: number): string {
  return value.toLocaleString('en');
}

function bytes(value: number): string {
  return value < 1000
    ? `${value}`
    : value < 1_000_000
      ? `${(value / 1000).toFixed(1)} K`
      : `${(value / 1e6).toFixed(2)} M`;
}

/** A service worker: what its page fetches from `/through-the-mixnet`, it answers. */

import { type Given, smoke } from './smoke.ts';

/** The part of `ServiceWorkerGlobalScope` that is needed; TypeScript has it in a library that excludes that of pages. */
interface WaitingEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface RequestEvent extends Event {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
interface Scope {
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: WaitingEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: RequestEvent) => void): void;
}

const scope = globalThis as unknown as Scope;

scope.addEventListener('install', event => event.waitUntil(scope.skipWaiting()));
scope.addEventListener('activate', event => event.waitUntil(scope.clients.claim()));
scope.addEventListener('fetch', event => {
  if (new URL(event.request.url).pathname === '/through-the-mixnet') event.respondWith(answer(event.request));
});

async function answer(request: Request): Promise<Response> {
  return Response.json(await smoke((await request.json()) as Given));
}

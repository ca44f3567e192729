/**
 * GET over `node:http` and `node:https`, for the directory alone. Not the global fetch, for two reasons: that one adds
 * headers which tell the directory what runs here (`user-agent: node`, `sec-fetch-mode`, `accept-language`), and its
 * connections can be redirected by a global dispatcher, into the very mixnet that is being set up.
 */

import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Platform } from './platform.ts';

// Taken when the module loads, before a polyfill can stand in their place.
const { Response } = globalThis;

const bodiless = new Set([204, 205, 304]);

export function nodeDirectoryFetch(ca: readonly string[] | undefined): Platform['directoryFetch'] {
  const trust = ca === undefined ? {} : { ca: [...ca] };
  return (url, { headers, signal }) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const target = new URL(url);
      // Without an agent there is no pool: the connection ends with its answer, and nothing is left open between refreshes.
      const options: RequestOptions = { signal, agent: false, headers: { ...headers, 'Accept-Encoding': 'gzip' } };
      const request =
        target.protocol === 'https:' ? httpsRequest(target, { ...options, ...trust }) : httpRequest(target, options);
      request.once('response', answer => resolve(responseOf(answer)));
      // Without the text of Node's error, which names the host.
      request.on('error', error => reject(signal.aborted ? signal.reason : connectionError(error)));
      request.end();
    });
}

/** Redirects are not followed: no host but the directory's own is ever contacted. */
function responseOf(answer: IncomingMessage): Response {
  const status = answer.statusCode ?? 502;
  const headers = new Headers();
  const type = answer.headers['content-type'];
  if (type !== undefined) headers.set('content-type', type);
  if (bodiless.has(status)) {
    answer.resume();
    return new Response(null, { status, headers });
  }
  const body = answer.headers['content-encoding'] === 'gzip' ? pipeline(answer, createGunzip(), () => {}) : answer;
  return new Response(bytesOf(body), { status, headers });
}

function bytesOf(body: Readable): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(new Uint8Array(value));
      } catch (error) {
        controller.error(connectionError(error));
      }
    },
    cancel() {
      body.destroy();
    },
  });
}

function connectionError(error: unknown): Error {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'failed';
  return new TypeError(`fetch failed: ${code}`);
}

/** The directory API of a devnet: over HTTP or HTTPS, or called in-process. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Platform } from '../platform/platform.ts';
import type { IssuedCertificate } from './certificates.ts';
import { directoryAnswer, type Json, type NodeDescription } from './directory-answers.ts';
import { type DirectoryLie, distorted } from './directory-lies.ts';
import type { Epochs } from './epoch.ts';
import { closeServer, listenOnLoopback } from './loopback-server.ts';
import { skimmedBincode } from './skimmed-bincode.ts';
import type { PartState, Switchable } from './switch.ts';

export interface DirectoryServerOptions {
  readonly nodes: () => readonly NodeDescription[];
  readonly epochs: Epochs;
  /** Absent: served in-process only. */
  readonly listen?: { readonly certificate?: IssuedCertificate };
}

/** Where the API is, below the origin. */
const BASE = '/api/';
/** Nobody is asked for this name: the in-process transport answers for it. */
const IN_PROCESS_ORIGIN = 'http://directory.test';

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array<ArrayBuffer> | 'endless';
}

export class DirectoryServer implements Switchable {
  /** Base URL of the API. */
  url = `${IN_PROCESS_ORIGIN}${BASE.slice(0, -1)}`;
  /** Set, every answer from then on is a lie of that kind. */
  lie: DirectoryLie | undefined;
  /** How many requests came, by path below the base URL. */
  readonly requests = new Map<string, number>();
  readonly #nodes: () => readonly NodeDescription[];
  readonly #epochs: Epochs;
  readonly #server: Server | undefined;
  /** Requests that are stalled, with what ends them unanswered. */
  readonly #waiting = new Map<() => void, () => void>();
  #port = 0;
  #state: PartState = 'up';

  private constructor({ nodes, epochs, listen }: DirectoryServerOptions) {
    this.#nodes = nodes;
    this.#epochs = epochs;
    const { certificate } = listen ?? {};
    const handle = (request: IncomingMessage, response: ServerResponse) => this.#handle(request, response);
    if (listen) this.#server = certificate ? createTlsServer(certificate, handle) : createServer(handle);
  }

  static async start(options: DirectoryServerOptions): Promise<DirectoryServer> {
    const directory = new DirectoryServer(options);
    if (directory.#server !== undefined) {
      directory.#port = await listenOnLoopback(directory.#server);
      const origin = options.listen?.certificate ? 'https://localhost' : 'http://127.0.0.1';
      directory.url = `${origin}:${directory.#port}${BASE.slice(0, -1)}`;
    }
    return directory;
  }

  get state(): PartState {
    return this.#state;
  }

  async kill(): Promise<void> {
    if (this.#state === 'dead') return;
    this.#state = 'dead';
    for (const cut of this.#waiting.values()) cut();
    this.#waiting.clear();
    if (this.#server) await closeServer(this.#server);
  }

  stall(): void {
    if (this.#state === 'up') this.#state = 'stalled';
  }

  async revive(): Promise<void> {
    if (this.#state === 'dead' && this.#server) await listenOnLoopback(this.#server, this.#port);
    this.#state = 'up';
    for (const answer of this.#waiting.keys()) answer();
    this.#waiting.clear();
  }

  /** As a client's `directoryFetch`, without a socket. */
  readonly fetch: Platform['directoryFetch'] = (url, { signal }) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const refuse = () => reject(new TypeError('fetch failed: ECONNREFUSED'));
      if (this.#state === 'dead' || !url.startsWith(`${this.url}/`)) return refuse();
      const answer = () => {
        signal.removeEventListener('abort', abort);
        resolve(responseOf(this.#reply(pathAndQueryOf(url), true)));
      };
      const abort = () => {
        this.#waiting.delete(answer);
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#whenUp(answer, refuse);
    });

  /** What the parts of the network are told, which do not depend on how the public one fares. */
  readonly honestFetch: Platform['directoryFetch'] = async url => responseOf(this.#reply(pathAndQueryOf(url), false));

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const answer = () => write(response, this.#preflight(request) ?? this.#reply(request.url ?? '', true));
    response.once('close', () => this.#waiting.delete(answer));
    this.#whenUp(answer, () => response.destroy());
  }

  #whenUp(answer: () => void, cut: () => void): void {
    if (this.#state === 'up') answer();
    else this.#waiting.set(answer, cut);
  }

  #preflight({ method }: IncomingMessage): Reply | undefined {
    return method === 'OPTIONS' ? { status: 204, type: JSON_TYPE, body: '' } : undefined;
  }

  #reply(pathAndQuery: string, counted: boolean): Reply {
    const [path = '', query = ''] = pathAndQuery.split('?', 2);
    const name = path.startsWith(BASE) ? path.slice(BASE.length).replace(/\/$/, '') : '';
    const lie = counted ? this.lie : undefined;
    if (counted) this.requests.set(name, (this.requests.get(name) ?? 0) + 1);
    const answer = directoryAnswer(name, this.#nodes(), this.#epochs);
    if (answer === undefined) return { status: 404, type: JSON_TYPE, body: json({ message: 'not found' }) };
    if (lie === 'broken') return { status: 500, type: JSON_TYPE, body: json({ message: 'internal error' }) };
    if (lie === 'not-json') return { status: 200, type: 'text/html', body: '<!doctype html><title>Welcome</title>' };
    if (lie === 'endless-body') return { status: 200, type: JSON_TYPE, body: 'endless' };
    const told = lie === undefined ? answer : distorted(answer, name, lie);
    // As the live one: what counts is this parameter, and no header.
    const inBincode = new URLSearchParams(query).get('output') === 'bincode' && SKIMMED.test(name);
    return inBincode
      ? { status: 200, type: 'application/bincode', body: skimmedBincode(told) }
      : { status: 200, type: JSON_TYPE, body: json(told) };
  }
}

const JSON_TYPE = 'application/json';
/** The lists that this directory has in bincode too; the live one has all its answers. */
const SKIMMED = /^v2\/unstable\/nym-nodes\/skimmed(\/|$)/;
/** A browser asks first, because of the headers of Nym's own clients. */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, OPTIONS',
  'access-control-allow-headers': 'accept, content-type, user-agent',
};
const endlessChunk = `[${'[],'.repeat(16_384)}`;

function pathAndQueryOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

function json(value: Json): string {
  return JSON.stringify(value);
}

function write(response: ServerResponse, { status, type, body }: Reply): void {
  response.writeHead(status, { ...CORS, ...(status === 204 ? {} : { 'content-type': type }) });
  if (body !== 'endless') return void response.end(body);
  const more = () => {
    while (!response.destroyed && response.write(endlessChunk));
  };
  response.on('drain', more);
  more();
}

function responseOf({ status, type, body }: Reply): Response {
  const content = body === 'endless' ? endlessStream() : body;
  return new Response(content, { status, headers: { 'content-type': type } });
}

function endlessStream(): ReadableStream<Uint8Array> {
  const chunk = new TextEncoder().encode(endlessChunk);
  return new ReadableStream({ pull: controller => controller.enqueue(chunk.slice()) });
}

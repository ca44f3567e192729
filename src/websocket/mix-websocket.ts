/**
 * The interface of WHATWG WebSockets (https://websockets.spec.whatwg.org) over streams through exits. There is no page here:
 * no origin, no cookies, no mixed content; the steps that are about those are left out.
 */

import { type Connections, defaultHeaders, defaultTimeouts, type MixnetInit, readMixnetInit } from '../fetch/index.ts';
import type { Field } from '../http/index.ts';
import { checkOptionNames } from '../option-names.ts';
import type { Milliseconds } from '../platform/platform.ts';
import { opcodes } from '../rfc6455/index.ts';
import { type Address, parseAddress, parseClose, parseHeaders, parseProtocols } from './arguments.ts';
import { type Ending, WebSocketConnection } from './connection.ts';
import { closeEvent, Handlers, MixWebSocketErrorEvent } from './events.ts';

/** What all sockets of one class have. */
export interface MixWebSocketOptions {
  /**
   * As of a request by `mixFetch`. Of the timeouts, `setup`, `connect`, `headers` and `total` are for the way to the event
   * `open`; `headers` also for what must come after a ping.
   */
  readonly mixnet?: MixnetInit | undefined;
  /** Headers of the opening handshake beside its own: `origin`, `authorization`, `cookie` … There are none by default. */
  readonly headers?: HeadersInit | undefined;
  /**
   * After so many ms in which nothing was sent, a ping is: exits cut a connection five minutes after the last byte from here.
   * `Infinity` sends none. Default 240 000.
   */
  readonly keepAlive?: Milliseconds | undefined;
}

/** @throws TypeError naming the option that does not exist, or has a value it cannot have. */
export function checkOptions(options: MixWebSocketOptions): void {
  checkOptionNames(options, ['mixnet', 'headers', 'keepAlive']);
  readMixnetInit(options.mixnet, defaultTimeouts);
  parseHeaders(options.headers);
  const { keepAlive = KEEP_ALIVE } = options;
  if (typeof keepAlive !== 'number' || !(keepAlive > 0)) {
    throw new TypeError('The option "keepAlive" must be a number of milliseconds above zero.');
  }
}

const KEEP_ALIVE: Milliseconds = 4 * 60_000;

const userAgent: readonly Field[] = defaultHeaders.filter(([name]) => name === 'user-agent');

/** A socket of the connections that it is given. Programs get a class that has its connections: `createMixWebSocket`. */
export class BoundWebSocket extends EventTarget implements WebSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  readonly #connection: WebSocketConnection;
  readonly #address: Address;
  readonly #platform: Connections['platform'];
  readonly #letGo: () => void;
  readonly #handlers = new Handlers(this);
  #readyState: 0 | 1 | 2 | 3 = 0;
  #protocol = '';
  #binaryType: BinaryType = 'blob';
  /** Given to `send()` when nothing was sent any more. */
  #unsendable = 0;

  constructor(connections: Connections, options: MixWebSocketOptions, url: unknown, protocols: unknown) {
    super();
    this.#address = parseAddress(String(url), connections.baseUrl);
    const names = parseProtocols(protocols);
    const headers = parseHeaders(options.headers);
    this.#platform = connections.platform;
    this.#letGo = connections.platform.hold();
    this.#connection = new WebSocketConnection({
      ...readMixnetInit(options.mixnet, connections.timeouts),
      connections,
      url: this.#address.request,
      protocols: names,
      headers: [...this.#address.authorization, ...userAgent].filter(isNotAmong(headers)).concat(headers),
      keepAlive: options.keepAlive ?? KEEP_ALIVE,
      on: {
        opened: protocol => this.#opened(protocol),
        message: data => this.#received(data),
        closing: () => {
          this.#readyState = this.CLOSING;
        },
        closed: ending => this.#ended(ending),
      },
    });
  }

  get url(): string {
    return this.#address.url.href;
  }

  get readyState(): 0 | 1 | 2 | 3 {
    return this.#readyState;
  }

  /** Bytes given to `send()` that the stream into the mixnet has not taken yet. */
  get bufferedAmount(): number {
    return this.#connection.buffered + this.#unsendable;
  }

  /** None is ever offered. */
  get extensions(): string {
    return '';
  }

  /** The sub-protocol that the server has chosen. */
  get protocol(): string {
    return this.#protocol;
  }

  get binaryType(): BinaryType {
    return this.#binaryType;
  }

  set binaryType(type: BinaryType) {
    if (type === 'blob' || type === 'arraybuffer') this.#binaryType = type;
  }

  /** @throws DOMException InvalidStateError before the event `open`. After the end it is without effect. */
  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    if (this.#readyState === this.CONNECTING) {
      throw new DOMException('The websocket is not open yet.', 'InvalidStateError');
    }
    const bytes = binaryContent(data);
    const content = bytes ?? new TextEncoder().encode(String(data));
    const opcode = bytes === undefined ? opcodes.text : opcodes.binary;
    if (this.#readyState === this.OPEN) this.#connection.send(opcode, content);
    else this.#unsendable += content instanceof Uint8Array ? content.length : content.size;
  }

  /**
   * Closes after what was sent. The event `close` comes when the server has answered, or after 30 s without progress.
   *
   * @param code 1000, or 3000 to 4999
   * @param reason up to 123 bytes of UTF-8
   * @throws DOMException InvalidAccessError or SyntaxError for what cannot be sent.
   */
  close(code?: number, reason?: string): void {
    const status = parseClose(code, reason);
    if (this.#readyState >= this.CLOSING) return;
    this.#readyState = this.CLOSING;
    this.#connection.close(status);
  }

  get onopen(): ((this: WebSocket, event: Event) => unknown) | null {
    return this.#handlers.get('open');
  }
  set onopen(handler: ((this: WebSocket, event: Event) => unknown) | null) {
    this.#handlers.set('open', handler);
  }
  get onmessage(): ((this: WebSocket, event: MessageEvent) => unknown) | null {
    return this.#handlers.get('message');
  }
  set onmessage(handler: ((this: WebSocket, event: MessageEvent) => unknown) | null) {
    this.#handlers.set('message', handler);
  }
  get onerror(): ((this: WebSocket, event: Event) => unknown) | null {
    return this.#handlers.get('error');
  }
  set onerror(handler: ((this: WebSocket, event: Event) => unknown) | null) {
    this.#handlers.set('error', handler);
  }
  get onclose(): ((this: WebSocket, event: CloseEvent) => unknown) | null {
    return this.#handlers.get('close');
  }
  set onclose(handler: ((this: WebSocket, event: CloseEvent) => unknown) | null) {
    this.#handlers.set('close', handler);
  }

  get [Symbol.toStringTag](): string {
    return 'WebSocket';
  }

  #opened(protocol: string): void {
    this.#protocol = protocol;
    this.#readyState = this.OPEN;
    this.dispatchEvent(new Event('open'));
  }

  #received(content: string | Uint8Array<ArrayBuffer>): void {
    const data = typeof content === 'string' || this.#binaryType === 'arraybuffer' ? content : new Blob([content]);
    this.dispatchEvent(
      new MessageEvent('message', {
        data: data instanceof Uint8Array ? data.buffer : data,
        origin: `${this.#address.url.protocol}//${this.#address.url.host}`,
      }),
    );
  }

  /** The events come in a task of their own, never within a call of the program. */
  #ended({ status, reason, wasClean, failure }: Ending): void {
    this.#readyState = this.CLOSING;
    this.#platform.setTimer(() => {
      this.#readyState = this.CLOSED;
      this.#letGo();
      if (failure !== undefined) this.dispatchEvent(new MixWebSocketErrorEvent(failure.error));
      this.dispatchEvent(closeEvent({ code: status, reason, wasClean }));
    }, 0);
  }
}

function isNotAmong(headers: readonly Field[]): (header: Field) => boolean {
  const names = new Set(headers.map(([name]) => name));
  return ([name]) => !names.has(name);
}

/** Bytes are copied: the caller may change them. */
function binaryContent(data: unknown): Uint8Array<ArrayBuffer> | Blob | undefined {
  if (data instanceof Blob) return data;
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  return isBuffer(data) ? new Uint8Array(data).slice() : undefined;
}

/** Also of another realm, as test runners and frames have them. */
function isBuffer(value: unknown): value is ArrayBufferLike {
  return /^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(value));
}

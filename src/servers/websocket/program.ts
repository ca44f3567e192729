/** One program at the service: its requests, and what it is pushed. */

import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { decodeBase58, encodeBase58 } from '../../crypto/base58.ts';
import { MixnetError } from '../../errors.ts';
import * as limits from '../../limits.ts';
import { formatRecipient, type Recipient, SENDER_TAG_BYTES, type SenderTag } from '../../message/index.ts';
import type { IncomingMessage, MixnetClient } from '../../mixnet-client/index.ts';
import type { Milliseconds, Platform, Timer } from '../../platform/platform.ts';
import { decodeBinaryRequest, encodeBinaryResponse } from './binary-form.ts';
import type { Mailroom, Seat } from './mailroom.ts';
import {
  type ConnectionId,
  type DataRequest,
  RequestError,
  type ServiceRequest,
  type ServiceResponse,
} from './messages.ts';
import { decodeTextRequest, encodeTextResponse, type TextEncoding } from './text-form.ts';

/** What of a `MixnetClient` the service uses. */
export type MessageClient = Pick<
  MixnetClient,
  'address' | 'send' | 'reply' | 'laneLength' | 'dropLane' | 'addEventListener' | 'removeEventListener'
>;

export interface ProgramOptions {
  readonly webSocket: WebSocket;
  /** What that is on. */
  readonly socket: Socket;
  readonly client: MessageClient;
  /** Of the client. */
  readonly address: Recipient;
  readonly mailroom: Mailroom;
  readonly platform: Pick<Platform, 'setTimer'>;
  /** Of what is pushed before the first request. */
  readonly form: Form;
}

/** Of frames: that of the last request is that of what is pushed. */
export type Form = 'binary' | TextEncoding;

/** What a program gets to answer the closing of its connection. */
const LINGER_TIME: Milliseconds = 1_000;
/** What one gets for a request from its first byte to its last. */
const REQUEST_TIME: Milliseconds = 60_000;

export class Program {
  readonly #options: ProgramOptions;
  readonly #webSocket: WebSocket;
  readonly #seat: Seat;
  #form: Form;
  #pushing = false;
  /** Accepted from it, and neither acknowledged nor given up. */
  readonly #unsettled = { bytes: 0, messages: 0 };
  #requestTimer: Timer | undefined;
  #closeTimer: Timer | undefined;

  constructor(options: ProgramOptions) {
    const { webSocket, socket, mailroom, form } = options;
    this.#options = options;
    this.#webSocket = webSocket;
    this.#form = form;
    this.#seat = mailroom.enter(() => this.#push());
    // Before the websocket reads them, for it tells when they were the end of a request.
    socket.prependListener('data', () => this.#requestBegins());
    webSocket.on('message', (data: Buffer, isBinary: boolean) => {
      this.#requestEnded();
      this.#received(data, isBinary);
    });
    for (const event of ['ping', 'pong']) webSocket.on(event, () => this.#requestEnded());
    webSocket.on('error', () => {});
    webSocket.once('close', () => this.#onClosed());
    this.#push();
  }

  close(): void {
    // 1001: the service goes away.
    this.#webSocket.close(1001);
    this.#closeTimer ??= this.#options.platform.setTimer(() => this.#webSocket.terminate(), LINGER_TIME);
  }

  // Requests.

  #received(data: Buffer, isBinary: boolean): void {
    try {
      this.#perform(this.#decode(data, isBinary));
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.#answer({ type: 'error', kind: error.kind, detail: error.message });
    }
  }

  #decode(data: Buffer, isBinary: boolean): ServiceRequest {
    this.#form = isBinary ? 'binary' : 'text';
    if (isBinary) return decodeBinaryRequest(data);
    const { request, encoding } = decodeTextRequest(data.toString());
    this.#form = encoding;
    return request;
  }

  #perform(request: ServiceRequest): void {
    const { client, address } = this.#options;
    switch (request.type) {
      case 'selfAddress':
        this.#answer({ type: 'selfAddress', address });
        break;
      case 'closedConnection':
        client.dropLane(this.#lane(request.connectionId), DROPPED);
        break;
      case 'laneQueueLength':
        this.#answerLength(request.connectionId);
        break;
      default:
        if (request.type === 'reply' && request.message.length === 0) {
          throw new RequestError('malformed', 'a reply cannot be empty');
        }
        this.#send(request);
        if (request.connectionId !== undefined) this.#answerLength(request.connectionId);
    }
  }

  #send(request: DataRequest): void {
    const { length } = request.message;
    this.#unsettle(length, 1);
    this.#hand(request)
      .catch(error => this.#failed(error))
      .finally(() => this.#unsettle(-length, -1));
  }

  /** Resolves when it is acknowledged. */
  #hand(request: DataRequest): Promise<void> {
    const { client, mailroom } = this.#options;
    const { message, connectionId } = request;
    const lane = connectionId === undefined ? undefined : this.#lane(connectionId);
    switch (request.type) {
      case 'send':
        return client.send(formatRecipient(request.recipient), message, { lane });
      case 'sendAnonymous': {
        const replySurbs = Math.min(request.replySurbs, MAX_REPLY_SURBS);
        const isolation = mailroom.isolationOf(this.#seat);
        return client.send(formatRecipient(request.recipient), message, { lane, replySurbs, isolation });
      }
      case 'reply':
        return client.reply(encodeBase58(request.senderTag), message, { lane });
    }
  }

  /** What nym-client writes into its log, the program is told. */
  #failed(error: unknown): void {
    if (error === DROPPED) return;
    const why = error instanceof MixnetError ? `${error.message} (${error.code})` : 'it could not be sent';
    this.#answer({ type: 'error', kind: 'other', detail: why });
  }

  #answerLength(connectionId: ConnectionId): void {
    const queueLength = this.#options.client.laneLength(this.#lane(connectionId));
    this.#answer({ type: 'laneQueueLength', lane: connectionId, queueLength });
  }

  #lane(connectionId: ConnectionId): string {
    return `${this.#options.mailroom.isolationOf(this.#seat)}:${connectionId}`;
  }

  // To the program.

  #answer(response: ServiceResponse): void {
    this.#write(response, () => this.#balance());
    this.#balance();
  }

  /** One after the other, as fast as the program reads. */
  #push(): void {
    if (this.#pushing || !this.#isOpen) return;
    const message = this.#seat.messages.take();
    if (message === undefined) return;
    this.#pushing = true;
    this.#write(received(message), () => {
      this.#pushing = false;
      this.#push();
    });
  }

  #write(response: ServiceResponse, written: () => void): void {
    if (!this.#isOpen) return;
    const data = this.#form === 'binary' ? encodeBinaryResponse(response) : encodeTextResponse(response, this.#form);
    this.#webSocket.send(data, written);
  }

  get #isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  // Limits.

  #unsettle(bytes: number, messages: number): void {
    this.#unsettled.bytes += bytes;
    this.#unsettled.messages += messages;
    this.#balance();
  }

  /** Nothing more is read of a program that is ahead of the mixnet, or does not read. */
  #balance(): void {
    const { bytes, messages } = this.#unsettled;
    const isAhead = bytes >= MAX_UNSENT_BYTES || messages >= MAX_UNSENT_MESSAGES;
    const isDeaf = this.#webSocket.bufferedAmount >= MAX_UNREAD_ANSWERS;
    if (isAhead || isDeaf) {
      this.#webSocket.pause();
      this.#requestEnded();
    } else if (this.#webSocket.isPaused) this.#webSocket.resume();
  }

  #requestBegins(): void {
    this.#requestTimer ??= this.#options.platform.setTimer(() => this.#webSocket.terminate(), REQUEST_TIME);
  }

  #requestEnded(): void {
    this.#requestTimer?.cancel();
    this.#requestTimer = undefined;
  }

  #onClosed(): void {
    this.#requestEnded();
    this.#closeTimer?.cancel();
    this.#options.mailroom.leave(this.#seat);
  }
}

function received({ data, senderTag }: IncomingMessage): ServiceResponse {
  return {
    type: 'received',
    message: data,
    senderTag: senderTag === undefined ? undefined : (decodeBase58(senderTag, SENDER_TAG_BYTES) as SenderTag),
  };
}

/** Why messages fail whose program has closed their connection. */
const DROPPED = Symbol('dropped');
/** More are asked for by the recipient, as it needs them. */
const MAX_REPLY_SURBS = 500;
const MAX_UNSENT_BYTES = limits.serviceUnsentBytes;
const MAX_UNSENT_MESSAGES = limits.serviceUnsentMessages;
const MAX_UNREAD_ANSWERS = limits.serviceAnswers;

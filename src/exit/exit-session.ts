/** What is between one pseudonym and one exit: the connections that share its reply blocks. */

import type { Milliseconds } from '../platform/platform.ts';
import { Conversation, type CreditDemand, type StreamCore, type StreamPseudonym } from '../stream/index.ts';
import { type ConnectionId, decodeResponse, type RequesterResponse } from './requester-message.ts';

export interface SessionConnection {
  readonly id: ConnectionId;
  readonly demand: CreditDemand | undefined;
  received(response: RequesterResponse): void;
  credit(held: number): void;
}

export class ExitSession {
  readonly pseudonym: StreamPseudonym;
  readonly #now: () => Milliseconds;
  readonly #connections = new Map<ConnectionId, SessionConnection>();
  readonly #conversation: Conversation;
  #idleSince: Milliseconds;

  constructor(core: StreamCore, pseudonym: StreamPseudonym, now: () => Milliseconds) {
    this.pseudonym = pseudonym;
    this.#now = now;
    this.#idleSince = now();
    this.#conversation = new Conversation({
      ...{ core, pseudonym, now },
      demands: () => [...this.#connections.values()].flatMap(({ demand }) => demand ?? []),
      credited: held => {
        for (const connection of this.#connections.values()) connection.credit(held);
      },
    });
  }

  /** `undefined` while it has a connection. */
  get idleSince(): Milliseconds | undefined {
    return this.#connections.size > 0 ? undefined : this.#idleSince;
  }

  /** Whether a reader of it is too slow: its exit is kept short of reply blocks, which all its connections use. */
  get lagging(): boolean {
    return [...this.#connections.values()].some(({ demand }) => demand?.lagging === true);
  }

  attach(connection: SessionConnection): void {
    this.#connections.set(connection.id, connection);
  }

  detach(connection: SessionConnection): void {
    this.#connections.delete(connection.id);
    this.#idleSince = this.#now();
    this.topUp();
  }

  send(message: Uint8Array, lane: string): Promise<void> {
    return this.#conversation.send(message, lane);
  }

  topUp(): void {
    this.#conversation.topUp();
  }

  /** What is not a response, or to a connection that is over, is ignored. */
  received(data: Uint8Array): void {
    const response = tryDecode(data);
    const answer = response?.kind === 'data' || response?.kind === 'error' ? response : undefined;
    const connection = answer && this.#connections.get(answer.connection);
    this.#conversation.heard(data.length, connection?.demand);
    if (answer) connection?.received(answer);
    this.topUp();
  }

  release(): void {
    this.#conversation.release();
  }
}

function tryDecode(data: Uint8Array): RequesterResponse | undefined {
  try {
    return decodeResponse(data).response;
  } catch {
    return undefined;
  }
}

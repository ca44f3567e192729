/** Who gets what comes through the mixnet, and what waits where nobody is there to get it. */

import * as limits from '../../limits.ts';
import { type IncomingMessage, WaitingMessages } from '../../mixnet-client/index.ts';

/** Where a program sits: the next one that takes it gets the answers to what this one has asked. */
export interface Seat {
  /** Of the first that is free, from 0. A program that is alone has the same one whenever it comes. */
  readonly number: number;
  /** What its program has not been given yet. */
  readonly messages: WaitingMessages;
}

interface Place extends Seat {
  /** Told that there are messages; absent while nobody sits there. */
  occupant: (() => void) | undefined;
}

/**
 * An answer is for who asked. Anything else is for every program there is, and while there is none, for the first that comes.
 */
export class Mailroom {
  readonly #places: Place[] = [];
  readonly #isolation: string;

  /** @param isolation what the isolation strings of its seats begin with */
  constructor(isolation: string) {
    this.#isolation = isolation;
  }

  /** Messages that wait, each as often as there are programs it waits for. */
  get waiting(): number {
    return this.#places.reduce((sum, { messages }) => sum + messages.size, 0);
  }

  /** Messages that have waited for too long: others came, up to the limit. */
  get givenUp(): number {
    return this.#places.reduce((sum, { messages }) => sum + messages.givenUp, 0);
  }

  /** `arrived` is called when there are more messages for it. */
  enter(arrived: () => void): Seat {
    const free = this.#places.findIndex(({ occupant }) => occupant === undefined);
    const place = this.#place(free === -1 ? this.#places.length : free);
    place.occupant = arrived;
    return place;
  }

  /** What it has not been given waits: its answers for the next in its seat, the rest for the first that comes. */
  leave({ number }: Seat): void {
    const place = this.#place(number);
    place.occupant = undefined;
    const left = place.messages.takeAll();
    const isLast = this.#occupied.length === 0;
    for (const message of left) {
      if (message.answers !== undefined) place.messages.push(message);
      else if (isLast) this.#place(0).messages.push(message);
    }
  }

  /** The isolation string under which whoever has the seat asks. */
  isolationOf({ number }: Seat): string {
    return `${this.#isolation}${number}`;
  }

  arrived(message: IncomingMessage): void {
    for (const place of this.#recipients(message)) {
      place.messages.push(message);
      place.occupant?.();
    }
  }

  #recipients({ answers }: IncomingMessage): readonly Place[] {
    if (answers === undefined) return this.#occupied.length > 0 ? this.#occupied : [this.#place(0)];
    // Of a program's seat, or else of somebody else's who has the same client.
    return this.#places.filter(place => this.isolationOf(place) === answers.isolation);
  }

  get #occupied(): readonly Place[] {
    return this.#places.filter(({ occupant }) => occupant !== undefined);
  }

  #place(number: number): Place {
    const known = this.#places[number];
    if (known !== undefined) return known;
    const messages = new WaitingMessages(limits.serviceMessages);
    const place: Place = { number, messages, occupant: undefined };
    this.#places[number] = place;
    return place;
  }
}

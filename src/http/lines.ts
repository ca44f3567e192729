/** The slice of the stream being read, and lines that may lie across slices. */

import { concatBytes } from '../crypto/bytes.ts';
import { textOfBytes } from './grammar.ts';
import { malformed, tooLarge } from './refusals.ts';

/** A slice of the stream and how far it is read. */
export class Slice {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** The next bytes, `most` at most: a view. */
  take(most: number): Uint8Array {
    const taken = this.peek(most);
    this.#offset += taken.length;
    return taken;
  }

  peek(most: number): Uint8Array {
    return this.#bytes.subarray(this.#offset, this.#offset + Math.min(most, this.remaining));
  }
}

const carriageReturn = 0x0d;
const lineFeed = 0x0a;

/**
 * Reads lines out of slices, as many as fit a budget of bytes. Every judgement is made at the byte that decides it, so
 * that it does not depend on how the stream was sliced.
 */
export class LineReader {
  readonly #what: string;
  readonly #budget: number;
  #left: number;
  #held: Uint8Array[] = [];

  /** `what` names that which the budget is for, in the error when it is exceeded. */
  constructor(what: string, budget: number) {
    this.#what = what;
    this.#budget = budget;
    this.#left = budget;
  }

  /** The next line without its end, or `undefined` when the slice has no more of it. */
  take(slice: Slice): string | undefined {
    if (slice.remaining === 0) return undefined;
    const window = slice.peek(this.#left);
    const end = window.indexOf(lineFeed) + 1;
    const piece = slice.take(end === 0 ? window.length : end);
    this.#refuseLoneCarriageReturn(piece);
    this.#held.push(piece);
    this.#left -= piece.length;
    if (end > 0) return this.#line();
    if (this.#left === 0) throw tooLarge(`${this.#what} is longer than ${this.#budget} bytes`);
    return undefined;
  }

  #line(): string {
    const line = concatBytes(...this.#held);
    this.#held = [];
    // RFC 9112, section 2.2: a client MAY take LF alone as the end of a line. This one does not, as Node's does not.
    if (line.at(-2) !== carriageReturn) throw malformed('a line ends with LF alone');
    return textOfBytes(line.subarray(0, -2));
  }

  /** RFC 9112, section 2.2: a CR that no LF follows makes the element invalid. */
  #refuseLoneCarriageReturn(piece: Uint8Array): void {
    const open = this.#held.at(-1)?.at(-1) === carriageReturn;
    const first = piece.indexOf(carriageReturn);
    const lone = first >= 0 && first < piece.length - 1 && piece[first + 1] !== lineFeed;
    if (lone || (open && piece[0] !== lineFeed)) throw malformed('a CR is not followed by LF');
  }
}

/** The two bytes of a CRLF where nothing else may be. */
export class CrLf {
  #seen = 0;

  take(slice: Slice): 'yes' | 'no' | 'not yet' {
    for (const byte of slice.take(2 - this.#seen)) {
      if (byte !== (this.#seen === 0 ? carriageReturn : lineFeed)) return 'no';
      this.#seen++;
    }
    return this.#seen === 2 ? 'yes' : 'not yet';
  }
}

import * as limits from '../limits.ts';
import { type EdwardsPoint, eightfoldPoint } from './edwards.ts';
import { montgomeryLadder } from './montgomery-ladder.ts';
import { PointTable } from './point-table.ts';
import type { FixedPoint } from './primitives.ts';
import { clampedRepresentative, type ScalarProduct } from './scalar-product.ts';

/** What a runtime multiplies with. */
export interface PointMeans {
  /** X25519 */
  ladder(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array;
  /** Still empty. */
  tableOf(eightfold: EdwardsPoint): PointTable;
}

/**
 * A public key that is multiplied by the ladder at first, and by a table once it proves to be used often. The table is
 * made bit by bit with the next uses: at once, it would hold up a page.
 *
 * Tables are large, and directories long: there are never more than a certain number in a process, and of one too many the
 * oldest is dropped. A table goes with its point, at the latest.
 */
export class TabledPoint implements FixedPoint {
  readonly #publicKey: Uint8Array;
  readonly #eightfold: EdwardsPoint;
  readonly #means: PointMeans;
  #uses = 0;
  #table: PointTable | undefined;

  private constructor(publicKey: Uint8Array, eightfold: EdwardsPoint, means: PointMeans) {
    this.#publicKey = Uint8Array.from(publicKey);
    this.#eightfold = eightfold;
    this.#means = means;
  }

  /** `undefined` for a key of low order, or on the twist. */
  static of(publicKey: Uint8Array, means = portableMeans): TabledPoint | undefined {
    const eightfold = eightfoldPoint(publicKey);
    return eightfold === undefined ? undefined : new TabledPoint(publicKey, eightfold, means);
  }

  multiply(product: ScalarProduct): Uint8Array {
    this.#uses += 1;
    if (this.#uses > USES_BEFORE_TABLE) this.#extendTable();
    if (this.#table?.isComplete) return this.#table.multiply(product);
    return this.#means.ladder(clampedRepresentative(product), this.#publicKey);
  }

  #extendTable(): void {
    if (this.#table?.isComplete) return;
    if (this.#table === undefined) {
      this.#table = this.#means.tableOf(this.#eightfold);
      tabled.push(new WeakRef(this));
      if (tabled.length > limits.pointTables) tabled.shift()?.deref()?.drop();
    }
    this.#table.extend(ROWS_PER_USE);
  }

  /** Begins anew. */
  drop(): void {
    this.#table = undefined;
    this.#uses = 0;
  }
}

/** Building a table takes as long as so many multiplications without it, and some. */
const USES_BEFORE_TABLE = 8;
/** Done after eight uses, each of which takes about twice as long as by the ladder alone. */
const ROWS_PER_USE = 7;

/** Those that have a table, oldest first: what they take of memory is a matter of the process, not of one client. */
const tabled: WeakRef<TabledPoint>[] = [];

const portableMeans: PointMeans = { ladder: montgomeryLadder, tableOf: point => new PointTable(point) };

import { eightfoldPoint } from './edwards.ts';
import { PointTable } from './point-table.ts';

/** RFC 7748 §4.1: u = 9. */
export const basePoint: Uint8Array = /* @__PURE__ */ Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 9 : 0));

/** Made on first use. */
export function basePointTable(): PointTable {
  if (table === undefined) {
    const eightfold = eightfoldPoint(basePoint);
    if (eightfold === undefined) throw new Error('the base point is on the curve');
    table = new PointTable(eightfold);
    table.extend();
  }
  return table;
}

let table: PointTable | undefined;

import { decodePoint, type EdwardsPoint, timesEight } from './edwards.ts';
import { PointTable } from './point-table.ts';

/** RFC 8032 §5.1: its y is 4/5, its x is even. It is that of RFC 7748 §4.1, whose u is 9. */
export function edwardsBasePoint(): EdwardsPoint {
  const point = decodePoint(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 0x58 : 0x66)));
  if (point === undefined) throw new Error('the base point is on the curve');
  return point;
}

export function eightfoldBasePoint(): EdwardsPoint {
  const point = edwardsBasePoint();
  timesEight(point);
  return point;
}

/** Of eight times the base point, made on first use. */
export function basePointTable(): PointTable {
  if (table === undefined) {
    table = new PointTable(eightfoldBasePoint());
    table.extend();
  }
  return table;
}

let table: PointTable | undefined;

/** The base point times a clamped scalar, by the same steps whatever it is: RFC 7748 §5, RFC 8032 §5.1.5. */
export function baseMultiple(clamped: Uint8Array): EdwardsPoint {
  const eighth = clamped.map((byte, i) => (byte >> 3) | ((clamped[i + 1] ?? 0) << 5));
  return basePointTable().multiplySteadily(eighth);
}

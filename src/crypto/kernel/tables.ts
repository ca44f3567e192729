import type { EdwardsPoint } from '../edwards.ts';
import { PointTable, signedDigits } from '../point-table.ts';
import { littleEndian, type ScalarProduct } from '../scalar-product.ts';
import type { Kernel } from './kernel.ts';

/** Makes tables whose multiples the kernel computes, while it has room for them; those that nobody has any more make some. */
export function tablesBy(kernel: Kernel): (point: EdwardsPoint) => PointTable {
  const { bytes, data, functions } = kernel;
  const digitsAt = data + 32;

  class KernelTable extends PointTable {
    readonly #at: number;

    constructor(point: EdwardsPoint, room: Int32Array<ArrayBuffer>) {
      super(point, room);
      this.#at = room.byteOffset;
    }

    override multiply(product: ScalarProduct): Uint8Array {
      bytes.set(signedDigits(littleEndian(product)), digitsAt);
      functions.multiplyPoint(this.#at, digitsAt, data);
      return bytes.slice(data, data + 32);
    }
  }

  const free = [...kernel.tables];
  const gone = new FinalizationRegistry<Int32Array<ArrayBuffer>>(room => free.push(room));
  return point => {
    const room = free.pop();
    if (room === undefined) return new PointTable(point);
    const table = new KernelTable(point, room);
    gone.register(table, room);
    return table;
  };
}

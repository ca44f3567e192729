import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Code,
  type FunctionWriter,
  i32,
  i64,
  type Local,
  loopWhile,
  ModuleWriter,
  select,
  types,
  v128,
  when,
} from '../../../src/crypto/kernel/assembler.ts';

type Run = (...operands: number[]) => number;

test('numbers of any size are the constants that they were', () => {
  const edges = [0, 63, 64, -64, -65, 8191, 8192, -8192, -8193, 2 ** 31 - 1, -(2 ** 31)];
  fc.assert(
    fc.property(fc.oneof(fc.constantFrom(...edges), fc.integer()), value => {
      expect(compiled(0, () => i32.const(value))()).toBe(value);
    }),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), value => {
      expect(compiled(0, () => i32.wrap(i64.shrU(i64.const(value), i64.const(32n))))()).toBe(Number(value >> 32n));
      expect(compiled(0, () => i32.wrap(i64.const(value)))()).toBe(Number(BigInt.asIntN(32, value)));
    }),
    { numRuns: 50 },
  );
});

test('a loop runs until its condition is zero, a branch where its own is not', () => {
  const sumOfOdd = compiled(1, (writer, most) => {
    const [i, sum] = [writer.local(types.i32), writer.local(types.i32)];
    return [
      loopWhile(
        [when(i32.and(i.get, i32.const(1)), sum.set(i32.add(sum.get, i.get))), i.set(i32.add(i.get, i32.const(1)))],
        i32.ltU(i.get, most.get),
      ),
      sum.get,
    ];
  });
  expect(sumOfOdd(10)).toBe(25);
});

test('a choice has the first value where its condition is not zero', () => {
  const smaller = compiled(2, (_, a, b) => select(i32.ltU(a.get, b.get), a.get, b.get));
  expect([smaller(3, 7), smaller(7, 3)]).toEqual([3, 3]);
});

test('functions call those written before them, and find data where it was put', () => {
  const module = new ModuleWriter(1);
  module.data(300, Uint8Array.of(1, 2, 3, 4));
  const double = module.function(undefined, 1, (_, value) => i32.add(value.get, value.get), 1);
  module.function('read', 1, (_, at) => double.call(i32.load(at.get, 200)), 1);
  const { read } = new WebAssembly.Instance(new WebAssembly.Module(module.finish())).exports;
  expect((read as Run)(100)).toBe(2 * 0x04030201);
});

test('a shuffle takes its bytes from both vectors', () => {
  const module = new ModuleWriter(1);
  module.data(
    0,
    Uint8Array.from({ length: 32 }, (_, i) => i),
  );
  const order = [31, 0, 16, 15, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
  module.function('run', 0, () =>
    v128.store(i32.const(64), v128.shuffle(v128.load(i32.const(0)), v128.load(i32.const(16)), order)),
  );
  const { run, memory } = new WebAssembly.Instance(new WebAssembly.Module(module.finish())).exports;
  (run as () => void)();
  expect([...new Uint8Array((memory as WebAssembly.Memory).buffer, 64, 16)]).toEqual(order);
});

/** The only function of a module: an expression of its parameters. */
function compiled(parameters: number, write: (writer: FunctionWriter, ...parameters: Local[]) => Code): Run {
  const module = new ModuleWriter(1);
  module.function('run', parameters, write, 1);
  return new WebAssembly.Instance(new WebAssembly.Module(module.finish())).exports['run'] as Run;
}

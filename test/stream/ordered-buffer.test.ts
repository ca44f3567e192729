import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OrderedBuffer } from '../../src/stream/index.ts';
import vectors from '../vectors/exit-vectors.json' with { type: 'json' };

const utf8 = new TextEncoder();

describe('messages out of order', () => {
  test('are taken and refused exactly as upstream does', () => {
    const buffer = new OrderedBuffer();
    for (const step of vectors.upstream_run.nr.ordered_buffer_script) {
      if (step.op === 'write') {
        const outcome = buffer.write(BigInt(step.seq ?? -1), utf8.encode(step.data_utf8));
        expect(`${outcome} ${step.seq}`).toBe(`${nameOf(String(step.result))} ${step.seq}`);
        continue;
      }
      const run = buffer.read();
      const result = run && { data_utf8: new TextDecoder().decode(run.data), last_sequence: Number(run.lastSequence) };
      expect(result ?? null).toEqual(step.result);
    }
  });

  test('come out in order, whatever the order and the duplicates', () => {
    const order = fc
      .integer({ min: 1, max: 60 })
      .chain(count => fc.tuple(fc.constant(count), fc.array(fc.nat(count - 1), { maxLength: 200 })));
    fc.assert(
      fc.property(order, ([count, first]) => {
        const buffer = new OrderedBuffer();
        const out: number[] = [];
        const everything = [...first, ...Array.from({ length: count }, (_, i) => i)];
        for (const sequence of everything) {
          buffer.write(BigInt(sequence), Uint8Array.of(sequence));
          out.push(...(buffer.read()?.data ?? []));
        }
        expect(out).toEqual(Array.from({ length: count }, (_, i) => i));
        expect(buffer.bytes).toBe(0);
      }),
    );
  });

  test('wait for a missing one only up to the limit in bytes, and the missing one is always taken', () => {
    const buffer = new OrderedBuffer({ maxBytes: 10 });
    expect(buffer.write(1n, new Uint8Array(6))).toBe('stored');
    expect(buffer.write(2n, new Uint8Array(6))).toBe('full');
    expect(buffer.bytes).toBe(6);
    expect(buffer.write(0n, new Uint8Array(100))).toBe('stored');
    expect(buffer.read()?.data).toHaveLength(106);
    expect(buffer.next).toBe(2n);
  });
});

function nameOf(upstream: string): string {
  if (upstream.startsWith('MessageSequenceTooLarge')) return 'too-far';
  if (upstream.startsWith('AttemptedToOverwriteSequence')) return 'duplicate';
  if (upstream.startsWith('MessageAlreadyReconstructed')) return 'already-read';
  return upstream === 'ok' ? 'stored' : upstream;
}

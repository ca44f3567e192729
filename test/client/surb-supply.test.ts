import { describe, expect, test } from 'vitest';
import { SurbSupply, surbBatches } from '../../src/client/surb-supply.ts';
import { parseRecipient } from '../../src/message/index.ts';
import { someRecipient, vectors } from '../message/support.ts';
import { pseudonym } from './reply-blocks.ts';

const second = 1000;
const hour = 3_600_000;
const alice = pseudonym(1);
const ask = (amount: number) => ({ recipient: someRecipient, amount });

describe('answers to requests for reply blocks', () => {
  test('what is asked for is given, in messages of at most 100', () => {
    const supply = new SurbSupply();
    expect(supply.answer(ask(10), alice, 0)).toEqual([10]);
    expect(supply.answer(ask(50), alice, 0)).toEqual([50]);
    expect(supply.answer(ask(250), alice, 0)).toEqual([100, 100, 50]);
    expect(supply.answer(ask(0), alice, 0)).toEqual([]);
  });

  test('a request for a thousand gets five messages of a hundred', () => {
    expect(new SurbSupply().answer(ask(1000), alice, 0)).toEqual([100, 100, 100, 100, 100]);
    expect(new SurbSupply().answer(ask(0xffff_ffff), alice, 0)).toEqual([100, 100, 100, 100, 100]);
  });

  test('a request from anybody but the recipient of the pseudonym is ignored', () => {
    const other = vectors.source_test_fixtures.recipients[0]?.base58_derived ?? '';
    expect(new SurbSupply().answer({ recipient: parseRecipient(other), amount: 50 }, alice, 0)).toEqual([]);
  });

  test('who uses what it gets is given more without end: hours at 200 a second', () => {
    const supply = new SurbSupply();
    let held = 12;
    let refused = 0;
    for (let now = 0; now < 2 * hour; now += 250) {
      for (let i = 0; i < 50 && held > 0; i++) {
        held -= 1;
        // One reply in fifty is lost.
        if ((now / 250 + i) % 50 !== 0) supply.used(alice);
      }
      if (held < 200) {
        const given = sum(supply.answer(ask(50), alice, now));
        if (given < 50) refused += 1;
        held += given;
      }
    }
    expect(refused).toBe(0);
  });

  test('who only ever asks gets one largest request, and then ten a second', () => {
    const supply = new SurbSupply();
    let given = 0;
    for (let now = 0; now < hour; now += 50) given += sum(supply.answer(ask(500), alice, now));
    expect(given).toBeLessThan(500 + 11 * 3600);
    expect(given).toBeGreaterThan(500 + 9 * 3600);
  });

  test('whose reader is slow is given ten in eight seconds, until it is not', () => {
    const supply = new SurbSupply();
    supply.restrain(alice, true);
    expect(supply.answer(ask(50), alice, 0)).toEqual([10]);
    supply.restrain(alice, true);
    expect(supply.answer(ask(50), alice, 7 * second)).toEqual([]);
    expect(supply.answer(ask(50), alice, 8 * second)).toEqual([10]);
    expect(supply.answer(ask(50), pseudonym(2), 8 * second)).toEqual([50]);
    supply.restrain(alice, false);
    expect(supply.answer(ask(50), alice, 9 * second)).toEqual([50]);
  });

  test('whoever has spent its budget and is patient is never left with nothing', () => {
    const supply = new SurbSupply();
    supply.answer(ask(500), alice, 0);
    for (let now = 10 * second; now < hour; now += 10 * second) {
      expect(sum(supply.answer(ask(50), alice, now))).toBeGreaterThanOrEqual(10);
    }
  });

  test('even right after a large request there is a little; then it takes a second', () => {
    const supply = new SurbSupply();
    supply.answer(ask(499), alice, 0);
    expect(supply.answer(ask(50), alice, 0)).toEqual([10]);
    expect(supply.answer(ask(50), alice, 0)).toEqual([]);
    expect(supply.answer(ask(50), alice, second)).toEqual([10]);
  });

  test('budgets are per pseudonym, and forgotten with it', () => {
    const supply = new SurbSupply();
    supply.answer(ask(500), alice, 0);
    expect(supply.answer(ask(50), alice, 0)).toEqual([]);
    expect(supply.answer(ask(50), pseudonym(2), 0)).toEqual([50]);
    supply.forget(alice);
    expect(supply.answer(ask(50), alice, 0)).toEqual([50]);
  });
});

describe('reply blocks in messages', () => {
  test('batches add up', () => {
    for (const amount of [0, 1, 99, 100, 101, 399, 400]) {
      expect(sum(surbBatches(amount))).toBe(amount);
      expect(surbBatches(amount).every(size => size > 0 && size <= 100)).toBe(true);
    }
  });
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

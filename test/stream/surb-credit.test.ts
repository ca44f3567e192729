import { describe, expect, test } from 'vitest';
import { type CreditDemand, SURB_RESERVE, SurbCredit } from '../../src/stream/surb-credit.ts';

const demand = (with_: Partial<CreditDemand> = {}): CreditDemand => ({
  lagging: false,
  awaiting: true,
  expectedBytes: undefined,
  ...with_,
});

describe('reply blocks for an exit', () => {
  test('a first answer of 16 KiB needs no more than was sent with the question', () => {
    const credit = new SurbCredit();
    expect(credit.target([demand()], 0)).toBe(SURB_RESERVE + 12 + 2);
  });

  test('a connection that waits for nothing keeps room for its closing message', () => {
    expect(new SurbCredit().target([demand({ awaiting: false })], 0)).toBe(SURB_RESERVE + 1 + 2);
  });

  test('an announced length is covered at once, up to what an exit stores', () => {
    const credit = new SurbCredit();
    expect(credit.target([demand({ expectedBytes: 70_000 })], 0)).toBe(SURB_RESERVE + 50 + 2);
    expect(credit.target([demand({ expectedBytes: 70_000_000 })], 0)).toBe(SURB_RESERVE + 180);
    expect(credit.target([demand({ expectedBytes: 14_000 }), demand({ expectedBytes: 28_000 })], 0)).toBe(
      SURB_RESERVE + 30 + 2,
    );
  });

  test('a long answer of unknown length gets half again what the exit used lately', () => {
    const credit = new SurbCredit();
    for (let i = 0; i < 4; i++) credit.received(16_384 + 21, 500 * i);
    expect(credit.target([demand({ awaiting: false })], 1500)).toBe(SURB_RESERVE + 66 + 2);
    expect(credit.target([demand({ awaiting: false })], 5000)).toBe(SURB_RESERVE + 1 + 2);
  });

  test('a slow reader gets nothing sent ahead, and others go on', () => {
    const credit = new SurbCredit();
    const slow = demand({ lagging: true, expectedBytes: 1_000_000 });
    expect(credit.target([slow], 0)).toBe(0);
    expect(credit.target([slow, demand()], 0)).toBe(SURB_RESERVE + 12 + 2);
    expect(credit.target([], 0)).toBe(0);
  });

  test('beside a slow reader, a connection that is merely open counts while it gets something, and not otherwise', () => {
    const credit = new SurbCredit();
    const slow = demand({ lagging: true, expectedBytes: 1_000_000 });
    const idle = demand({ awaiting: false });
    expect(credit.target([slow, idle], 0)).toBe(0);
    expect(credit.holdsBack([slow, idle], 0)).toBe(true);
    credit.received(16_384 + 21, 0);
    expect(credit.target([slow, idle], 1000)).toBe(SURB_RESERVE + 17 + 2);
    expect(credit.target([slow, idle], 3000)).toBe(0);
    expect(credit.holdsBack([idle], 3000)).toBe(false);
    expect(credit.holdsBack([slow, demand()], 3000)).toBe(false);
  });

  test('ride where a packet has room for them anyway', () => {
    const credit = new SurbCredit();
    expect(credit.riding(29, 0, 24)).toBe(3);
    expect(credit.riding(201, 0, 24)).toBe(3);
    expect(credit.riding(202, 0, 24)).toBe(2);
    expect(credit.riding(1581, 0, 24)).toBe(0);
    expect(credit.riding(1582, 0, 24)).toBe(3);
    expect(credit.riding(16_384 + 21, 0, 24)).toBe(2);
    expect(credit.riding(29, 23, 24)).toBe(1);
    expect(credit.riding(29, 40, 24)).toBe(0);
  });

  test('few go in packets of their own, many go ten to three packets', () => {
    const credit = new SurbCredit();
    expect(credit.topUps(5, 24)).toEqual([3, 3, 3, 3, 3, 3]);
    expect(credit.topUps(22, 24)).toEqual([]);
    expect(credit.topUps(100, 190)).toEqual(Array.from({ length: 9 }, () => 10));
    expect(credit.topUps(200, 190)).toEqual([]);
  });
});

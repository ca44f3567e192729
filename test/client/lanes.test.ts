import { describe, expect, test } from 'vitest';
import {
  ADDITIONAL_SURBS_LANE,
  type Batch,
  GENERAL_LANE,
  Lanes,
  RETRANSMISSION_LANE,
  single,
} from '../../src/client/lanes.ts';
import { seededRandom } from '../support/seeded-random.ts';

function numbers(prefix: string, count: number): Batch<string> {
  let made = 0;
  return {
    get remaining() {
      return count - made;
    },
    next: () => `${prefix}${made++}`,
  };
}

function drain(lanes: Lanes<string>, random = seededRandom('drain')): string[] {
  const items: string[] = [];
  for (let popped = lanes.pop(random); popped !== undefined; popped = lanes.pop(random)) items.push(popped.item);
  return items;
}

describe('a lane', () => {
  test('gives its items in the order they came, across messages, and makes them only when asked', () => {
    const lanes = new Lanes<string>();
    let made = 0;
    lanes.push('a', {
      get remaining() {
        return 1_000_000 - made;
      },
      next: () => `${made++}`,
    });
    expect(lanes.length('a')).toBe(1_000_000);
    expect(made).toBe(0);
    lanes.pop(seededRandom('x'));
    expect(made).toBe(1);
    const other = new Lanes<string>();
    other.push('a', numbers('x', 2));
    other.push('a', numbers('y', 2));
    expect(drain(other)).toEqual(['x0', 'x1', 'y0', 'y1']);
    expect(other.empty).toBe(true);
  });

  test('says its length after every change', () => {
    const lanes = new Lanes<string>();
    const batch = numbers('x', 3);
    lanes.push('a', batch);
    lanes.push('a', numbers('y', 2));
    expect([lanes.length('a'), lanes.length('b'), lanes.total]).toEqual([5, 0, 5]);
    const popped = lanes.pop(seededRandom('x'));
    expect(lanes.length('a')).toBe(4);
    lanes.unpop('a', popped?.item ?? '');
    expect(lanes.length('a')).toBe(5);
    lanes.remove('a', batch);
    expect(drain(lanes)).toEqual(['x0', 'y0', 'y1']);
    expect([lanes.length('a'), lanes.total]).toEqual([0, 0]);
  });

  test('that is empty, or a batch that is not there, does no harm', () => {
    const lanes = new Lanes<string>();
    lanes.push('a', numbers('x', 0));
    lanes.remove('a', numbers('x', 1));
    expect(lanes.empty).toBe(true);
    expect(lanes.pop(seededRandom('x'))).toBeUndefined();
  });
});

describe('fairness', () => {
  test('a short request passes a long upload', () => {
    const lanes = new Lanes<string>();
    const random = seededRandom('upload');
    lanes.push('connection:upload', numbers('u', 5000));
    for (let i = 0; i < 50; i++) lanes.pop(random);
    lanes.push('connection:request', numbers('r', 3));
    const next = [lanes.pop(random), lanes.pop(random), lanes.pop(random)].map(popped => popped?.item);
    expect(next).toEqual(['r0', 'r1', 'r2']);
  });

  test('equal short lanes get equal shares', () => {
    const lanes = new Lanes<string>();
    const random = seededRandom('equal');
    const counts = new Map<string, number>();
    for (let i = 0; i < 4000; i++) {
      for (const lane of ['a', 'b', 'c', GENERAL_LANE]) {
        if (lanes.length(lane) < 5) lanes.push(lane, numbers(lane, 5));
      }
      const lane = lanes.pop(random)?.lane ?? '';
      counts.set(lane, (counts.get(lane) ?? 0) + 1);
    }
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });

  test('among long lanes none starves', () => {
    const lanes = new Lanes<string>();
    const random = seededRandom('long');
    for (let i = 0; i < 10; i++) lanes.push(`connection:${i}`, numbers(`${i}`, 100_000));
    const counts = new Map<string, number>();
    for (let i = 0; i < 10_000; i++) {
      const lane = lanes.pop(random)?.lane ?? '';
      counts.set(lane, (counts.get(lane) ?? 0) + 1);
    }
    expect(counts.size).toBe(10);
    for (const count of counts.values()) expect(count).toBeGreaterThan(200);
  });

  test('reply blocks wait for requests, one slot in eight excepted', () => {
    const lanes = new Lanes<string>();
    const random = seededRandom('surbs');
    lanes.push(ADDITIONAL_SURBS_LANE, numbers('s', 30));
    lanes.push('connection:a', numbers('a', 3));
    expect(drain(lanes, random).slice(0, 3)).toEqual(['a0', 'a1', 'a2']);

    lanes.push(ADDITIONAL_SURBS_LANE, numbers('s', 1000));
    let surbs = 0;
    for (let i = 0; i < 800; i++) {
      if (lanes.length(GENERAL_LANE) === 0) lanes.push(GENERAL_LANE, numbers('g', 3));
      if (lanes.pop(random)?.lane === ADDITIONAL_SURBS_LANE) surbs += 1;
    }
    expect(surbs).toBeGreaterThanOrEqual(95);
    expect(surbs).toBeLessThan(130);
  });

  test('reply blocks share with long uploads and with retransmissions', () => {
    const lanes = new Lanes<string>();
    const random = seededRandom('share');
    lanes.push('connection:upload', numbers('u', 10_000));
    lanes.push(RETRANSMISSION_LANE, single('again'));
    lanes.push(ADDITIONAL_SURBS_LANE, numbers('s', 400));
    let slots = 0;
    while (lanes.length(ADDITIONAL_SURBS_LANE) > 0) {
      lanes.pop(random);
      slots += 1;
    }
    expect(slots).toBeLessThan(1200);
  });
});

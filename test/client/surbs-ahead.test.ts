import { expect, test } from 'vitest';
import { SurbsAhead } from '../../src/client/surbs-ahead.ts';
import { pseudonym } from './reply-blocks.ts';

const [alice, bob] = [pseudonym(1), pseudonym(2)];

test('what is under way counts once for those who ask', () => {
  const ahead = new SurbsAhead();
  ahead.sent(alice, 30);
  ahead.sent(alice, 10);
  expect([ahead.claim(alice, 25), ahead.claim(alice, 50), ahead.claim(alice, 50)]).toEqual([25, 15, 0]);
  ahead.sent(alice, 10);
  expect([ahead.claim(bob, 10), ahead.claim(alice, 10)]).toEqual([0, 10]);
});

test('what has arrived, or is lost, is not under way; those that were asked for arrive first', () => {
  const ahead = new SurbsAhead();
  ahead.sent(alice, 100);
  expect(ahead.claim(alice, 50)).toBe(50);
  ahead.arrived(alice, 50);
  expect(ahead.claim(alice, 60)).toBe(50);
  ahead.arrived(alice, 50);
  expect(ahead.claim(alice, 10)).toBe(0);
  ahead.sent(alice, 10);
  expect(ahead.claim(alice, 10)).toBe(10);
});

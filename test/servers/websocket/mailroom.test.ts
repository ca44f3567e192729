/** Who gets which message, and what waits for whom. */

import { describe, expect, test } from 'vitest';
import * as limits from '../../../src/limits.ts';
import { Mailroom, type Seat } from '../../../src/servers/websocket/mailroom.ts';

const rooms = () => new Mailroom('websocket:1977:');
const unasked = (text: string) => ({ data: Buffer.from(text) });
const answerTo = (isolation: string, text: string) => ({
  data: Buffer.from(text),
  answers: { recipient: 'somebody', isolation },
});
const read = ({ messages }: Seat) => messages.takeAll().map(({ data }) => String(data));

describe('a program', () => {
  test('is told of every message, and takes them in their order', () => {
    const mailroom = rooms();
    let told = 0;
    const seat = mailroom.enter(() => told++);
    mailroom.arrived(unasked('one'));
    mailroom.arrived(answerTo(mailroom.isolationOf(seat), 'two'));
    mailroom.arrived(unasked('three'));
    expect(told).toBe(3);
    expect(read(seat)).toEqual(['one', 'two', 'three']);
  });

  test('that leaves makes room for the next, which is who it was', () => {
    const mailroom = rooms();
    const [first, second] = [mailroom.enter(() => {}), mailroom.enter(() => {})];
    const isolation = mailroom.isolationOf(first);
    expect(mailroom.isolationOf(second)).not.toBe(isolation);
    mailroom.leave(first);
    mailroom.arrived(answerTo(isolation, 'late'));
    expect(read(second)).toEqual([]);
    const next = mailroom.enter(() => {});
    expect(mailroom.isolationOf(next)).toBe(isolation);
    expect(read(next)).toEqual(['late']);
  });

  test('leaves what it has not taken: its answers to the next in its place, the rest to nobody who has it already', () => {
    const mailroom = rooms();
    const [first, second] = [mailroom.enter(() => {}), mailroom.enter(() => {})];
    mailroom.arrived(unasked('for both'));
    mailroom.arrived(answerTo(mailroom.isolationOf(second), 'for the second'));
    mailroom.leave(second);
    expect(read(first)).toEqual(['for both']);
    expect(read(mailroom.enter(() => {}))).toEqual(['for the second']);
  });

  test('that is the last leaves everything to the first that comes', () => {
    const mailroom = rooms();
    const [first, second] = [mailroom.enter(() => {}), mailroom.enter(() => {})];
    mailroom.leave(first);
    mailroom.arrived(unasked('one'));
    mailroom.leave(second);
    mailroom.arrived(unasked('two'));
    expect(mailroom.waiting).toBe(2);
    expect(read(mailroom.enter(() => {}))).toEqual(['one', 'two']);
  });
});

test('answers to somebody else are for nobody here', () => {
  const mailroom = rooms();
  const seat = mailroom.enter(() => {});
  for (const isolation of ['wallet', 'websocket:1978:0', 'websocket:1977:1'])
    mailroom.arrived(answerTo(isolation, 'x'));
  mailroom.arrived({ data: Buffer.from('x'), answers: { recipient: 'somebody' } });
  expect(read(seat)).toEqual([]);
});

test('what waits is bounded: what came first is given up, and counted', () => {
  const mailroom = rooms();
  const quarter = Buffer.alloc(limits.serviceMessages / 4);
  for (let i = 0; i < 6; i++) mailroom.arrived({ data: Buffer.concat([quarter.subarray(1), Buffer.of(i)]) });
  expect([mailroom.waiting, mailroom.givenUp]).toEqual([3, 3]);
  const seat = mailroom.enter(() => {});
  expect(seat.messages.takeAll().map(({ data }) => data.at(-1))).toEqual([3, 4, 5]);
  mailroom.arrived({ data: Buffer.alloc(limits.serviceMessages) });
  expect(mailroom.waiting).toBe(1);
  for (let i = 0; i < 100_000; i++) mailroom.arrived(unasked(''));
  expect(mailroom.waiting).toBeLessThan(100_000);
});

import { describe, expect, test } from 'vitest';
import { KeepAlive } from '../../src/websocket/keep-alive.ts';

describe('keeping alive', () => {
  test('pings after silence of ours, and gives up when nothing comes', () => {
    const it = new KeepAlive(0, 240, 60);
    expect([it.verdict(239), it.verdict(240)]).toEqual([undefined, 'ping']);
    it.pinged(240);
    it.wrote(241);
    expect([it.dueAt, it.verdict(299), it.verdict(300)]).toEqual([300, undefined, 'dead']);
    expect([it.heard(), it.heard()]).toEqual([true, false]);
    expect([it.dueAt, it.verdict(300)]).toEqual([481, undefined]);
  });

  test('sends nothing where that is not wanted', () => {
    const it = new KeepAlive(0, Number.POSITIVE_INFINITY, 60);
    expect([it.dueAt, it.verdict(1e12)]).toEqual([Number.POSITIVE_INFINITY, undefined]);
  });
});

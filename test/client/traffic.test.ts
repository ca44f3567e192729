import { expect, test } from 'vitest';
import { completeTraffic, defaultTraffic } from '../../src/client/traffic.ts';

test('without wishes the traffic is that of Nym clients', () => {
  expect(completeTraffic()).toEqual(defaultTraffic);
  expect(defaultTraffic.messageSendingAverageDelayMs).toBe(20);
  expect(defaultTraffic.loopCoverTrafficAverageDelayMs).toBe(200);
  expect(defaultTraffic.disableMainPoissonPacketDistribution).toBe(false);
  expect(defaultTraffic.disableLoopCoverTrafficStream).toBe(false);
  expect(defaultTraffic.maximumNumberOfReplyRetransmissions).toBe(10);
});

test('a wish changes its option and no other', () => {
  expect(completeTraffic({ averagePacketDelayMs: 0 })).toEqual({ ...defaultTraffic, averagePacketDelayMs: 0 });
});

test.each([
  [{ messageSendingAverageDelayMs: 0 }, TypeError],
  [{ messageSendingAverageDelayMs: Number.NaN }, TypeError],
  [{ averagePacketDelayMs: -1 }, TypeError],
  [{ ackWaitAdditionMs: Number.POSITIVE_INFINITY }, TypeError],
  [{ maximumNumberOfRetransmissions: 1.5 }, TypeError],
  [JSON.parse('{"averageAckDelayMs": "15"}'), TypeError],
  [JSON.parse('{"disableLoopCoverTrafficStream": 1}'), TypeError],
  [JSON.parse('{"noSuchOption": 1}'), TypeError],
])('refuses %j and names the option', (wishes, kind) => {
  expect(() => completeTraffic(wishes)).toThrow(kind);
  expect(() => completeTraffic(wishes)).toThrow(Object.keys(wishes)[0]);
});

test.each(['secondaryPacketSize', 'primaryPacketSize', 'useLegacySphinxFormat', 'disableMixHops', 'fastmode'])(
  'what would make a client stand out has no option: %s',
  name => {
    expect(() => completeTraffic({ [name]: true })).toThrow(TypeError);
  },
);

import { expect, test } from 'vitest';
import { Deliveries, type Delivery, MAX_WAITING_BYTES } from '../../src/client/deliveries.ts';
import { MixnetError } from '../../src/errors.ts';

function createDeliveries() {
  const ended: Delivery[] = [];
  let held = 0;
  const hold = () => {
    held += 1;
    return () => {
      held -= 1;
    };
  };
  return { ended, held: () => held, deliveries: new Deliveries(hold, delivery => ended.push(delivery)) };
}

test('a message ends with its last acknowledgement, and its lane is accounted for until then', async () => {
  const { deliveries, ended } = createDeliveries();
  const delivery = deliveries.open('a', 1000);
  delivery.divide(4);
  expect(deliveries.unacknowledged('a')).toEqual({ messages: 1, bytes: 1000 });
  delivery.acknowledge();
  expect(deliveries.unacknowledged('a')).toEqual({ messages: 1, bytes: 750 });
  for (let i = 0; i < 3; i++) delivery.acknowledge();
  await delivery.done;
  expect(deliveries.unacknowledged('a')).toEqual({ messages: 0, bytes: 0 });
  expect(ended).toEqual([delivery]);
});

test('it ends once, by whatever comes first', async () => {
  const { deliveries, ended } = createDeliveries();
  const controller = new AbortController();
  const delivery = deliveries.open('a', 1, controller.signal);
  delivery.fail(new Error('first'));
  controller.abort(new Error('second'));
  delivery.acknowledge();
  deliveries.failAll(new Error('third'));
  await expect(delivery.done).rejects.toThrow('first');
  expect(ended).toEqual([delivery]);
});

test('a lane fails as a whole, and no other with it', async () => {
  const { deliveries } = createDeliveries();
  const [a, b, c] = [deliveries.open('x', 1), deliveries.open('x', 1), deliveries.open('y', 1)];
  deliveries.failLane('x', 'dropped');
  await expect(a.done).rejects.toBe('dropped');
  await expect(b.done).rejects.toBe('dropped');
  expect(c.ended).toBe(false);
  expect(deliveries.count).toBe(1);
});

test('the process is kept alive exactly while somebody waits for a message', () => {
  const { deliveries, held } = createDeliveries();
  expect(held()).toBe(0);
  const [a, b] = [deliveries.open('x', 1), deliveries.open('y', 1)];
  deliveries.openUnawaited('z');
  expect(held()).toBe(1);
  a.fail('over');
  expect(held()).toBe(1);
  b.acknowledge();
  expect(held()).toBe(0);
  expect(deliveries.count).toBe(1);
});

test('who waits for quiet is told when the last one has ended', async () => {
  const { deliveries } = createDeliveries();
  await deliveries.idle();
  const delivery = deliveries.open('a', 1);
  let quiet = 0;
  const both = [1, 2].map(() => deliveries.idle().then(() => quiet++));
  await Promise.resolve();
  expect(quiet).toBe(0);
  delivery.acknowledge();
  await Promise.all(both);
  expect(quiet).toBe(2);
});

test('nothing is accepted with an aborted signal, or above the limit', () => {
  const { deliveries } = createDeliveries();
  expect(() => deliveries.open('a', 1, AbortSignal.abort('no'))).toThrow('no');
  deliveries.open('a', MAX_WAITING_BYTES);
  expect(() => deliveries.open('b', 1)).toThrow(new MixnetError('ERR_MIX_USAGE_BUSY'));
  expect(deliveries.openUnawaited('b')).toBeDefined();
  deliveries.failAll('over');
  expect(deliveries.open('b', 1).ended).toBe(false);
});

test('what needs reply blocks can still get them while nothing else is accepted, until the end', async () => {
  const { deliveries } = createDeliveries();
  const closed = new MixnetError('ERR_MIX_MIXNET_CLOSED');
  const open = deliveries.open('a', 1);
  deliveries.refuse(closed);
  expect(() => deliveries.open('a', 1)).toThrow(closed);
  const request = deliveries.openUnawaited('b');
  expect(open.ended).toBe(false);
  deliveries.close(closed);
  await expect(open.done).rejects.toBe(closed);
  await expect(request?.done).rejects.toBe(closed);
  expect(deliveries.openUnawaited('b')).toBeUndefined();
  expect(deliveries.count).toBe(0);
});

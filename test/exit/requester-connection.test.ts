import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeRequest, type RequesterRequest } from '../../src/exit/index.ts';
import {
  CLOSING_TIME,
  type ConnectionAction,
  EXIT_IDLE_TIME,
  RequesterConnection,
  SILENCE_TIME,
  STARVATION_TIME,
} from '../../src/exit/requester-connection.ts';
import { LAGGING_BYTES, MAX_SEND_BYTES, MAX_UNREAD_BYTES, SURB_RESERVE } from '../../src/stream/index.ts';

const id = 0x0102030405060708n;
const empty = new Uint8Array(0);
const bytes = (text: string) => new TextEncoder().encode(text);
const data = (sequence: number | bigint, content: Uint8Array | string = empty, closed = false) => ({
  kind: 'data' as const,
  connection: id,
  sequence: BigInt(sequence),
  data: typeof content === 'string' ? bytes(content) : content,
  closed,
});
const error = { kind: 'error' as const, connection: id, text: 'Domain "example.com:25" failed filter check' };

function connecting(now = 0) {
  const connection = new RequesterConnection({ id, address: 'example.com:443', now, connectTimeout: 30_000 });
  connection.open();
  return connection;
}

function opened() {
  const connection = connecting();
  connection.received(data(0), 100);
  return connection;
}

/** Actions without noise: what is sent as the exit reads it, errors by their code. */
function told(actions: readonly ConnectionAction[]) {
  return actions.map(action => {
    if (action.do === 'send') return ['send', summaryOf(decodeRequest(action.message).request)];
    if (action.do === 'deliver') return ['deliver', new TextDecoder().decode(action.data)];
    return action.do === 'fail' ? ['fail', action.error.code] : [action.do];
  });
}

function summaryOf(request: RequesterRequest): string {
  if (request.kind === 'connect') return `connect ${request.address}`;
  if (request.kind !== 'send') return request.kind;
  return `${request.sequence} ${new TextDecoder().decode(request.data)}${request.closed ? 'closed' : ''}`;
}

describe('a connection through a requester', () => {
  test('asks without naming the client, and sends the first bytes before there is an answer', () => {
    const connection = new RequesterConnection({ id, address: 'example.com:443', now: 0, connectTimeout: 30_000 });
    const [action] = connection.open();
    expect(action?.do === 'send' && decodeRequest(action.message).request).toEqual({
      kind: 'connect',
      connection: id,
      address: 'example.com:443',
    });
    expect(told(connection.write(bytes('hello'), 0))).toEqual([['send', '0 hello']]);
    expect(told(connection.write(bytes('again'), 0))).toEqual([['send', '1 again']]);
  });

  test('is open when the exit says so, and delivers what follows, in order', () => {
    const connection = connecting();
    expect(told(connection.received(data(0), 500))).toEqual([['opened']]);
    expect(told(connection.received(data(2, 'world'), 600))).toEqual([]);
    expect(told(connection.received(data(1, 'hello '), 700))).toEqual([['deliver', 'hello world']]);
    expect(connection.nextDeadline).toBe(500 + SILENCE_TIME);
  });

  test('is open when an answer overtakes the message that says so', () => {
    const connection = connecting();
    expect(told(connection.received(data(1, 'hello'), 500))).toEqual([['opened']]);
    expect(told(connection.received(data(0), 600))).toEqual([['deliver', 'hello']]);
  });

  test('ends when the other side has sent all, whatever the order', () => {
    const connection = opened();
    expect(told(connection.received(data(2, empty, true), 500))).toEqual([]);
    expect(told(connection.received(data(3, empty, true), 500))).toEqual([]);
    expect(told(connection.received(data(1, 'bye'), 600))).toEqual([['deliver', 'bye'], ['end'], ['forget']]);
    expect(told(connection.received(data(4, 'ghost'), 700))).toEqual([]);
    expect(told(connection.write(bytes('late'), 700))).toEqual([]);
    expect(told(connection.close(700))).toEqual([]);
  });

  test('delivers the data of the closing message, and nothing after it', () => {
    const connection = opened();
    connection.received(data(2, 'ghost'), 500);
    expect(told(connection.received(data(1, 'bye', true), 600))).toEqual([['deliver', 'bye'], ['end'], ['forget']]);
    const strict = opened();
    strict.received(data(2, 'bye', true), 500);
    expect(told(strict.received(data(3, 'ghost'), 500))).toEqual([]);
    expect(told(strict.received(data(1, 'good'), 600))).toEqual([['deliver', 'goodbye'], ['end'], ['forget']]);
  });

  test('duplicates and empty messages change nothing', () => {
    const connection = opened();
    connection.received(data(1, 'once'), 500);
    expect(told(connection.received(data(1, 'once'), 500))).toEqual([]);
    expect(told(connection.received(data(0), 500))).toEqual([]);
    for (let sequence = 2; sequence < 5000; sequence++) expect(connection.received(data(sequence), 500)).toEqual([]);
    expect(told(connection.received(data(5000, 'on'), 500))).toEqual([['deliver', 'on']]);
  });
});

describe('what goes wrong is told apart', () => {
  const failed = (code: string) => ['fail', code];

  test('refused by policy, or a name that does not resolve', () => {
    expect(told(connecting().received(error, 100))).toEqual([failed('ERR_MIX_EXIT_REFUSED'), ['forget']]);
  });

  test('the exit could not connect', () => {
    const connection = connecting();
    expect(told(connection.received(data(0, empty, true), 100))).toEqual([
      failed('ERR_MIX_EXIT_DIAL_FAILED'),
      ['forget'],
    ]);
  });

  test('an error on an open connection', () => {
    expect(told(opened().received(error, 100))).toEqual([failed('ERR_MIX_EXIT_CLOSED'), ['forget']]);
  });

  test('silence, and the exit is told to let go in case it connects after all', () => {
    const connection = connecting(1000);
    connection.write(bytes('hello'), 1000);
    expect(connection.nextDeadline).toBe(31_000);
    expect(connection.tick(30_999)).toEqual([]);
    expect(told(connection.tick(31_000))).toEqual([failed('ERR_MIX_EXIT_SILENT'), ['send', '1 closed']]);
    expect(told(connection.received(data(0), 32_000))).toEqual([]);
  });

  test('the cut after five minutes without a byte upstream', () => {
    const connection = opened();
    connection.write(bytes('ping'), 1000);
    connection.received(data(1, 'part'), 1000 + EXIT_IDLE_TIME);
    expect(told(connection.received(data(2, empty, true), 1000 + EXIT_IDLE_TIME))).toEqual([
      failed('ERR_MIX_EXIT_CLOSED'),
      ['forget'],
    ]);
    const inTime = opened();
    inTime.write(bytes('ping'), 1000);
    expect(told(inTime.received(data(1, empty, true), 999 + EXIT_IDLE_TIME))).toEqual([['end'], ['forget']]);
  });

  test('starvation: the exit holds only its reserve for long, and nothing comes', () => {
    const connection = opened();
    connection.credit(SURB_RESERVE, 0);
    expect(connection.nextDeadline).toBe(STARVATION_TIME);
    connection.received(data(1, 'still'), 10_000);
    connection.credit(SURB_RESERVE - 3, 10_000);
    expect(connection.tick(STARVATION_TIME)).toEqual([]);
    connection.credit(SURB_RESERVE + 1, 20_000);
    expect(connection.nextDeadline).toBe(100 + SILENCE_TIME);
    connection.credit(SURB_RESERVE, 30_000);
    expect(told(connection.tick(30_000 + STARVATION_TIME))[0]).toEqual(failed('ERR_MIX_EXIT_STARVED'));
  });

  test('silence of an open connection, of which an exit sends something each minute', () => {
    const connection = opened();
    for (let minute = 1; minute <= 10; minute++) connection.received(data(minute), minute * 60_000);
    for (let now = 100; now < 600_000 + SILENCE_TIME; now += 10_000) expect(connection.tick(now)).toEqual([]);
    const given = connection.tick(600_000 + SILENCE_TIME);
    expect(told(given)).toEqual([failed('ERR_MIX_EXIT_SILENT'), ['send', '0 closed']]);
  });

  test('a message that is missing for good, however much comes after it', () => {
    const connection = opened();
    for (let minute = 1; minute <= 3; minute++) connection.received(data(minute + 1), minute * 60_000);
    expect(connection.tick(99 + SILENCE_TIME)).toEqual([]);
    expect(told(connection.tick(100 + SILENCE_TIME))[0]).toEqual(failed('ERR_MIX_EXIT_SILENT'));
    const late = opened();
    late.received(data(2, 'b'), 60_000);
    expect(told(late.received(data(1, 'a'), 150_000))).toEqual([['deliver', 'ab']]);
    expect(late.tick(100 + SILENCE_TIME)).toEqual([]);
    expect(late.nextDeadline).toBe(150_000 + SILENCE_TIME);
  });

  test('what is expected counts down as it comes, and can be taken back', () => {
    const connection = opened();
    connection.expect(1000);
    expect(connection.demand?.expectedBytes).toBe(1000);
    connection.received(data(1, new Uint8Array(400)), 200);
    expect(connection.demand?.expectedBytes).toBe(600);
    connection.expect(0);
    expect(connection.demand?.expectedBytes).toBeUndefined();
  });

  test('a slow reader: four megabytes wait, then this connection fails', () => {
    const connection = opened();
    const piece = new Uint8Array(MAX_SEND_BYTES);
    const pieces = MAX_UNREAD_BYTES / piece.length;
    for (let sequence = 1; sequence <= pieces; sequence++) {
      expect(connection.received(data(sequence, piece), 200)).toHaveLength(1);
      expect(connection.lagging).toBe(sequence * piece.length > LAGGING_BYTES);
    }
    connection.credit(0, 300);
    expect(connection.nextDeadline).toBe(100 + SILENCE_TIME);
    expect(connection.tick(100 + SILENCE_TIME)).toEqual([]);
    expect(told(connection.received(data(pieces + 1, piece), 400))[0]).toEqual(failed('ERR_MIX_EXIT_OVERRUN'));
  });

  test('a reader that has paused for minutes is not told of silence before there was time to answer', () => {
    const connection = opened();
    const piece = new Uint8Array(MAX_SEND_BYTES);
    const pieces = LAGGING_BYTES / piece.length + 1;
    for (let sequence = 1; sequence <= pieces; sequence++) connection.received(data(sequence, piece), 200);
    const back = 99 + SILENCE_TIME;
    for (let i = 0; i < pieces; i++) connection.taken(piece.length, back);
    expect(connection.tick(back + 1)).toEqual([]);
    expect(told(connection.tick(back + SILENCE_TIME))[0]).toEqual(failed('ERR_MIX_EXIT_SILENT'));
  });

  test('a reader that catches up is not slow', () => {
    const connection = opened();
    for (let sequence = 1; sequence <= 2000; sequence++) {
      const [action] = connection.received(data(sequence, new Uint8Array(MAX_SEND_BYTES)), 200);
      expect(action?.do).toBe('deliver');
      connection.taken(MAX_SEND_BYTES, 200);
    }
    expect(connection.lagging).toBe(false);
  });

  test('a missing message: four megabytes wait for it, a thousand messages at most', () => {
    const connection = opened();
    const piece = new Uint8Array(MAX_SEND_BYTES);
    for (let sequence = 2; sequence <= 257; sequence++)
      expect(connection.received(data(sequence, piece), 1)).toEqual([]);
    expect(told(connection.received(data(258, piece), 2))[0]).toEqual(failed('ERR_MIX_EXIT_OVERRUN'));
    expect(told(opened().received(data(1002, 'far'), 2))[0]).toEqual(failed('ERR_MIX_EXIT_OVERRUN'));
    expect(told(opened().received(data(2n ** 64n - 1n, 'far'), 2))[0]).toEqual(failed('ERR_MIX_EXIT_OVERRUN'));
  });
});

describe('closing', () => {
  test('sends what was written, then says so, and is forgotten when all of that has arrived', () => {
    const connection = opened();
    connection.write(bytes('last'), 100);
    expect(told(connection.close(200))).toEqual([['send', '1 closed']]);
    expect(told(connection.received(data(1, 'late'), 300))).toEqual([]);
    expect(connection.acknowledged(false, 400)).toEqual([]);
    expect(told(connection.acknowledged(true, 500))).toEqual([['forget']]);
  });

  test('is forgotten when for ten seconds nothing of it arrives', () => {
    const connection = opened();
    connection.write(bytes('last'), 100);
    connection.close(200);
    expect(connection.nextDeadline).toBe(200 + CLOSING_TIME);
    connection.acknowledged(false, 9_000);
    expect(connection.nextDeadline).toBe(9_000 + CLOSING_TIME);
    expect(told(connection.tick(9_000 + CLOSING_TIME))).toEqual([['forget']]);
    expect(connection.nextDeadline).toBeUndefined();
  });

  test('after a message that is lost for good, takes its place, so that the exit heeds it', () => {
    const connection = opened();
    for (const text of ['a', 'b', 'c', 'd']) connection.write(bytes(text), 100);
    expect(told(connection.lost(1n, 200))).toEqual([['send', '1 closed']]);
    expect(told(connection.lost(2n, 300))).toEqual([]);
    expect(told(connection.acknowledged(true, 400))).toEqual([['forget']]);
    expect(told(connecting().lost(undefined, 200))).toEqual([['send', '0 closed']]);
  });

  test('a message is never longer than an exit would read, and never empty', () => {
    expect(() => opened().write(new Uint8Array(MAX_SEND_BYTES + 1), 0)).toThrow(RangeError);
    expect(() => opened().write(empty, 0)).toThrow(RangeError);
  });
});

describe('over a mixnet that reorders and repeats', () => {
  test('every byte is delivered once and in order, then the end', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(pieces, fc.infiniteStream(fc.nat()), (contents, random) => {
        const sent = [
          data(0),
          ...contents.map((content, i) => data(i + 1, content)),
          data(contents.length + 1, empty, true),
        ];
        const copies = [...sent, ...sent.filter((_, i) => i % 3 === 0)];
        const order = copies.map(message => ({ message, key: random.next().value ?? 0 })).sort((a, b) => a.key - b.key);
        const connection = connecting();
        const actions = order.flatMap(({ message }) => connection.received(message, 100));
        const delivered = actions.flatMap(action => (action.do === 'deliver' ? [...action.data] : []));
        expect(delivered).toEqual(contents.flatMap(content => [...content]));
        expect(actions.filter(action => action.do !== 'deliver').map(action => action.do)).toEqual([
          'opened',
          'end',
          'forget',
        ]);
      }),
    );
  });

  test('whatever an exit sends, and whenever, a connection ends at most once and stays within its memory', () => {
    const response = fc.oneof(
      fc.record({
        kind: fc.constant('data' as const),
        connection: fc.constant(id),
        sequence: fc.oneof(fc.bigInt({ min: 0n, max: 12n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
        closed: fc.boolean(),
        data: fc.oneof(fc.constant(empty), fc.constant(new Uint8Array(3_000_000))),
      }),
      fc.constant(error),
    );
    fc.assert(
      fc.property(fc.array(response, { maxLength: 40 }), fc.array(fc.nat(100_000)), (responses, pauses) => {
        const connection = connecting();
        let now = 0;
        const actions = responses.flatMap((message, i) => {
          now += pauses[i] ?? 1;
          return [...connection.received(message, now), ...connection.tick(now)];
        });
        const kinds: string[] = actions.map(action => action.do);
        expect(kinds.filter(kind => kind === 'end' || kind === 'fail').length).toBeLessThanOrEqual(1);
        const delivered = actions.reduce((sum, action) => sum + (action.do === 'deliver' ? action.data.length : 0), 0);
        expect(delivered).toBeLessThanOrEqual(MAX_UNREAD_BYTES);
      }),
    );
  });
});

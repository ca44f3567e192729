/** The codec of DNS messages, with the package dns-packet as the other side; and whatever else may come. */

import dnsPacket, { type Answer } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAnswer, encodeQuery, recordTypes } from '../../src/dns/message.ts';
import { type DnsRecordType, recordsOf } from '../../src/dns/resolve.ts';
import { MixnetError } from '../../src/errors.ts';

function answer(answers: Answer[], { rcode = 0, name = 'shop.test', type = 'A' as DnsRecordType, flags = 0 } = {}) {
  return Uint8Array.from(
    dnsPacket.encode({
      type: 'response',
      id: 0,
      flags: flags | rcode,
      questions: [{ name, type }],
      answers,
    }),
  );
}

function read(bytes: Uint8Array, type: DnsRecordType = 'A', name = 'shop.test') {
  return recordsOf(decodeAnswer(bytes, name, recordTypes[type]), name, type);
}

function codeOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(MixnetError);
    return (error as MixnetError).code;
  }
  return 'none';
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/[\s|]/g, ''), 'hex'));
}

describe('a query', () => {
  test('is one that dns-packet reads: id 0, recursion desired, one question, padded', () => {
    const query = dnsPacket.decode(Buffer.from(encodeQuery('Shop.test', recordTypes.AAAA)));
    expect(query).toMatchObject({ id: 0, type: 'query', flag_rd: true, opcode: 'QUERY' });
    expect(query.questions).toEqual([{ name: 'Shop.test', type: 'AAAA', class: 'IN' }]);
    expect(query.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 4096, options: [{ code: 12 }] }]);
  });

  test('has a length that tells little of the name', () => {
    const names = fc.array(fc.stringMatching(/^[a-z0-9]{1,20}$/), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(names, labels => {
        const query = encodeQuery(labels.join('.'), 1);
        expect(query.length % 128).toBe(0);
        expect(dnsPacket.decode(Buffer.from(query)).questions?.[0]?.name).toBe(labels.join('.'));
      }),
    );
  });

  test.each(['', '.', 'a..b', `${'a'.repeat(64)}.test`, `${'a.'.repeat(127)}b.test`, 'a b.test', 'ü.test'])(
    'of %j cannot be made',
    name => {
      expect(() => encodeQuery(name, 1)).toThrow(TypeError);
    },
  );
});

describe('an answer', () => {
  test('gives addresses with the time for which they hold', () => {
    const bytes = answer([
      { type: 'A', name: 'Shop.TEST', ttl: 300, data: '192.0.2.1' },
      { type: 'A', name: 'shop.test', ttl: 200, data: '192.0.2.2' },
      { type: 'AAAA', name: 'shop.test', ttl: 200, data: '2001:db8::1' },
      { type: 'A', name: 'other.test', ttl: 200, data: '192.0.2.3' },
    ]);
    expect(read(bytes)).toEqual([
      { name: 'shop.test', type: 'A', ttl: 300, data: '192.0.2.1' },
      { name: 'shop.test', type: 'A', ttl: 200, data: '192.0.2.2' },
    ]);
    const six = answer([{ type: 'AAAA', name: 'shop.test', ttl: 9, data: '2001:db8::1' }], { type: 'AAAA' });
    expect(read(six, 'AAAA')).toEqual([{ name: 'shop.test', type: 'AAAA', ttl: 9, data: '2001:db8::1' }]);
  });

  test('follows aliases, in any order, and holds no longer than they do', () => {
    const bytes = answer([
      { type: 'A', name: 'c.test', ttl: 300, data: '192.0.2.1' },
      { type: 'CNAME', name: 'b.test', ttl: 20, data: 'c.test' },
      { type: 'CNAME', name: 'shop.test', ttl: 100, data: 'b.test' },
    ]);
    expect(read(bytes)).toEqual([{ name: 'c.test', type: 'A', ttl: 20, data: '192.0.2.1' }]);
    expect(
      read(answer([{ type: 'CNAME', name: 'shop.test', ttl: 1, data: 'b.test' }], { type: 'CNAME' }), 'CNAME'),
    ).toEqual([{ name: 'shop.test', type: 'CNAME', ttl: 1, data: 'b.test' }]);
  });

  test('gives texts and names of the other types', () => {
    const text = answer([{ type: 'TXT', name: 'shop.test', ttl: 1, data: ['one ', 'two ✓'] }], { type: 'TXT' });
    expect(read(text, 'TXT').map(({ data }) => data)).toEqual(['one two ✓']);
    const servers = answer([{ type: 'NS', name: 'shop.test', ttl: 1, data: 'ns.shop.test' }], { type: 'NS' });
    expect(read(servers, 'NS').map(({ data }) => data)).toEqual(['ns.shop.test']);
  });

  test('may have nothing of the type', () => {
    expect(read(answer([]))).toEqual([]);
  });

  const failures: [what: string, bytes: () => Uint8Array, code: string][] = [
    ['NXDOMAIN', () => answer([], { rcode: 3 }), 'ERR_MIX_DNS_NO_NAME'],
    ['SERVFAIL', () => answer([], { rcode: 2 }), 'ERR_MIX_DNS_FAILED'],
    ['REFUSED', () => answer([], { rcode: 5 }), 'ERR_MIX_DNS_FAILED'],
    ['an answer that is cut off', () => answer([], { flags: 0x0200 }), 'ERR_MIX_DNS_MALFORMED'],
    ['the answer to another name', () => answer([], { name: 'other.test' }), 'ERR_MIX_DNS_MALFORMED'],
    ['the answer for another type', () => answer([], { type: 'AAAA' }), 'ERR_MIX_DNS_MALFORMED'],
    ['a query', () => encodeQuery('shop.test', 1), 'ERR_MIX_DNS_MALFORMED'],
    ['nothing', () => new Uint8Array(0), 'ERR_MIX_DNS_MALFORMED'],
    [
      'aliases in a circle',
      () =>
        answer([
          { type: 'CNAME', name: 'shop.test', data: 'b.test' },
          { type: 'CNAME', name: 'b.test', data: 'shop.test' },
        ]),
      'ERR_MIX_DNS_MALFORMED',
    ],
    [
      'an alias of itself',
      () => answer([{ type: 'CNAME', name: 'shop.test', data: 'shop.test' }]),
      'ERR_MIX_DNS_MALFORMED',
    ],
  ];
  test.each(failures)('that is %s', (_, bytes, code) => {
    expect(codeOf(() => read(bytes()))).toBe(code);
  });

  /** The header and question of an answer for shop.test, and one record that follows. */
  const begun = '0000 8180 0001 0001 0000 0000 | 04 73686f70 04 74657374 00 0001 0001 |';
  const names: [what: string, record: string, code: string][] = [
    ['whose name is a pointer to the question', 'c00c 0001 0001 00000001 0004 c0000201', 'none'],
    ['whose name points to itself', 'c01b 0001 0001 00000001 0004 c0000201', 'ERR_MIX_DNS_MALFORMED'],
    ['whose name points beyond itself', 'c01d 0001 0001 00000001 0004 c0000201', 'ERR_MIX_DNS_MALFORMED'],
    ['whose name goes on at its own beginning', '0161 c01b 0001 0001 00000001 0004 c0000201', 'ERR_MIX_DNS_MALFORMED'],
    ['whose name points to a pointer before', 'c00c 0005 0001 00000001 0002 c011', 'none'],
    ['whose data points to itself', 'c00c 0005 0001 00000001 0002 c027', 'ERR_MIX_DNS_MALFORMED'],
    ['whose label is of an unknown kind', '4161 00 0001 0001 00000001 0004 c0000201', 'ERR_MIX_DNS_MALFORMED'],
    ['whose data is too short', 'c00c 0001 0001 00000001 0004 c00002', 'ERR_MIX_DNS_MALFORMED'],
    ['whose address has five bytes', 'c00c 0001 0001 00000001 0005 c000020101', 'ERR_MIX_DNS_MALFORMED'],
    ['whose alias is followed by bytes', 'c00c 0005 0001 00000001 0003 c01100', 'ERR_MIX_DNS_MALFORMED'],
    ['whose TTL is negative: it is 0', 'c00c 0001 0001 ffffffff 0004 c0000201', 'none'],
    ['of another class, which does not count', 'c00c 0001 0003 00000001 0004 c0000201', 'none'],
  ];
  test.each(names)('with a record %s', (_, record, code) => {
    expect(codeOf(() => read(hex(begun + record)))).toBe(code);
  });

  test('is bounded in records, whatever it announces', () => {
    const many = answer(Array.from({ length: 600 }, () => ({ type: 'A', name: 'shop.test', data: '192.0.2.1' })));
    expect(codeOf(() => read(many))).toBe('ERR_MIX_DNS_MALFORMED');
    expect(codeOf(() => read(new Uint8Array(70_000)))).toBe('ERR_MIX_DNS_MALFORMED');
  });

  test('of any bytes, or damaged: records, or an error of ours', () => {
    const whole = answer([
      { type: 'CNAME', name: 'shop.test', ttl: 100, data: 'b.shop.test' },
      { type: 'A', name: 'b.shop.test', ttl: 300, data: '192.0.2.1' },
      { type: 'TXT', name: 'b.shop.test', ttl: 300, data: 'text' },
    ]);
    const damaged = fc
      .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 })
      .map(changes => changes.reduce((bytes, [at, value]) => bytes.with(at, value), whole));
    const types = fc.constantFrom<DnsRecordType>('A', 'CNAME', 'TXT');
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 100 })), types, fc.nat(200), (bytes, type, cut) => {
        for (const some of [bytes, bytes.subarray(0, cut)]) codeOf(() => read(some, type));
      }),
      { numRuns: 5_000 },
    );
  });
});

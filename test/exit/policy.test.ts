import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MixnetError } from '../../src/errors.ts';
import {
  type ExitPolicy,
  formatExitPolicy,
  isGlobalAddress,
  parseExitPolicy,
  policyAllows,
} from '../../src/exit/index.ts';
import { formatAddressPattern } from '../../src/exit/policy.ts';
import { formatIpAddress, parseIpAddress } from '../../src/ip-address.ts';
import vectors from '../vectors/exit-vectors.json' with { type: 'json' };
import { MALFORMED, outcomeOf } from './support.ts';

const upstream = vectors.upstream_run.nr.exit_policy;

describe('an exit policy', () => {
  test.each(upstream.parse_cases)('reads and writes as upstream: $input', ({ input, upstream: result }) => {
    if ('error' in result) {
      expect(outcomeOf(() => parseExitPolicy(input))).toBe(MALFORMED);
      return;
    }
    const policy = parseExitPolicy(input);
    expect(formatExitPolicy(policy)).toBe(result.ok);
    expect(jsonOf(policy)).toEqual(result.json);
  });

  test.each(upstream.checks)('lets through what upstream does: $addr', ({ addr, allows }) => {
    const [, ip = '', port = ''] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(addr) ?? [];
    expect(policyAllows(parseExitPolicy(upstream.torrc), ip, Number(port)) ?? null).toBe(allows);
  });

  test.each([
    'ExitPolicy accept',
    'ExitPolicy accept *',
    'ExitPolicy accept *:',
    'ExitPolicy permit *:80',
    'ExitPolicy accept */8:80',
    'ExitPolicy accept 1.2.3.4/33:80',
    'ExitPolicy accept ::1/129:80',
    'ExitPolicy accept *:80-79',
    'ExitPolicy accept *:65536',
    'ExitPolicy accept 01.2.3.4:80',
  ])('refuses: %s', text => {
    expect(outcomeOf(() => parseExitPolicy(text))).toBe(MALFORMED);
  });

  test('what is written reads the same', () => {
    const rule = fc
      .tuple(
        fc.constantFrom('accept', 'reject', 'accept6', 'reject6'),
        fc.oneof(fc.constantFrom('*', '*4', '*6'), fc.ipV4(), fc.ipV6()),
        fc.tuple(fc.integer({ min: 1, max: 65535 }), fc.integer({ min: 1, max: 65535 })),
      )
      .map(([action, ip, [a, b]]) => `ExitPolicy ${action} ${ip}:${Math.min(a, b)}-${Math.max(a, b)}`);
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 20 }), lines => {
        const policy = parseExitPolicy(lines.join('\n'));
        expect(parseExitPolicy(formatExitPolicy(policy))).toEqual(policy);
      }),
    );
  });

  test('any text is read, or refused with our error', () => {
    const text = fc.array(
      fc.constantFrom('ExitPolicy', ' ', 'accept', '*', ':', '/', '[', ']', '1', '::', '-', '\n', '#'),
    );
    fc.assert(
      fc.property(text, parts => {
        try {
          parseExitPolicy(parts.join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(MixnetError);
        }
      }),
    );
  });
});

describe('addresses', () => {
  test.each(Object.entries(vectors.ip_is_global.values))('%s is global: %s', (ip, global) => {
    expect(isGlobalAddress(ip)).toBe(global);
  });

  test.each([
    '',
    'example.com',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.256',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    'fe80::1%eth0',
    '::1.2.3',
    '12345::',
    '1.2.3.4::',
    '1:2:3:4:5:6:7::8',
    '[::1]',
  ])('no literal: %s', text => {
    expect(parseIpAddress(text)).toBeUndefined();
    expect(isGlobalAddress(text)).toBe(false);
  });

  test.each([
    ['0:0:0:0:0:0:0:0', '::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::ffff:1.2.3.4', '::ffff:1.2.3.4'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['1::', '1::'],
    ['10.0.0.1', '10.0.0.1'],
  ])('%s is written %s', (text, canonical) => {
    const address = parseIpAddress(text);
    expect(address && formatIpAddress(address)).toBe(canonical);
  });

  test('every address reads back as it was written', () => {
    const address = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.array(fc.constantFrom(0, 0, 0, 255, 1), { minLength: 16, maxLength: 16 }).map(bytes => Uint8Array.from(bytes)),
    );
    fc.assert(
      fc.property(address, bytes => {
        expect(parseIpAddress(formatIpAddress(bytes))).toEqual(bytes);
      }),
    );
  });
});

function jsonOf(policy: ExitPolicy) {
  const rules = policy.map(({ action, addresses, ports }) => ({
    action,
    pattern: { ip_pattern: formatAddressPattern(addresses), ports },
  }));
  return { rules };
}

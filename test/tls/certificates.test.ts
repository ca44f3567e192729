/** Which certificates are accepted, and why the others are not: paths, without a connection. */

import { describe, expect, test } from 'vitest';
import { TlsError } from '../../src/tls/protocol/alert.ts';
import { parseCertificate } from '../../src/tls/x509/certificate.ts';
import { checkChain } from '../../src/tls/x509/path.ts';
import { Trust } from '../../src/tls/x509/trust.ts';
import {
  BasicConstraintsExtension,
  constraints,
  der,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  extension,
  type Issued,
  issue,
  type KeyKind,
  KeyUsageFlags,
  KeyUsagesExtension,
  names,
  ofAuthority,
  ofServer,
  type Subject,
} from './issue.ts';

const root = await issue({ name: 'root', authority: {} });
const below = await issue({ name: 'below', issuer: root, authority: {} });
const now = Date.parse('2026-06-01');

interface Asked {
  readonly chain: readonly Issued[];
  readonly trusted?: readonly Issued[];
  readonly host?: string;
  readonly now?: number;
}

/** `accepted`, or the code of the refusal. */
function judged({ chain, trusted = [root], host = 'shop.test', ...at }: Asked): string {
  const trust = new Trust([]);
  for (const { pem } of trusted) trust.addPem(pem);
  try {
    checkChain(
      chain.map(({ certificate }) => certificate),
      { trust, host, now, ...at },
    );
    return 'accepted';
  } catch (error) {
    if (error instanceof TlsError) return error.code;
    throw error;
  }
}

/** A server's certificate under an authority that is as given. */
async function under(authority: Subject, server: Subject = {}): Promise<Issued[]> {
  const issuer = await issue({ name: 'intermediate', issuer: root, authority: {}, ...authority });
  return [await issue({ issuer, ...server }), issuer];
}

describe('keys and signatures', () => {
  const kinds: KeyKind[] = ['P-256', 'P-384', 'P-521', 'RSA-2048', 'RSA-4096', 'Ed25519'];
  test.each(kinds)('%s is accepted, of the server and of an authority', async key => {
    const authority = await issue({ name: 'of this kind', key, authority: {} });
    const server = await issue({ issuer: authority, key });
    expect(judged({ chain: [server], trusted: [authority] })).toBe('accepted');
    const between = await issue({ name: 'between', key, issuer: authority, authority: {} });
    expect(judged({ chain: [await issue({ issuer: between }), between], trusted: [authority] })).toBe('accepted');
  });

  test.each(['SHA-256', 'SHA-384', 'SHA-512'])('RSA-PSS and PKCS #1 with %s are accepted', async hash => {
    const pkcs1 = { name: 'RSASSA-PKCS1-v1_5', hash };
    const authority = await issue({ name: 'rsa', key: 'RSA-2048', authority: {} });
    expect(judged({ chain: [await issue({ issuer: authority, signature: pkcs1 })], trusted: [authority] })).toBe(
      'accepted',
    );
    const keys = await crypto.subtle.generateKey(
      { name: 'RSA-PSS', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash },
      true,
      ['sign', 'verify'],
    );
    const signature = { name: 'RSA-PSS', hash, saltLength: Number(hash.slice(4)) / 8 };
    const pss = await issue({ name: 'pss', issuer: authority, authority: {} });
    const server = await issue({ issuer: { ...pss, keys }, signature });
    // The key of the authority is told as one of PKCS #1, as the Baseline Requirements want it.
    const spki = await crypto.subtle.exportKey('spki', keys.publicKey);
    const plain = await crypto.subtle.importKey('spki', spki, pkcs1, true, ['verify']);
    const told = await issue({ name: 'pss', issuer: authority, authority: {}, key: { ...keys, publicKey: plain } });
    expect(judged({ chain: [server, told], trusted: [authority] })).toBe('accepted');
  });

  test('weak ones are refused: SHA-1, RSA of 1024 bits; of the server and of an authority', async () => {
    const rsa = await issue({ name: 'rsa', key: 'RSA-2048', authority: {} });
    const pkcs8 = await crypto.subtle.exportKey('pkcs8', rsa.keys.privateKey);
    const old = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-1' };
    const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, old, true, ['sign']);
    const sha1 = await issue({ issuer: { ...rsa, keys: { ...rsa.keys, privateKey } } });
    expect(judged({ chain: [sha1], trusted: [rsa] })).toBe('CERT_SIGNATURE_ALGORITHM');
    expect(judged({ chain: [await issue({ issuer: root, key: 'RSA-1024' })] })).toBe('CERT_KEY');
    expect(judged({ chain: await under({ key: 'RSA-1024' }) })).toBe('CERT_KEY');
    const weak = await issue({ name: 'weak', key: 'RSA-1024', authority: {} });
    expect(judged({ chain: [await issue({ issuer: weak })], trusted: [weak] })).toBe('CERT_KEY');
  });

  test('a signature that is wrong, or of another key of the same name, is refused', async () => {
    const server = await issue({ issuer: below });
    const broken = {
      ...server,
      certificate: server.certificate.map((byte, i, { length }) => (i === length - 1 ? byte ^ 1 : byte)),
    };
    expect(judged({ chain: [broken, below] })).toBe('CERT_SIGNATURE_FAILURE');
    const impostor = await issue({ name: 'root', authority: {} });
    expect(judged({ chain: [await issue({ issuer: impostor })] })).toBe('CERT_SIGNATURE_FAILURE');
    expect(judged({ chain: [await issue({ issuer: impostor }), impostor] })).toBe('CERT_SIGNATURE_FAILURE');
  });
});

describe('paths', () => {
  test('are found in whatever order the server sends, with what does not belong, and with the root', async () => {
    const lower = await issue({ name: 'lower', issuer: below, authority: {} });
    const server = await issue({ issuer: lower });
    const stranger = await issue({ name: 'stranger', authority: {} });
    for (const others of [
      [lower, below],
      [below, lower],
      [root, below, lower],
      [stranger, below, server, lower, lower],
    ]) {
      expect(judged({ chain: [server, ...others] })).toBe('accepted');
    }
    expect(judged({ chain: [server, lower] })).toBe('UNABLE_TO_GET_ISSUER_CERT_LOCALLY');
    expect(judged({ chain: [server] })).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(judged({ chain: [server, lower, below, root], trusted: [stranger] })).toBe('SELF_SIGNED_CERT_IN_CHAIN');
    expect(judged({ chain: [stranger] })).toBe('INVALID_PURPOSE');
    expect(judged({ chain: [await issue({})] })).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(judged({ chain: [] })).toBe('CERT_CHAIN_TOO_LONG');
  });

  test('go around an authority that has expired, where its key is certified anew', async () => {
    const old = await issue({ name: 'renewed', issuer: root, authority: {}, notAfter: '2021-01-01' });
    const fresh = await issue({ name: 'renewed', issuer: root, authority: {}, key: old.keys });
    const server = await issue({ issuer: old });
    expect(judged({ chain: [server, old] })).toBe('CERT_HAS_EXPIRED');
    expect(judged({ chain: [server, old, fresh] })).toBe('accepted');
  });

  test('may be ten certificates long, and no longer', async () => {
    const path: Issued[] = [];
    for (let i = 0; i < 9; i++) path.unshift(await issue({ name: `n${i}`, issuer: path[0] ?? root, authority: {} }));
    expect(judged({ chain: [await issue({ issuer: path[1] ?? root }), ...path.slice(1)] })).toBe('accepted');
    expect(judged({ chain: [await issue({ issuer: path[0] ?? root }), ...path] })).not.toBe('accepted');
  });

  test('cost a bounded number of signatures, however many certificates sign one another', async () => {
    const name = 'maze';
    const maze: Issued[] = [];
    const self = { name, keys: below.keys };
    for (let i = 0; i < 14; i++) maze.push(await issue({ name, issuer: { ...below, ...self }, authority: {} }));
    const begin = performance.now();
    expect(judged({ chain: [await issue({ issuer: { ...below, ...self } }), ...maze] })).not.toBe('accepted');
    expect(performance.now() - begin).toBeLessThan(5000);
  });

  test('a certificate that the user trusts as it is, needs no authority, but all the rest', async () => {
    const own = await issue({});
    expect(judged({ chain: [own], trusted: [own] })).toBe('accepted');
    expect(judged({ chain: [own], trusted: [own], host: 'other.test' })).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(judged({ chain: [own], trusted: [own], now: Date.parse('2050-01-01') })).toBe('CERT_HAS_EXPIRED');
    // As `openssl req -x509` makes them.
    const both = await issue({ extensions: [...ofAuthority(), names(['shop.test'])] });
    expect(judged({ chain: [both], trusted: [both] })).toBe('accepted');
    // It vouches for itself alone.
    expect(judged({ chain: [await issue({ name: 'forged', issuer: own })], trusted: [own] })).toBe(
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    );
  });

  test('an authority of the user must be valid itself', async () => {
    const old = await issue({ name: 'old', authority: {}, notAfter: '2021-01-01' });
    expect(judged({ chain: [await issue({ issuer: old })], trusted: [old] })).toBe('CERT_HAS_EXPIRED');
    const constrained = await issue({ name: 'c', authority: {}, more: [constraints(['other.test'], [])] });
    expect(judged({ chain: [await issue({ issuer: constrained })], trusted: [constrained] })).toBe(
      'CERT_NAME_CONSTRAINTS',
    );
    const short = await issue({ name: 'short', authority: { pathLength: 0 } });
    const between = await issue({ name: 'between', issuer: short, authority: {} });
    expect(judged({ chain: [await issue({ issuer: between }), between], trusted: [short] })).toBe(
      'PATH_LENGTH_EXCEEDED',
    );
  });
});

describe('what an authority is', () => {
  const { keyCertSign, cRLSign, digitalSignature } = KeyUsageFlags;
  const basic = new BasicConstraintsExtension(true, undefined, true);
  test.each<[string, string, Subject]>([
    ['a leaf', 'CERT_KEY_USAGE', { extensions: ofServer(['leaf.test']) }],
    ['one without basic constraints', 'INVALID_CA', { extensions: [new KeyUsagesExtension(keyCertSign, true)] }],
    [
      'one whose basic constraints say no',
      'INVALID_CA',
      { extensions: [new BasicConstraintsExtension(false, undefined, true)] },
    ],
    [
      'one that may sign revocations only',
      'CERT_KEY_USAGE',
      { extensions: [basic, new KeyUsagesExtension(cRLSign | digitalSignature, true)] },
    ],
    ['one for clients', 'INVALID_PURPOSE', { more: [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])] }],
    ['one for servers', 'accepted', { more: [new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth])] }],
    [
      'one for anything',
      'accepted',
      { more: [extension('2.5.29.37', false, ...der(0x30, ...der(6, 0x55, 0x1d, 0x25, 0)))] },
    ],
    ['one without key usage', 'accepted', { extensions: [basic] }],
    [
      'one with a critical extension that nobody knows',
      'CERT_CRITICAL_EXTENSION',
      { more: [extension('1.3.6.1.4.1.32473.1', true, 5, 0)] },
    ],
    [
      'one with another extension that nobody knows',
      'accepted',
      { more: [extension('1.3.6.1.4.1.32473.1', false, 5, 0)] },
    ],
    [
      'one that demands a policy',
      'CERT_CRITICAL_EXTENSION',
      { more: [extension('2.5.29.36', true, ...der(0x30, ...der(0x80, 0)))] },
    ],
    ['one that has expired', 'CERT_HAS_EXPIRED', { notAfter: '2021-01-01' }],
    ['one that is not valid yet', 'CERT_NOT_YET_VALID', { notBefore: '2040-01-01' }],
    ['one that allows none below', 'accepted', { authority: { pathLength: 0 } }],
  ])('%s: %s', async (_what, expected, authority) => {
    expect(judged({ chain: await under(authority) })).toBe(expected);
  });

  test('the path length counts authorities, but not those that have issued for themselves', async () => {
    const top = await issue({ name: 'top', issuer: root, authority: { pathLength: 1 } });
    const second = await issue({ name: 'second', issuer: top, authority: {} });
    const third = await issue({ name: 'third', issuer: second, authority: {} });
    expect(judged({ chain: [await issue({ issuer: second }), second, top] })).toBe('accepted');
    expect(judged({ chain: [await issue({ issuer: third }), third, second, top] })).toBe('PATH_LENGTH_EXCEEDED');
    const again = await issue({ name: 'top', issuer: top, authority: {} });
    const after = await issue({ name: 'after', issuer: again, authority: {} });
    expect(judged({ chain: [await issue({ issuer: after }), after, again, top] })).toBe('accepted');
  });
});

describe('what a server’s certificate is', () => {
  const [basic, , purpose, alternative] = ofServer(['shop.test']);
  const given = (...list: (typeof basic)[]): Subject => ({ extensions: list.flatMap(it => it ?? []) });
  const use = new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true);
  test.each<[string, string, Subject]>([
    [
      'for clients',
      'INVALID_PURPOSE',
      given(basic, use, new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]), alternative),
    ],
    [
      'for anything',
      'INVALID_PURPOSE',
      given(basic, use, extension('2.5.29.37', false, ...der(0x30, ...der(6, 0x55, 0x1d, 0x25, 0))), alternative),
    ],
    ['for no purpose in particular', 'accepted', given(basic, use, alternative)],
    [
      'for encryption alone',
      'INVALID_PURPOSE',
      given(basic, new KeyUsagesExtension(KeyUsageFlags.keyEncipherment, true), purpose, alternative),
    ],
    ['without key usage or basic constraints', 'accepted', given(purpose, alternative)],
    [
      'of an authority',
      'CERT_OF_AUTHORITY',
      given(new BasicConstraintsExtension(true, undefined, true), use, purpose, alternative),
    ],
    ['without names', 'ERR_TLS_CERT_ALTNAME_INVALID', { name: 'shop.test', ...given(basic, use, purpose) }],
    [
      'with an empty list of names',
      'CERT_MALFORMED',
      given(basic, use, purpose, extension('2.5.29.17', false, 0x30, 0)),
    ],
    [
      'with a NUL in its name',
      'CERT_MALFORMED',
      given(
        basic,
        use,
        purpose,
        extension('2.5.29.17', false, ...der(0x30, ...der(0x82, ...Buffer.from('shop.test\0.evil.test')))),
      ),
    ],
    [
      'with a letter that is not ASCII in its name',
      'CERT_MALFORMED',
      given(
        basic,
        use,
        purpose,
        extension('2.5.29.17', false, ...der(0x30, ...der(0x82, ...Buffer.from('shöp.test')))),
      ),
    ],
    [
      'with an address of five octets',
      'CERT_MALFORMED',
      given(basic, use, purpose, extension('2.5.29.17', false, ...der(0x30, ...der(0x87, 1, 2, 3, 4, 5)))),
    ],
    [
      'with a critical extension that nobody knows',
      'CERT_CRITICAL_EXTENSION',
      { more: [extension('1.3.6.1.4.1.32473.1', true, 5, 0)] },
    ],
    [
      'that was only a test for a log',
      'CERT_CRITICAL_EXTENSION',
      { more: [extension('1.3.6.1.4.1.11129.2.4.3', true, 5, 0)] },
    ],
    ['with an extension twice', 'CERT_MALFORMED', { more: [new BasicConstraintsExtension(false, undefined, true)] }],
    [
      'with an extension that goes on',
      'CERT_MALFORMED',
      given(extension('2.5.29.19', true, 0x30, 0, 0), use, purpose, alternative),
    ],
    [
      'with a length that is not the shortest',
      'CERT_MALFORMED',
      given(extension('2.5.29.19', true, 0x30, 0x81, 0), use, purpose, alternative),
    ],
    [
      'with an indefinite length',
      'CERT_MALFORMED',
      given(extension('2.5.29.19', true, 0x30, 0x80, 0, 0), use, purpose, alternative),
    ],
    [
      'with a path length, but no authority',
      'CERT_MALFORMED',
      given(extension('2.5.29.19', true, 0x30, 3, 2, 1, 0), use, purpose, alternative),
    ],
  ])('%s: %s', async (_what, expected, server) => {
    expect(judged({ chain: [await issue({ issuer: root, ...server })] })).toBe(expected);
  });

  test('it is valid from its first second to its last', async () => {
    const chain = [await issue({ issuer: root, notBefore: '2026-03-01T10:00:00Z', notAfter: '2026-04-01T10:00:00Z' })];
    const at = (time: string) => judged({ chain, now: Date.parse(time) });
    expect(at('2026-03-01T09:59:59.999Z')).toBe('CERT_NOT_YET_VALID');
    expect(at('2026-03-01T10:00:00Z')).toBe('accepted');
    expect(at('2026-04-01T10:00:00.999Z')).toBe('accepted');
    expect(at('2026-04-01T10:00:01Z')).toBe('CERT_HAS_EXPIRED');
    const late = [
      await issue({
        issuer: await issue({ name: 'late', authority: {}, notAfter: '2070-01-01' }),
        notAfter: '2060-01-01',
      }),
    ];
    expect(parseCertificate(late[0]?.certificate ?? new Uint8Array(0)).notAfter).toBe(Date.parse('2060-01-01'));
  });

  test('the host is one of its names, whole; a wildcard stands for one label', async () => {
    const chain = [
      await issue({
        issuer: root,
        hosts: ['shop.test', '*.wild.test', '*.test', 'SHOUT.test', 'a*.odd.test', '*', '127.0.0.1', '2001:db8::1'],
      }),
    ];
    const at = (host: string) => judged({ chain, host });
    for (const host of [
      'shop.test',
      'SHOP.test',
      'a.wild.test',
      'shout.test',
      '127.0.0.1',
      '2001:db8::1',
      '2001:DB8:0::1',
    ]) {
      expect(at(host), host).toBe('accepted');
    }
    for (const host of [
      'www.shop.test',
      'op.test',
      'wild.test',
      'a.b.wild.test',
      '.wild.test',
      'ab.odd.test',
      'test',
      'other.test',
      '127.0.0.2',
      '::1',
    ]) {
      expect(at(host), host).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    }
  });
});

describe('what an authority may issue for', () => {
  const loopback = [127, 0, 0, 0, 255, 0, 0, 0];
  test.each<[string, string, Parameters<typeof constraints>, string[]]>([
    ['a domain, for a name in it', 'accepted', [['shop.test'], []], ['shop.test', 'www.shop.test']],
    ['a domain, for a name beside it', 'CERT_NAME_CONSTRAINTS', [['shop.test'], []], ['shop.test', 'other.test']],
    [
      'a domain, for a name that only ends like it',
      'CERT_NAME_CONSTRAINTS',
      [['shop.test'], []],
      ['shop.test', 'myshop.test'],
    ],
    ['subdomains, for the domain', 'CERT_NAME_CONSTRAINTS', [['.shop.test'], []], ['shop.test']],
    ['all but a domain, for a name in it', 'CERT_NAME_CONSTRAINTS', [[], ['shop.test']], ['shop.test']],
    ['all but a domain, for a name beside it', 'accepted', [[], ['other.test']], ['shop.test']],
    [
      'all but a name, for a wildcard over it',
      'CERT_NAME_CONSTRAINTS',
      [[], ['secret.shop.test']],
      ['shop.test', '*.shop.test'],
    ],
    [
      'a name, for a wildcard over it',
      'CERT_NAME_CONSTRAINTS',
      [['www.shop.test', 'shop.test'], []],
      ['shop.test', '*.test'],
    ],
    ['a network, for an address in it', 'accepted', [[loopback], []], ['shop.test', '127.9.9.9']],
    ['a network, for an address beside it', 'CERT_NAME_CONSTRAINTS', [[loopback], []], ['shop.test', '128.0.0.1']],
    ['all but a network, for an address in it', 'CERT_NAME_CONSTRAINTS', [[], [loopback]], ['shop.test', '127.0.0.1']],
    [
      'a network of the older kind, for an address of the newer',
      'CERT_NAME_CONSTRAINTS',
      [[loopback], []],
      ['shop.test', '::1'],
    ],
    ['nothing', 'CERT_NAME_CONSTRAINTS', [[], ['']], ['shop.test']],
    ['anything', 'accepted', [[''], []], ['shop.test']],
  ])('%s: %s', async (_what, expected, [permitted, excluded], hosts) => {
    expect(judged({ chain: await under({ more: [constraints(permitted, excluded)] }, { hosts }) })).toBe(expected);
  });

  test('binds the authorities below too, and those further up', async () => {
    const top = await issue({ name: 'top', issuer: root, authority: {}, more: [constraints(['other.test'], [])] });
    const second = await issue({ name: 'second', issuer: top, authority: {} });
    expect(judged({ chain: [await issue({ issuer: second }), second, top] })).toBe('CERT_NAME_CONSTRAINTS');
  });

  test('constraints that cannot be understood make the authority useless', async () => {
    for (const value of [
      der(0x30),
      der(0x30, ...der(0xa0, ...der(0x30, ...der(0x87, 127, 0, 0, 0, 255, 0, 255, 0)))),
    ]) {
      const chain = await under({ more: [extension('2.5.29.30', true, ...value)] });
      expect(judged({ chain })).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    }
  });

  test('many names against many constraints are refused before they are compared', async () => {
    const domains = Array.from({ length: 400 }, (_, i) => `${i}.test`);
    const chain = await under(
      { more: [constraints(['shop.test', ...domains], [])] },
      { hosts: ['shop.test', ...domains] },
    );
    expect(judged({ chain })).toBe('CERT_TOO_MANY_NAMES');
  });
});

import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createAuthority } from '../support/certificates.ts';

describe('a certificate authority of one’s own', () => {
  test('issues a server certificate that OpenSSL reads, verifies, and finds the names in', async () => {
    const authority = await createAuthority('root of the test');
    const { cert } = await authority.issue({ hosts: ['shop.test', '*.wild.test', '127.0.0.1', '2001:db8::1'] });
    const leaf = new X509Certificate(cert);
    const root = new X509Certificate(authority.certificate);

    expect(root.ca).toBe(true);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.verify(root.publicKey)).toBe(true);
    expect(leaf.checkIssued(root)).toBe(true);
    expect(leaf.issuer).toBe('CN=root of the test');
    expect(leaf.checkHost('shop.test')).toBe('shop.test');
    expect(leaf.checkHost('a.wild.test')).toBe('*.wild.test');
    expect(leaf.checkHost('other.test')).toBeUndefined();
    expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(leaf.checkIP('2001:db8::1')).toBe('2001:db8::1');
    expect(leaf.checkIP('127.0.0.2')).toBeUndefined();
  });

  test('a certificate and its key belong together', async () => {
    const { cert, key } = await (await createAuthority()).issue({ hosts: ['shop.test'] });
    const { createPrivateKey } = await import('node:crypto');
    expect(new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))).toBe(true);
  });

  test('carries the validity it was given, past 2049 too', async () => {
    const { cert } = await (await createAuthority()).issue({
      hosts: ['shop.test'],
      notBefore: new Date('2001-02-03T04:05:06Z'),
      notAfter: new Date('2051-02-03T04:05:06Z'),
    });
    const { validFrom, validTo } = new X509Certificate(cert);
    expect([Date.parse(validFrom), Date.parse(validTo)]).toEqual([
      Date.parse('2001-02-03T04:05:06Z'),
      Date.parse('2051-02-03T04:05:06Z'),
    ]);
  });

  test('an authority below it issues certificates that carry the chain', async () => {
    const root = await createAuthority('root');
    const { cert } = await (await root.issueAuthority('intermediate')).issue({ hosts: ['shop.test'] });
    const [leaf, intermediate, ...rest] = cert
      .split(/(?<=-----END CERTIFICATE-----\n)/)
      .map(certificate => new X509Certificate(certificate));
    expect(rest).toEqual([]);
    expect(leaf?.checkIssued(intermediate as X509Certificate)).toBe(true);
    expect(intermediate?.checkIssued(new X509Certificate(root.certificate))).toBe(true);
    expect(intermediate?.ca).toBe(true);
  });

  test('writes the purpose and a critical extension that nobody knows, for tests of verifiers', async () => {
    const client = new X509Certificate((await (await createAuthority()).issue({ hosts: [], purpose: 'client' })).cert);
    expect(client.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    const odd = await (await createAuthority()).issue({ hosts: ['shop.test'], unknownCritical: true });
    // The DER of OID 1.3.6.1.4.1.32473.1, then TRUE: critical.
    expect(Buffer.from(new X509Certificate(odd.cert).raw).toString('hex')).toContain('2b0601040181fd5901' + '0101ff');
  });
});

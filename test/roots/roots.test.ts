import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { listedOn, rootAuthorities } from '../../src/roots/index.ts';
import { curves, decodePoint } from '../../src/tls/keys/nist-curves.ts';
import { verifySignature } from '../../src/tls/keys/public-key.ts';
import { publicKeyOf, signatureScheme } from '../../src/tls/x509/algorithms.ts';
import { parseCertificate } from '../../src/tls/x509/certificate.ts';
import { certificatesOfPem } from '../../src/tls/x509/pem.ts';

const roots = rootAuthorities();
const inThisNode = rootCertificates.flatMap(certificatesOfPem).map(parseCertificate);

describe('the list of authorities', () => {
  test('has a hundred and more, each once, none of them over', () => {
    expect(roots.length).toBeGreaterThan(100);
    const names = roots.map(({ subject, key }) => {
      const value = key();
      return `${subject.join()} ${value.type === 'rsa' ? value.modulus : value.point.join()}`;
    });
    expect(new Set(names).size).toBe(roots.length);
    expect(roots.filter(({ notAfter }) => notAfter < Date.parse(listedOn))).toEqual([]);
  });

  test('has the names and keys that Node has, and their own certificates verify with them', () => {
    const known = roots.flatMap(root => {
      const certificate = inThisNode.find(
        ({ subject, publicKeyInfo }) =>
          subject.join() === root.subject.join() && isSameKey(publicKeyOf(publicKeyInfo), root.key()),
      );
      return certificate === undefined ? [] : [{ root, certificate }];
    });
    // Mozilla adds and removes some every year; most stay.
    expect(known.length).toBeGreaterThan(80);
    let verified = 0;
    for (const { root, certificate } of known) {
      expect(Math.abs(root.notAfter - certificate.notAfter)).toBeLessThan(86_400_000);
      expect(certificate.notAfter).toBe(Date.parse(new X509Certificate(certificate.bytes).validTo));
      // Old ones have signed themselves with SHA-1, which says nothing about what they sign now.
      const scheme = trying(() => signatureScheme(certificate.signatureAlgorithm));
      if (scheme === undefined) continue;
      expect(verifySignature(scheme, root.key(), certificate.signed, certificate.signature)).toBe(true);
      expect(verifySignature(scheme, root.key(), certificate.signed.subarray(1), certificate.signature)).toBe(false);
      verified++;
    }
    expect(verified).toBeGreaterThan(60);
  });

  test('takes at most 45 KB on the way to a browser', async () => {
    const { outputFiles } = await build({
      entryPoints: ['src/roots/index.ts'],
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
    });
    expect(brotliCompressSync(outputFiles[0]?.contents ?? '').length).toBeLessThan(45_000);
    expect(readFileSync('src/roots/list.ts', 'utf8')).toContain('npm run roots');
  });
});

type Key = ReturnType<typeof publicKeyOf>;

function isSameKey(a: Key, b: Key): boolean {
  if (a.type === 'rsa' && b.type === 'rsa') return a.modulus === b.modulus && a.exponent === b.exponent;
  if (a.type !== 'ecdsa' || b.type !== 'ecdsa' || a.curve !== b.curve) return false;
  const curve = curves[a.curve];
  const [one, other] = [a.point, b.point].map(point => decodePoint(curve, point));
  return one !== undefined && one.X === other?.X && one.Y === other.Y;
}

function trying<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

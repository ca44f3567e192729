/** `npm run roots`: writes the list of authorities that this Node carries. Use the newest Node there is: the list is as old as it. */

import { writeFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { base64 } from '@scure/base';
import { DAY, type Listed } from '../../src/roots/listed.ts';
import { attributeTypes, encodeName, stringTags } from '../../src/roots/name.ts';
import { publicKeyOf } from '../../src/tls/x509/algorithms.ts';
import { type Certificate, parseCertificate } from '../../src/tls/x509/certificate.ts';
import { DerReader, tags } from '../../src/tls/x509/der.ts';
import { certificatesOfPem } from '../../src/tls/x509/pem.ts';

const path = fileURLToPath(new URL('../../src/roots/list.ts', import.meta.url));

const certificates = rootCertificates.flatMap(certificatesOfPem).map(parseCertificate);
const lines = certificates.filter(({ notAfter }) => notAfter > Date.now()).map(listed);
// Written as text: the formatter would put every key on a line of its own.
const source = [
  '/** Written by `npm run roots`: do not edit. */',
  '',
  "import type { Listed } from './listed.ts';",
  '',
  `export const listedOn = '${new Date().toISOString().slice(0, 10)}';`,
  `export const listedFrom = 'Node ${process.versions.node}';`,
  '',
  '// biome-ignore format: one line for each',
  'export const authorities: readonly Listed[] = [',
  ...lines.map(line => `  ${JSON.stringify(line)},`).sort(),
  '];',
  '',
];
writeFileSync(path, source.join('\n'));
process.stdout.write(`${lines.length} authorities\n`);

function listed({ subject, notAfter, publicKeyInfo, extensions }: Certificate): Listed {
  if (extensions.nameConstraints !== undefined) throw new Error('an authority is constrained: the list cannot say so');
  const name = textOf(subject);
  if (Buffer.compare(encodeName(name), subject) !== 0) throw new Error(`${name} does not come back`);
  const key = publicKeyOf(publicKeyInfo);
  const lastDay = Math.floor(notAfter / DAY);
  switch (key.type) {
    case 'rsa': {
      const digits = key.modulus.toString(16);
      return [name, lastDay, Number(key.exponent), Buffer.from(digits, 'hex').toString('base64')];
    }
    case 'ecdsa': {
      return [name, lastDay, key.curve, base64.encode(compressed(key.point))];
    }
    default:
      throw new Error(`${name} has a key that the list cannot have`);
  }
}

/** SEC 1, section 2.3.3. */
function compressed(point: Uint8Array): Uint8Array {
  const coordinate = (point.length - 1) / 2;
  return Uint8Array.of(2 + ((point.at(-1) ?? 0) & 1), ...point.subarray(1, 1 + coordinate));
}

/** As `name.ts` reads it. */
function textOf(name: Uint8Array): string {
  const parts: string[] = [];
  const reader = new DerReader(name).sequence();
  while (!reader.isAtEnd) {
    const set = new DerReader(reader.content(tags.set));
    const pair = set.sequence();
    set.end();
    const oid = pair.content(tags.oid).join();
    const { tag, content } = pair.any();
    const type = Object.entries(attributeTypes).find(([, arcs]) => arcs.join() === oid)?.[0];
    const sign = Object.entries(stringTags).find(([, known]) => known === tag)?.[0];
    if (type === undefined || sign === undefined) throw new Error(`a name has the attribute ${oid} in a string ${tag}`);
    parts.push(type + sign + Buffer.from(content).toString());
  }
  return parts.join('|');
}

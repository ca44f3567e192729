/** GeneralName, RFC 5280, section 4.2.1.6: what a certificate is for, and what an authority may issue for. */

import { contextTag, type DerReader, malformed, tags } from './der.ts';

export type GeneralName =
  | { readonly kind: 'dns'; readonly name: string }
  | { readonly kind: 'ip'; readonly octets: Uint8Array }
  /** The whole Name, a sequence. */
  | { readonly kind: 'directory'; readonly name: Uint8Array }
  /** Of no use for a server, but a constraint may be about it. */
  | { readonly kind: 'other'; readonly tag: number };

const dns = contextTag(2, 'primitive');
const directory = contextTag(4, 'constructed');
const ip = contextTag(7, 'primitive');
const others = [
  ...[contextTag(0, 'constructed'), contextTag(1, 'primitive'), contextTag(3, 'constructed')],
  ...[contextTag(5, 'constructed'), contextTag(6, 'primitive'), contextTag(8, 'primitive')],
];

/** IP addresses are of 4 or 16 octets; in a constraint, where a mask follows, of twice as many: `octetsPerAddress`. */
export function readGeneralName(reader: DerReader, octetsPerAddress: 1 | 2): GeneralName {
  const { tag, content } = reader.any();
  if (tag === dns) return { kind: 'dns', name: asciiOf(content).toLowerCase() };
  if (tag === ip) {
    if (content.length !== 4 * octetsPerAddress && content.length !== 16 * octetsPerAddress) throw malformed();
    return { kind: 'ip', octets: content };
  }
  if (tag === directory) {
    if (content[0] !== tags.sequence) throw malformed();
    return { kind: 'directory', name: content };
  }
  if (!others.includes(tag)) throw malformed();
  return { kind: 'other', tag };
}

/** An IA5String of characters that can be seen: a NUL, or a letter that only looks like one of them, has no place in a name. */
function asciiOf(content: Uint8Array): string {
  if (content.some(byte => byte <= 0x20 || byte >= 0x7f)) throw malformed();
  return String.fromCharCode(...content);
}

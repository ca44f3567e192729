/**
 * Names of authorities as text: `C:US|O=ISRG`. Between the bars is one attribute, its type before the sign, and the sign
 * says which kind of string it is: RFC 5280, section 4.1.2.4 and appendix A.1. Names are compared by their bytes, so both ways
 * must give the same ones.
 */

/** The content of their identifiers, DER. */
export const attributeTypes: Readonly<Record<string, readonly number[]>> = {
  CN: [0x55, 4, 3],
  SN: [0x55, 4, 5],
  C: [0x55, 4, 6],
  L: [0x55, 4, 7],
  ST: [0x55, 4, 8],
  O: [0x55, 4, 10],
  OU: [0x55, 4, 11],
  ID: [0x55, 4, 97],
  E: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1],
};

/** Tags of PrintableString, UTF8String, IA5String. */
export const stringTags: Readonly<Record<string, number>> = { ':': 0x13, '=': 0x0c, '#': 0x16 };

/** DER: a sequence of sets of one attribute each. @throws RangeError for what is no such text. */
export function encodeName(text: string): Uint8Array {
  return element(0x30, text.split('|').flatMap(encodeAttribute));
}

function encodeAttribute(text: string): number[] {
  const [, type = '', sign = '', value = ''] = /^([A-Z]+)([:=#])(.*)$/s.exec(text) ?? [];
  const [oid, tag] = [attributeTypes[type], stringTags[sign]];
  if (oid === undefined || tag === undefined) throw new RangeError('no attribute of a name');
  const pair = [...element(0x06, oid), ...element(tag, [...new TextEncoder().encode(value)])];
  return [...element(0x31, element(0x30, pair))];
}

function element(tag: number, content: Iterable<number> & { readonly length: number }): Uint8Array {
  const { length } = content;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Uint8Array.of(tag, ...head, ...content);
}

/**
 * IP addresses as text and as octets, as strict as the parsers of nodes and exits: what one side calls an address, the
 * other must too. Text is always the canonical one, so that equal addresses are equal strings.
 */

/** 4 bytes or 16. */
export type IpAddress = Uint8Array;

/** `undefined` unless the text is a dotted IPv4 literal without leading zeros, or an IPv6 literal without zone (RFC 4291 §2.2). */
export function parseIpAddress(text: string): IpAddress | undefined {
  return parseV4(text) ?? parseV6(text);
}

/** The canonical text: RFC 5952, with IPv4-mapped addresses in their mixed form. */
export function formatIpAddress(address: IpAddress): string {
  if (address.length === 4) return address.join('.');
  const mapped = isWithin(address, MAPPED_V4, 96);
  if (mapped) return `::ffff:${address.subarray(12).join('.')}`;
  const groups = Array.from({ length: 8 }, (_, i) => ((address[2 * i] ?? 0) << 8) | (address[2 * i + 1] ?? 0));
  const gap = longestZeroRun(groups);
  const hex = (part: readonly number[]) => part.map(group => group.toString(16)).join(':');
  if (gap.length < 2) return hex(groups);
  return `${hex(groups.slice(0, gap.start))}::${hex(groups.slice(gap.start + gap.length))}`;
}

/** Whether the first `bits` bits of both are equal. An IPv4 and an IPv6 address never match. */
export function isWithin(address: IpAddress, prefix: IpAddress, bits: number): boolean {
  if (address.length !== prefix.length) return false;
  const wholeBytes = bits >> 3;
  for (let i = 0; i < wholeBytes; i++) if (address[i] !== prefix[i]) return false;
  const rest = bits & 7;
  return rest === 0 || (((address[wholeBytes] ?? 0) ^ (prefix[wholeBytes] ?? 0)) & (0xff << (8 - rest))) === 0;
}

/** ::ffff:0:0/96 */
const MAPPED_V4 = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0);

/** Without a regular expression, since every packet names ten addresses. */
function parseV4(text: string): Uint8Array | undefined {
  const address = new Uint8Array(4);
  let octets = 0;
  let [value, digits] = [0, 0];
  for (let i = 0; i <= text.length; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit >= 0 && digit <= 9) {
      if (digits > 0 && value === 0) return undefined;
      value = 10 * value + digit;
      digits += 1;
      if (value > 255) return undefined;
      continue;
    }
    const isEnd = i === text.length || text[i] === '.';
    if (!isEnd || digits === 0 || octets === 4) return undefined;
    address[octets++] = value;
    [value, digits] = [0, 0];
  }
  return octets === 4 ? address : undefined;
}

const ZERO = '0'.charCodeAt(0);

function parseV6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = '', tail] = halves;
  const before = parseGroups(head, tail === undefined);
  const after = tail === undefined ? [] : parseGroups(tail, true);
  if (before === undefined || after === undefined) return undefined;
  const missing = 16 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 2) return undefined;
  const address = new Uint8Array(16);
  address.set(before);
  address.set(after, 16 - after.length);
  return address;
}

/** Colon-separated groups as bytes; the last one may be a dotted IPv4 literal if `mayEndDotted`. */
function parseGroups(text: string, mayEndDotted: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
      continue;
    }
    const dotted = mayEndDotted && index === groups.length - 1 ? parseV4(group) : undefined;
    if (dotted === undefined) return undefined;
    bytes.push(...dotted);
  }
  return bytes.length <= 16 ? bytes : undefined;
}

/** The first of the longest runs. */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > longest.length) longest = { start: index - length + 1, length };
  }
  return longest;
}

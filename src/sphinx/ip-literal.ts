/** IP addresses as text and as octets. Text is always the canonical one, so that equal addresses are equal strings. */

/** 4 or 16 octets; `undefined` for whatever is no literal: names, ports, zones, leading zeros in IPv4. */
export function parseIpLiteral(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** RFC 5952 for 16 octets, dotted decimal for 4. */
export function formatIpOctets(octets: Uint8Array): string {
  return octets.length === 4 ? octets.join('.') : formatIpv6(octets);
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const octets = new Uint8Array(4);
  for (const [i, part] of parts.entries()) {
    const value = Number(part);
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || value > 255) return undefined;
    octets[i] = value;
  }
  return octets;
}

/** RFC 4291 §2.2: eight groups, one run of zero groups as `::`, the last two groups perhaps as IPv4. */
function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? groups(halves[1] ?? '', true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const octets = new Uint8Array(16);
  const view = new DataView(octets.buffer);
  for (const [i, group] of head.entries()) view.setUint16(2 * i, group);
  for (const [i, group] of tail.entries()) view.setUint16(2 * (head.length + missing + i), group);
  return octets;
}

function groups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const found: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (mayEndInIpv4 && i === parts.length - 1 && part.includes('.')) {
      const [a, b, c, d] = parseIpv4(part) ?? [];
      if (a === undefined || b === undefined || c === undefined || d === undefined) return undefined;
      found.push(a * 256 + b, c * 256 + d);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) found.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return found;
}

function formatIpv6(octets: Uint8Array): string {
  const view = new DataView(octets.buffer, octets.byteOffset, 16);
  const words = Array.from({ length: 8 }, (_, i) => view.getUint16(2 * i));
  const isMappedIpv4 = words.slice(0, 5).every(word => word === 0) && words[5] === 0xffff;
  if (isMappedIpv4) return `::ffff:${octets.subarray(12).join('.')}`;
  const { start, length } = longestZeroRun(words);
  const hex = words.map(word => word.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

/** The first of the longest, by RFC 5952 §4.2.3. */
function longestZeroRun(words: readonly number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let start = 0;
  for (let i = 0; i <= words.length; i++) {
    if (words[i] === 0) continue;
    if (i - start > longest.length) longest = { start, length: i - start };
    start = i + 1;
  }
  return longest;
}

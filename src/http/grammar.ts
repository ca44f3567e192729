/**
 * The characters of RFC 9110 and RFC 9112, and the isomorphic encoding (a character is a byte) in which HTTP/1.1 heads
 * are written and read.
 */

/** token = 1*tchar (RFC 9110, section 5.6.2). */
export function isToken(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text);
}

/**
 * field-value (RFC 9110, section 5.5): visible characters and obs-text, with spaces and tabs only between them. CR, LF and
 * NUL are the dangerous ones, but no other control character is part of the grammar either.
 */
export function isFieldValue(text: string): boolean {
  return /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/.test(text);
}

/** reason-phrase (RFC 9112, section 4), or none. */
export function isReasonPhrase(text: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}

/** The members of a comma-separated list, over all fields of the name; empty ones do not count (RFC 9110, section 5.6.1). */
export function listMembers(fields: readonly Field[], name: string): string[] {
  return fieldValues(fields, name)
    .flatMap(value => value.split(','))
    .map(trimWhitespace)
    .filter(member => member !== '');
}

export function fieldValues(fields: readonly Field[], name: string): string[] {
  return fields.filter(([fieldName]) => fieldName.toLowerCase() === name).map(([, value]) => value);
}

/** Without the optional whitespace around it, OWS = *( SP / HTAB ). In linear time, whatever the text. */
export function trimWhitespace(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isWhitespace(text[start])) start++;
  while (end > start && isWhitespace(text[end - 1])) end--;
  return text.slice(start, end);
}

function isWhitespace(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}

/** Name, as written by the sender, and value, each character one byte. */
export type Field = readonly [name: string, value: string];

export function textOfBytes(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return text;
}

/** Of characters up to U+00FF, which the grammar checks above see to. */
export function bytesOfText(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, character => character.charCodeAt(0));
}

/** Domain names on the wire (RFC 1035, sections 3.1 and 4.1.4). */

import { ByteReader } from '../crypto/bytes.ts';
import { malformed } from './failures.ts';

/** Section 2.3.4: of a label, and of a name with the bytes of length and the root. */
const [MAX_LABEL, MAX_NAME] = [63, 255];

/** @throws TypeError for what is no name; it must be ASCII already (see `asciiName`). */
export function encodeName(name: string): Uint8Array<ArrayBuffer> {
  const labels = name.replace(/\.$/, '').split('.');
  const bytes: number[] = [];
  for (const label of labels) {
    if (!/^[A-Za-z0-9_-]+$/.test(label) || label.length > MAX_LABEL) throw notAName();
    bytes.push(label.length, ...Array.from(label, character => character.charCodeAt(0)));
  }
  bytes.push(0);
  if (bytes.length > MAX_NAME) throw notAName();
  return Uint8Array.from(bytes);
}

/** Internationalized names in their ASCII form, by way of the URL standard. */
export function asciiName(name: string): string {
  if (/^[\x21-\x7e]+$/.test(name)) return name;
  const url = /[/?#@:\\\s]/.test(name) ? '' : `http://${name}/`;
  if (!URL.canParse(url)) throw notAName();
  return new URL(url).hostname;
}

/**
 * A name in lower case, without the dot at the end. A pointer leads to bytes before the place where the name, or the last
 * pointer, began: so there is no loop.
 *
 * @param reader at the name
 * @param start of the name within the message
 */
export function readName(message: Uint8Array, reader: ByteReader, start: number): string {
  const labels: string[] = [];
  let length = 1;
  let source = reader;
  let before = start;
  for (let head = source.u8(); head !== 0; head = source.u8()) {
    if (head >= POINTER) {
      const target = (head - POINTER) * 256 + source.u8();
      if (target >= before) throw malformed('a name points to itself or beyond');
      before = target;
      source = new ByteReader(message.subarray(target), () => malformed('a name ends too early'));
      continue;
    }
    if (head > MAX_LABEL) throw malformed('a label is of an unknown kind');
    length += head + 1;
    if (length > MAX_NAME) throw malformed('a name is too long');
    labels.push(textOf(source.bytes(head)));
  }
  return labels.join('.');
}

const POINTER = 0xc0;

/** What is no letter of host names is written as in zone files (section 5.1), so that a dot in a label is none between two. */
function textOf(label: Uint8Array): string {
  return Array.from(label, byte => {
    const character = String.fromCharCode(byte);
    if (byte <= 0x20 || byte >= 0x7f) return `\\${String(byte).padStart(3, '0')}`;
    return character === '.' || character === '\\' ? `\\${character}` : character.toLowerCase();
  }).join('');
}

function notAName(): TypeError {
  return new TypeError('The first argument must be a domain name.');
}

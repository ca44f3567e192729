/** URLs that hold or name their content: they are answered here and never touch a network. */

import { forgivingDecodeBase64 } from '../crypto/base64.ts';
import { MixnetError } from '../errors.ts';

export interface LocalContent {
  readonly body: Blob;
  readonly contentType: string;
}

/** Fetch Standard, "data: URL processor", whose steps are numbered here. */
export function readDataUrl(url: URL): LocalContent {
  // 1. to 4. The URL without its fragment and its scheme.
  const [text = ''] = url.href.slice('data:'.length).split('#', 1);
  // 5. to 8.
  const comma = text.indexOf(',');
  if (comma < 0) throw malformed();
  let type = trimSpaces(text.slice(0, comma));
  // 9. and 10.
  let bytes = percentDecode(text.slice(comma + 1));
  // 11.
  const base64 = /;\x20*base64$/i.exec(type);
  if (base64 !== null) {
    bytes = decodedBase64(bytes);
    type = type.slice(0, base64.index);
  }
  // 12. to 14.
  if (type.startsWith(';')) type = `text/plain${type}`;
  return { body: new Blob([bytes]), contentType: normalizedMimeType(type) ?? 'text/plain;charset=US-ASCII' };
}

/**
 * Fetch Standard, "scheme fetch", the case "blob".
 *
 * @param blobOf what the platform has under a blob: URL.
 */
export async function readBlobUrl(
  url: URL,
  blobOf: ((url: string) => Promise<Blob | undefined>) | undefined,
): Promise<LocalContent> {
  const blob = await blobOf?.(url.href.split('#', 1)[0] ?? '');
  if (blob === undefined) {
    throw new MixnetError('ERR_MIX_USAGE_OPTION', { message: 'There is nothing under this blob: URL.' });
  }
  return { body: blob, contentType: blob.type };
}

/** Of a parsed URL, which is ASCII all over. */
function percentDecode(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const escaped = text[i] === '%' ? /^[0-9A-Fa-f]{2}$/.exec(text.slice(i + 1, i + 3)) : null;
    if (escaped !== null) i += 2;
    bytes[length++] = escaped === null ? text.charCodeAt(i) : Number.parseInt(escaped[0], 16);
  }
  return bytes.slice(0, length);
}

function decodedBase64(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  try {
    return forgivingDecodeBase64(new TextDecoder('latin1').decode(bytes));
  } catch {
    throw malformed();
  }
}

/** MIME Sniffing Standard, "parse a MIME type" and "serialize a MIME type"; `undefined` for failure. */
function normalizedMimeType(text: string): string | undefined {
  const [essence = '', ...parameters] = text.split(';');
  const match = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\/([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[\t\n\r ]*$/.exec(essence.trimStart());
  if (match === null) return undefined;
  const seen = new Map<string, string>();
  for (const parameter of parameters) {
    const [, name = '', value = ''] = /^[\t\n\r ]*([^=]*)=(.*)$/s.exec(parameter) ?? [];
    const plain = value.startsWith('"') ? unquote(value) : value.trimEnd();
    const isValid = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(plain);
    const key = name.toLowerCase();
    if (isValid && (plain !== '' || value.startsWith('"')) && !seen.has(key)) seen.set(key, plain);
  }
  return [match[0].trimEnd().toLowerCase(), ...[...seen].map(([name, value]) => `${name}=${quoted(value)}`)].join(';');
}

function unquote(value: string): string {
  return (/^"((?:[^"\\]|\\.)*)/s.exec(value)?.[1] ?? '').replace(/\\(.)/gs, '$1');
}

function quoted(value: string): string {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** Of ASCII, in which nothing else is whitespace. */
function trimSpaces(text: string): string {
  return text.trim();
}

function malformed(): MixnetError {
  return new MixnetError('ERR_MIX_USAGE_OPTION', { message: 'The data: URL is malformed.' });
}

/** Base64 (RFC 4648, section 4) by what every platform has for it. */

export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** The one text of some bytes, with its padding. @throws Error for any other. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const bytes = forgivingDecodeBase64(text);
  if (encodeBase64(bytes) !== text) throw new TypeError('this is not the base64 of anything');
  return bytes;
}

/** Infra Standard, "forgiving-base64 decode": also without padding, and with spaces. @throws Error for what is neither. */
export function forgivingDecodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), character => character.charCodeAt(0));
}

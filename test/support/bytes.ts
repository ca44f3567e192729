/** Bytes as text and back, in every runtime that tests run in. */

import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';

export const hex: (bytes: Uint8Array) => string = bytesToHex;

export const unhex: (text: string) => Uint8Array = hexToBytes;

/** One byte for each character up to U+00FF, as in HTTP. */
export function latin1(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export function latin1Of(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

export function utf8Of(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

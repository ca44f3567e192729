/** Base58 with Bitcoin's alphabet: bytes as a number, after a 1 for each zero in front. So keys and tags are written in Nym. */

const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

export function encodeBase58(bytes: Uint8Array): string {
  // The last digit first.
  const digits: number[] = [];
  for (const byte of bytes) {
    let carry = byte;
    for (let i = 0; i < digits.length || carry > 0; i++) {
      carry += 256 * (digits[i] ?? 0);
      digits[i] = carry % 58;
      carry = Math.floor(carry / 58);
    }
  }
  const text = digits.reverse().map(digit => alphabet[digit]);
  return '1'.repeat(zerosBefore(bytes)) + text.join('');
}

/** Exactly `length` bytes; `undefined` for a text of others, or of none. */
export function decodeBase58(text: string, length: number): Uint8Array | undefined {
  // No text of so many bytes is longer; a longer one is refused before it costs anything.
  if (text.length > Math.ceil((length * Math.log(256)) / Math.log(58))) return undefined;
  const bytes = new Uint8Array(length);
  for (const character of text) {
    let carry = alphabet.indexOf(character);
    if (carry < 0) return undefined;
    for (let i = length - 1; i >= 0; i--) {
      carry += 58 * (bytes[i] ?? 0);
      bytes[i] = carry;
      carry >>= 8;
    }
    if (carry > 0) return undefined;
  }
  return text.search(/[^1]|$/) === zerosBefore(bytes) ? bytes : undefined;
}

function zerosBefore(bytes: Uint8Array): number {
  const first = bytes.findIndex(byte => byte !== 0);
  return first < 0 ? bytes.length : first;
}

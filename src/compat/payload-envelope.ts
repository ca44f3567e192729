/**
 * How Nym's SDK for TypeScript puts a type on a message (`nymtech/nym wasm/client/src/encoded_payload_helper.rs`):
 *
 * | bytes | field |
 * |---|---|
 * | 8 | length of what follows, big-endian |
 * | n | JSON: `mimeType`, and `headers`, a text or null |
 * | … | content |
 */

const LENGTH_BYTES = 8;

export interface Envelope {
  readonly mimeType: string;
  readonly headers: string | undefined;
  readonly content: Uint8Array;
}

export function encodeEnvelope({ mimeType, headers, content }: Envelope): Uint8Array {
  const description = new TextEncoder().encode(JSON.stringify({ mimeType, headers: headers ?? null }));
  const encoded = new Uint8Array(LENGTH_BYTES + description.length + content.length);
  new DataView(encoded.buffer).setBigUint64(0, BigInt(description.length));
  encoded.set(description, LENGTH_BYTES);
  encoded.set(content, LENGTH_BYTES + description.length);
  return encoded;
}

/** `undefined` for what is none: anybody may send anything. */
export function decodeEnvelope(message: Uint8Array): Envelope | undefined {
  if (message.length < LENGTH_BYTES) return undefined;
  const length = new DataView(message.buffer, message.byteOffset).getBigUint64(0);
  if (length > BigInt(message.length - LENGTH_BYTES)) return undefined;
  const end = LENGTH_BYTES + Number(length);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(message.subarray(LENGTH_BYTES, end));
    const { mimeType, headers = null } = Object(JSON.parse(text)) as { mimeType?: unknown; headers?: unknown };
    if (typeof mimeType !== 'string' || !(headers === null || typeof headers === 'string')) return undefined;
    return { mimeType, headers: headers ?? undefined, content: message.subarray(end) };
  } catch {
    return undefined;
  }
}

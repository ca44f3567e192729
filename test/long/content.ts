import { createCipheriv, createHash } from 'node:crypto';

/** So many bytes that do not compress or repeat, the same in every process. */
export function content(length: number, seed = 0): Buffer {
  return Buffer.concat([...contentPieces(length, seed)]);
}

/** The same in pieces, each made when it is asked for: nobody has to hold all of it. */
export function* contentPieces(length: number, seed = 0): Generator<Buffer, void, undefined> {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16));
  for (let left = length; left > 0; left -= PIECE.length) yield cipher.update(PIECE.subarray(0, left));
}

const PIECE = Buffer.alloc(16_384);

/** Hex. */
export function sha256(data: Uint8Array | Iterable<Uint8Array>): string {
  const hash = createHash('sha256');
  for (const piece of data instanceof Uint8Array ? [data] : data) hash.update(piece);
  return hash.digest('hex');
}

/**
 * ChaCha20 (RFC 8439 §2.3 and §2.4) in plain JavaScript. Nothing is branched on or looked up by what is secret.
 *
 * @module
 */

const BLOCK_BYTES = 64;

/** "expand 32-byte k" */
export const constants = /* @__PURE__ */ Int32Array.of(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574);

/**
 * `data` XOR the stream from block `counter` on, below 2³². The nonce is the end of the state: 12 bytes as in the RFC, or 8,
 * as in the original cipher.
 */
export function chacha20(key: Uint8Array, nonce: Uint8Array, data: Uint8Array, counter = 0): Uint8Array {
  const start = new DataView(new ArrayBuffer(BLOCK_BYTES));
  const startBytes = new Uint8Array(start.buffer);
  for (const [i, word] of constants.entries()) start.setInt32(4 * i, word, true);
  startBytes.set(key, 16);
  startBytes.set(nonce, BLOCK_BYTES - nonce.length);
  const state = new Int32Array(16) as State;
  for (let i = 0; i < 16; i++) state[i] = start.getInt32(4 * i, true);
  const output = new Uint8Array(BLOCK_BYTES * Math.ceil(data.length / BLOCK_BYTES));
  output.set(data);
  const view = new DataView(output.buffer);
  for (let at = 0; at < output.length; at += BLOCK_BYTES) {
    state[12] = counter + at / BLOCK_BYTES;
    xorBlock(view, at, state);
  }
  return output.subarray(0, data.length);
}

/**
 * §2.3: ten times the columns of the 4×4 words and the diagonals. Written out, for with a function it takes three times as
 * long; half a round, for a shorter function is compiled sooner.
 */
function xorBlock(view: DataView, at: number, state: State): void {
  let v0 = state[0];
  let v1 = state[1];
  let v2 = state[2];
  let v3 = state[3];
  let v4 = state[4];
  let v5 = state[5];
  let v6 = state[6];
  let v7 = state[7];
  let v8 = state[8];
  let v9 = state[9];
  let v10 = state[10];
  let v11 = state[11];
  let v12 = state[12];
  let v13 = state[13];
  let v14 = state[14];
  let v15 = state[15];
  for (let step = 0; step < 20; step++) {
    v0 = (v0 + v4) | 0;
    v12 ^= v0;
    v12 = (v12 << 16) | (v12 >>> 16);
    v8 = (v8 + v12) | 0;
    v4 ^= v8;
    v4 = (v4 << 12) | (v4 >>> 20);
    v0 = (v0 + v4) | 0;
    v12 ^= v0;
    v12 = (v12 << 8) | (v12 >>> 24);
    v8 = (v8 + v12) | 0;
    v4 ^= v8;
    v4 = (v4 << 7) | (v4 >>> 25);

    v1 = (v1 + v5) | 0;
    v13 ^= v1;
    v13 = (v13 << 16) | (v13 >>> 16);
    v9 = (v9 + v13) | 0;
    v5 ^= v9;
    v5 = (v5 << 12) | (v5 >>> 20);
    v1 = (v1 + v5) | 0;
    v13 ^= v1;
    v13 = (v13 << 8) | (v13 >>> 24);
    v9 = (v9 + v13) | 0;
    v5 ^= v9;
    v5 = (v5 << 7) | (v5 >>> 25);

    v2 = (v2 + v6) | 0;
    v14 ^= v2;
    v14 = (v14 << 16) | (v14 >>> 16);
    v10 = (v10 + v14) | 0;
    v6 ^= v10;
    v6 = (v6 << 12) | (v6 >>> 20);
    v2 = (v2 + v6) | 0;
    v14 ^= v2;
    v14 = (v14 << 8) | (v14 >>> 24);
    v10 = (v10 + v14) | 0;
    v6 ^= v10;
    v6 = (v6 << 7) | (v6 >>> 25);

    v3 = (v3 + v7) | 0;
    v15 ^= v3;
    v15 = (v15 << 16) | (v15 >>> 16);
    v11 = (v11 + v15) | 0;
    v7 ^= v11;
    v7 = (v7 << 12) | (v7 >>> 20);
    v3 = (v3 + v7) | 0;
    v15 ^= v3;
    v15 = (v15 << 8) | (v15 >>> 24);
    v11 = (v11 + v15) | 0;
    v7 ^= v11;
    v7 = (v7 << 7) | (v7 >>> 25);

    // The diagonals are the columns of rows that are turned by one, two and three places: they are, and back.
    let moved = v8;
    v8 = v10;
    v10 = moved;
    moved = v9;
    v9 = v11;
    v11 = moved;
    if (step % 2 === 0) {
      moved = v4;
      v4 = v5;
      v5 = v6;
      v6 = v7;
      v7 = moved;
      moved = v15;
      v15 = v14;
      v14 = v13;
      v13 = v12;
      v12 = moved;
    } else {
      moved = v7;
      v7 = v6;
      v6 = v5;
      v5 = v4;
      v4 = moved;
      moved = v12;
      v12 = v13;
      v13 = v14;
      v14 = v15;
      v15 = moved;
    }
  }
  xorWord(view, at, v0 + state[0]);
  xorWord(view, at + 4, v1 + state[1]);
  xorWord(view, at + 8, v2 + state[2]);
  xorWord(view, at + 12, v3 + state[3]);
  xorWord(view, at + 16, v4 + state[4]);
  xorWord(view, at + 20, v5 + state[5]);
  xorWord(view, at + 24, v6 + state[6]);
  xorWord(view, at + 28, v7 + state[7]);
  xorWord(view, at + 32, v8 + state[8]);
  xorWord(view, at + 36, v9 + state[9]);
  xorWord(view, at + 40, v10 + state[10]);
  xorWord(view, at + 44, v11 + state[11]);
  xorWord(view, at + 48, v12 + state[12]);
  xorWord(view, at + 52, v13 + state[13]);
  xorWord(view, at + 56, v14 + state[14]);
  xorWord(view, at + 60, v15 + state[15]);
}

function xorWord(view: DataView, at: number, word: number): void {
  view.setInt32(at, view.getInt32(at, true) ^ word, true);
}

/** With names for the sixteen places, which are always there. */
type State = Int32Array & Record<0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15, number>;

/**
 * A Sphinx packet of version 259 built the straightforward way: the protocol read aloud, with @noble alone and nothing of
 * `src`. The oracle for whole packets, and what the benchmark compares with.
 */

import { ctr } from '@noble/ciphers/aes.js';
import { chacha20orig } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { blake2b } from '@noble/hashes/blake2.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '@noble/hashes/utils.js';
import { literalChain } from './literal-chain.ts';

export interface LiteralHop {
  /** The address as a header has it: 32 bytes. */
  readonly address: Uint8Array;
  readonly key: Uint8Array;
}

export interface LiteralPacket {
  readonly route: readonly LiteralHop[];
  readonly delaysNs: readonly number[];
  readonly destination: Uint8Array;
  readonly plaintext: Uint8Array;
  readonly payloadBytes: number;
  readonly random: (length: number) => Uint8Array;
}

export function buildLiteralPacket(packet: LiteralPacket): Uint8Array {
  const { route, delaysNs, random } = packet;
  const last = route.length - 1;
  const initialSecret = random(32);
  const secrets = literalChain(
    initialSecret,
    route.map(hop => hop.key),
    x25519.scalarMult,
  ).map(({ expanded }) => expanded);
  const streams = secrets.map(expanded =>
    ctr(expanded.subarray(0, 16), new Uint8Array(16)).encrypt(new Uint8Array(360)),
  );
  const mac = (hop: number, routing: Uint8Array) =>
    hmac(sha256, secrets[hop]?.subarray(16, 32) ?? none, routing).slice(0, 16);
  const stream = (hop: number) => streams[hop] ?? none;

  let filler: Uint8Array = none;
  for (let i = 1; i <= last; i++)
    filler = xor(concatBytes(filler, new Uint8Array(60)), stream(i - 1).subarray(360 - 60 * i));

  const version = Uint8Array.of(0, 1, 3);
  const padding = random(248 - 60 * last);
  const final = concatBytes(Uint8Array.of(2), version, packet.destination, new Uint8Array(16), padding);
  let routing: Uint8Array = concatBytes(xor(final, stream(last)), filler);
  let gamma = mac(last, routing);
  for (let i = last - 1; i >= 0; i--) {
    const delay = new Uint8Array(8);
    new DataView(delay.buffer).setBigUint64(0, BigInt(delaysNs[i] ?? 0));
    const address = route[i + 1]?.address ?? none;
    routing = xor(concatBytes(Uint8Array.of(1), version, address, delay, gamma, routing.subarray(0, 240)), stream(i));
    gamma = mac(i, routing);
  }
  const header = concatBytes(x25519.scalarMultBase(initialSecret), gamma, routing);

  let payload: Uint8Array = new Uint8Array(packet.payloadBytes);
  payload.set(packet.plaintext, 16);
  payload[16 + packet.plaintext.length] = 1;
  for (const expanded of secrets.toReversed()) payload = lioness(payloadKey(expanded.subarray(32, 48)), payload);
  return concatBytes(header, payload);
}

function payloadKey(seed: Uint8Array): Uint8Array {
  const ascii = (text: string) => new TextEncoder().encode(text);
  const label = 'sphinx-payload-key-V01-CS01-HKDF:SHA256-';
  return hkdf(sha256, seed, ascii(`${label}SALT`), ascii(`${label}INFO`), 192);
}

function lioness(key: Uint8Array, block: Uint8Array): Uint8Array {
  let left: Uint8Array = block.slice(0, 32);
  let right: Uint8Array = block.slice(32);
  const stream = (k: Uint8Array) => chacha20orig(xor(left, k), new Uint8Array(8), right);
  const hash = (k: Uint8Array) => blake2b(right, { key: k, dkLen: 32 });
  right = stream(key.subarray(0, 32));
  left = xor(left, hash(key.subarray(32, 96)));
  right = stream(key.subarray(96, 128));
  left = xor(left, hash(key.subarray(128, 192)));
  return concatBytes(left, right);
}

/** As long as the first; the second may be longer. */
function xor(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ (b[i] ?? 0));
}

const none = new Uint8Array(0);

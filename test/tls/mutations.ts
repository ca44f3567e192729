/** What a server sends, with bytes flipped: never accepted, never an exception, never a wait without end. */

import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '../../src/crypto/bytes.ts';
import { TlsError } from '../../src/tls/protocol/alert.ts';
import { TlsConnection } from '../../src/tls/protocol/connection.ts';
import { checkChain } from '../../src/tls/x509/path.ts';
import { Trust } from '../../src/tls/x509/trust.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { issue, PemConverter } from './issue.ts';
import { flight13, type ServerIdentity, server12 } from './scripted-server.ts';

export interface Outcome {
  /** How often it was refused, by code. */
  readonly refusals: Map<string, number>;
  /** Those that were still waited for: cut short, or of another length. */
  waiting: number;
  /** The same bytes after all, or changed where nothing is said: the version of a record, say. */
  harmless: number;
}

const now = Date.parse('2026-06-01');
const root = await issue({ name: 'root', authority: {} });
const between = await issue({ name: 'between', issuer: root, authority: {} });
const server = await issue({ issuer: between });
const chain = [server.certificate, between.certificate];
const pkcs8 = await crypto.subtle.exportKey('pkcs8', server.keys.privateKey);
const identity: ServerIdentity = { chain, key: PemConverter.encode(pkcs8, 'PRIVATE KEY') };
const trust = new Trust([]);
trust.addPem(root.pem);
const judgement = { trust, host: 'shop.test', now };

/** Always the same client, so that one recorded flight fits. */
function client(): TlsConnection {
  let counter = 0;
  return new TlsConnection({
    serverName: 'shop.test',
    alpn: ['http/1.1'],
    randomBytes: length => new Uint8Array(length).fill(++counter),
    checkChain: given => checkChain(given, judgement),
  });
}

/** Changes one to three bytes, cuts, doubles or moves a piece. */
function mutated(bytes: Uint8Array, random: () => number): Uint8Array {
  const at = Math.floor(random() * bytes.length);
  const kind = random();
  if (kind < 0.85) {
    const changed = bytes.slice();
    for (let i = 0; i <= Math.floor(random() * 3); i++) {
      const place = i === 0 ? at : Math.min(bytes.length - 1, at + Math.floor(random() * 4));
      changed[place] = (changed[place] ?? 0) ^ (1 << Math.floor(random() * 8));
    }
    return changed;
  }
  const length = 1 + Math.floor(random() * 40);
  if (kind < 0.9) return concatBytes(bytes.subarray(0, at), bytes.subarray(at + length));
  if (kind < 0.95) return concatBytes(bytes.subarray(0, at + length), bytes.subarray(at));
  return bytes.subarray(0, at);
}

/** A number from 0 to 1, the same ones for the same seed. */
function numbers(seed: number): () => number {
  const bytes = seededRandom(String(seed));
  return () => new DataView(bytes(4).buffer).getUint32(0) / 2 ** 32;
}

/** @throws Error when a changed flight is accepted, or anything but a refusal comes of it. */
export function mutateFlights(count: number, seed: number): Outcome {
  const random = numbers(seed);
  const outcome: Outcome = { refusals: new Map(), waiting: 0, harmless: 0 };
  const hello = client().takeOutput();
  const flights = [
    ...[0x1301, 0x1303].map(suite => flight13(hello, { identity, suite }).bytes),
    ...[0xc02b, 0xcca9].map(suite => server12(hello, { identity, suite }).bytes),
  ];
  for (let i = 0; i < count; i++) {
    const flight = flights[i % flights.length] ?? new Uint8Array(0);
    const changed = mutated(flight, random);
    const connection = client();
    connection.takeOutput();
    connection.receive(changed);
    const { failure } = connection;
    if (failure !== undefined) note(outcome, failure);
    else if (!connection.opened && connection.takeOutput().length === 0) outcome.waiting++;
    else if (isSaying(changed) === isSaying(flight)) outcome.harmless++;
    else throw new Error(`accepted: mutation ${i} of seed ${seed}`);
    if (connection.takeData().length > 0) throw new Error('data came of it');
  }
  return outcome;
}

/** The same for what two flights say the same with: the versions in the headers of records in the clear say nothing. */
function isSaying(flight: Uint8Array): string {
  const copy = flight.slice();
  for (let at = 0; at + 5 <= copy.length; at += 5 + (((copy[at + 3] ?? 0) << 8) | (copy[at + 4] ?? 0)))
    copy[at + 2] = 0;
  return Buffer.from(sha256(copy)).toString('hex');
}

/** @throws Error when a changed chain is accepted although a signed byte is another one. */
export function mutateCertificates(count: number, seed: number): Outcome {
  const random = numbers(seed);
  const outcome: Outcome = { refusals: new Map(), waiting: 0, harmless: 0 };
  for (let i = 0; i < count; i++) {
    const which = i % chain.length;
    const changed = chain.map((bytes, k) => (k === which ? mutated(bytes, random) : bytes));
    try {
      checkChain(changed, judgement);
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      note(outcome, error);
      continue;
    }
    if (changed.every((bytes, k) => bytes.join() === chain[k]?.join())) outcome.harmless++;
    else throw new Error(`accepted: mutation ${i} of seed ${seed}`);
  }
  return outcome;
}

function note({ refusals }: Outcome, { code }: TlsError): void {
  if (code === 'INTERNAL_ERROR') throw new Error('this side has failed');
  refusals.set(code, (refusals.get(code) ?? 0) + 1);
}

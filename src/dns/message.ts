/**
 * Messages of the Domain Name System (RFC 1035, section 4) as DNS over HTTPS carries them: one question out, its answer in.
 * Strict and bounded: whatever is in the message, reading it ends, and gives records or an error of ours.
 *
 *  | header (12) | question: name, type (2), class (2) | records: name, type (2), class (2), ttl (4), length (2), data |
 *
 *  header: | id (2) | QR 1 · opcode 4 · AA 1 · TC 1 · RD 1 · RA 1 · Z 3 · rcode 4 | counts (2 × 4) |
 *
 * @module
 */

import { ByteReader, concatBytes } from '../crypto/bytes.ts';
import * as limits from '../limits.ts';
import { malformed } from './failures.ts';
import { encodeName, readName } from './name.ts';

/** The types that can be asked for (section 3.2.2; RFC 3596, section 2.1). */
export const recordTypes = { A: 1, NS: 2, CNAME: 5, PTR: 12, TXT: 16, AAAA: 28 } as const;

export interface DnsAnswer {
  /** Section 4.1.1: 0 no error, 2 server failure, 3 name error … */
  readonly rcode: number;
  readonly truncated: boolean;
  /** The answer section. */
  readonly records: readonly RawRecord[];
}

export interface RawRecord {
  /** In lower case, without the dot at the end. */
  readonly name: string;
  readonly type: number;
  /** Seconds. */
  readonly ttl: number;
  /** Copied; a name within it is read out: see `target`. */
  readonly data: Uint8Array;
  /** Of a CNAME, NS or PTR. */
  readonly target: string | undefined;
}

const HEADER_BYTES = 12;
const IN = 1;
const RECURSION_DESIRED = 0x0100;
const [RESPONSE, OPCODE, TRUNCATED, RCODE] = [0x8000, 0x7800, 0x0200, 0x000f];

/**
 * RFC 8484, section 4.1: the id is 0. Padded to a multiple of 128 bytes (RFC 8467, section 4.1), as an option of EDNS (RFC
 * 6891, section 6.1.2; RFC 7830), so that its length says little of the name.
 *
 * @throws TypeError for what is no name.
 */
export function encodeQuery(name: string, type: number): Uint8Array<ArrayBuffer> {
  const question = concatBytes(encodeName(name), u16(type), u16(IN));
  const header = concatBytes(u16(0), u16(RECURSION_DESIRED), u16(1), u16(0), u16(0), u16(1));
  const bare = header.length + question.length + EDNS_BYTES;
  const padding = (PADDED_TO - (bare % PADDED_TO)) % PADDED_TO;
  // | root name (1) | OPT (2) | payload size (2) | extended rcode, version, flags (4) | length (2) | PADDING (2), length (2) |
  const options = concatBytes(u16(PADDING), u16(padding), new Uint8Array(padding));
  const edns = concatBytes(Uint8Array.of(0), u16(OPT), u16(4096), new Uint8Array(4), u16(options.length), options);
  return concatBytes(header, question, edns);
}

const [OPT, PADDING, EDNS_BYTES, PADDED_TO] = [41, 12, 15, 128];

/**
 * The answer to that query.
 *
 * @throws MixnetError ERR_MIX_DNS_MALFORMED for what is none, or the answer to something else.
 */
export function decodeAnswer(bytes: Uint8Array, name: string, type: number): DnsAnswer {
  if (bytes.length > limits.dnsMessage) throw malformed('it is too long');
  const reader = new ByteReader(bytes, () => malformed('it ends too early'));
  const [id, flags, questions, answers] = [reader.u16(), reader.u16(), reader.u16(), reader.u16()];
  reader.bytes(4); // Counts of the sections that nobody reads.
  if ((flags & RESPONSE) === 0 || (flags & OPCODE) !== 0 || id !== 0) throw malformed('it is no answer');
  if (answers > limits.dnsRecords) throw malformed('it has too many records');
  if (questions !== 1) throw malformed('it does not repeat the question');
  const asked = { name: readName(bytes, reader, HEADER_BYTES), type: reader.u16(), class: reader.u16() };
  if (asked.name !== normalName(name) || asked.type !== type || asked.class !== IN) {
    throw malformed('it is the answer to another question');
  }
  const records: RawRecord[] = [];
  for (let i = 0; i < answers; i++) {
    const record = readRecord(bytes, reader);
    if (record !== undefined) records.push(record);
  }
  return { rcode: flags & RCODE, truncated: (flags & TRUNCATED) !== 0, records };
}

/** As it is compared: names are of ASCII here, and their case means nothing (RFC 4343). */
export function normalName(name: string): string {
  return name.replace(/\.$/, '').toLowerCase();
}

/** `undefined` for one of another class. */
function readRecord(bytes: Uint8Array, reader: ByteReader): RawRecord | undefined {
  const name = readName(bytes, reader, bytes.length - reader.remaining);
  const [type, recordClass, ttl, length] = [reader.u16(), reader.u16(), reader.u32(), reader.u16()];
  const start = bytes.length - reader.remaining;
  const data = reader.bytes(length).slice();
  if (recordClass !== IN) return undefined;
  // RFC 2181, section 8: a TTL with its top bit set is 0.
  return { name, type, ttl: ttl >= 2 ** 31 ? 0 : ttl, data, target: targetOf(bytes, start, length, type) };
}

/** A name in the data may point to anywhere before it in the message. */
function targetOf(bytes: Uint8Array, start: number, length: number, type: number): string | undefined {
  const isName: readonly number[] = [recordTypes.CNAME, recordTypes.NS, recordTypes.PTR];
  if (!isName.includes(type)) return undefined;
  const reader = new ByteReader(bytes.subarray(start, start + length), () => malformed('a name ends too early'));
  const target = readName(bytes, reader, start);
  if (reader.remaining > 0) throw malformed('bytes follow a name');
  return target;
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

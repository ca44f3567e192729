/** What the tests of this room share: the vectors, typed as far as they are used, and hex. */

import { blake3 } from '#crypto';
import { concatBytes } from '../../src/crypto/bytes.ts';
import { type NymMessage, parseRecipient, type ReplySurb, type SenderTag } from '../../src/message/index.ts';
import type { RandomBytes } from '../../src/platform/platform.ts';
import {
  decodeSurb,
  encodeNodeAddress,
  type PacketSize,
  type PacketSizeName,
  packetSizes,
  parseNodeAddress,
  type RotationMarker,
} from '../../src/sphinx/index.ts';
import { unhex as fromHex, hex } from '../support/bytes.ts';
import captured from '../vectors/messages-vectors.json';

export { fromHex, hex };

export interface MessageVector {
  readonly name: string;
  readonly input: {
    readonly type: 'plain' | 'repliable_data' | 'additional_surbs' | 'reply_data' | 'surb_request';
    readonly version?: 1 | 2;
    readonly surbs?: number;
    readonly key_rotation?: RotationMarker;
    readonly data_hex?: string;
    readonly data_utf8?: string;
    readonly pattern_len?: number;
    readonly amount?: number;
    readonly recipient?: string;
  };
  readonly packet_size: 'regular' | 'extended8';
  readonly plaintext_per_packet: number;
  readonly inner_data_len: number;
  readonly serialized_hex: string | null;
  readonly serialized_len: number;
  readonly serialized_prefix_hex: string;
  readonly serialized_blake3: string;
  readonly fragments: number;
  readonly fragments_blake3: string;
  readonly set_id: number;
}

interface Vectors {
  readonly source_test_fixtures: {
    readonly recipients: readonly {
      bytes?: string;
      base58?: string;
      base58_derived?: string;
      bytes_derived?: string;
    }[];
    readonly node_routing_addresses: {
      readonly items: readonly { address: string; min: string; surb_ack_19?: string; sphinx_32: string }[];
    };
    readonly fragment_headers: {
      readonly items: readonly {
        id: number;
        total: number;
        current: number;
        previous?: number;
        next?: number;
        bytes: string;
      }[];
      readonly rejected: readonly { why: string; bytes: string }[];
    };
    readonly loop_cover_text: { utf8: string; length: number };
    readonly ack_identifier_length_test: { id: string; ciphertext_length: number };
  };
  readonly upstream_run: {
    readonly packet_sizes: readonly { name: string; plaintext: number; size: number }[];
    readonly available_plaintext: readonly { size: PacketSizeName | 'outfox_regular'; plain: number; reply: number }[];
    readonly sender_tag: string;
    readonly surb_recipient: string;
    readonly messages: readonly MessageVector[];
    readonly parse_edge_cases: readonly { case: string; serialized_hex?: string; upstream_result: string }[];
    readonly chunking: readonly {
      plaintext_per_packet: number;
      serialized_len: number;
      padded_len: number;
      fragments: number;
      space_left: number;
      set_ids: readonly number[];
      fragment_prefixes_16B: Readonly<Record<string, string>>;
      all_fragments_hex: string | null;
      blake3_of_all_fragments: string;
    }[];
    readonly required_fragments_sweep: readonly {
      plaintext_per_packet: number;
      len_from: number;
      len_to_exclusive: number;
      blake3_of_be_u32_pairs: string;
    }[];
    readonly hkdf_blake3_no_salt_empty_info: readonly { ikm: string; okm16: string; okm64: string }[];
    readonly reply_key_digest: readonly { surb_encryption_key: string; blake3_digest: string }[];
    readonly fragment_identifiers: { set12345_pos5: string; cover: string };
    readonly reconstruction_edge_cases: readonly {
      case: string;
      fragments: readonly string[];
      result: string | null;
    }[];
  };
  readonly derived: {
    readonly regular_payload: {
      recipient_private: string;
      recipient_public: string;
      ephemeral_private: string;
      ephemeral_public: string;
      payload_2048: string;
    };
    readonly reply_payload: {
      surb_encryption_key: string;
      key_digest: string;
      payload_blake3: string;
      payload_from_405_first_96: string;
    };
    readonly ack: {
      ack_key: string;
      iv: string;
      fragment_identifier: string;
      content_21: string;
      cover_content_21: string;
    };
    readonly loop_cover: {
      plaintext_len: number;
      plaintext_blake3: string;
      payload_blake3: string;
      payload_from_405_first_96: string;
    };
  };
}

export const vectors = captured as unknown as Vectors;

export function digest(bytes: Uint8Array): string {
  return hex(blake3(bytes));
}

/** The vectors' filler: pattern(n)[i] = 7i + 13 + ⌊i/256⌋. */
export function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => 7 * i + 13 + Math.floor(i / 256));
}

/** A packet size whose fragments have this many bytes. */
export function sizeOfCapacity(capacity: number): PacketSize {
  return { ...packetSizes.regular, plaintext: capacity + 437 };
}

/** Draws these set ids, one after the other, and nothing else. */
export function setIds(...ids: readonly number[]): RandomBytes {
  const left = [...ids];
  return length => {
    const id = left.shift();
    if (length !== 4 || id === undefined) throw new Error('the test has no more set ids');
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, id);
    return bytes;
  };
}

export const vectorTag = fromHex(vectors.upstream_run.sender_tag) as SenderTag;
export const someRecipient = parseRecipient(vectors.upstream_run.surb_recipient);

/** A reply SURB as long as a real one, made of a pattern: enough for whoever does not send it. */
export function patternSurb(index: number, rotation: RotationMarker, bytes = 460): ReplySurb {
  const encoded = Uint8Array.from({ length: bytes }, (_, j) => 31 * index + 3 * j + Math.floor(j / 256));
  encoded.set(encodeNodeAddress(parseNodeAddress('192.0.2.7', 1789), 32), 364);
  return { key: encoded.slice(0, 16) as ReplySurb['key'], surb: decodeSurb(encoded.subarray(16)), rotation };
}

export function concatAll(parts: Iterable<Uint8Array>): Uint8Array {
  return concatBytes(...parts);
}

/** What a vector's message says. */
export function messageOf({ input }: MessageVector): NymMessage {
  const data =
    input.data_utf8 !== undefined
      ? new TextEncoder().encode(input.data_utf8)
      : input.data_hex !== undefined
        ? fromHex(input.data_hex)
        : pattern(input.pattern_len ?? 0);
  const surbBytes = input.version === 1 ? 1164 : 460;
  const surbs = Array.from({ length: input.surbs ?? 0 }, (_, i) => patternSurb(i, input.key_rotation ?? 0, surbBytes));
  switch (input.type) {
    case 'plain':
      return { kind: 'plain', data };
    case 'repliable_data':
      return { kind: 'repliable', tag: vectorTag, content: 'data', surbs, data };
    case 'additional_surbs':
      return { kind: 'repliable', tag: vectorTag, content: 'additional-surbs', surbs, data };
    case 'reply_data':
      return { kind: 'reply', data };
    case 'surb_request':
      return { kind: 'surb-request', recipient: parseRecipient(input.recipient ?? ''), amount: input.amount ?? 0 };
  }
}

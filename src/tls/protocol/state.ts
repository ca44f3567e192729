/** What the two handshakes have in common: where they stand, what they know, and what they ask of the record layer. */

import type { RandomBytes } from '../../platform/platform.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { TlsError } from './alert.ts';
import type { Message } from './messages.ts';
import type { Protection } from './protection.ts';
import type { Transcript } from './transcript.ts';

/**
 * Where a handshake stands is the one function that takes the next message: it gives the next state, or refuses. There is
 * no flag that could be forgotten, and no way around a state.
 */
export type State = (message: Message) => State;

export interface Handshake {
  readonly offer: Offer;
  readonly transcript: Transcript;
  readonly channel: Channel;
  readonly randomBytes: RandomBytes;
  /** The key of the first certificate. @throws CertificateError where the chain is not accepted. */
  readonly checkChain: (chain: readonly Uint8Array[]) => PublicKey;
}

/** What the ClientHello says that differs from one connection to the next. */
export interface Offer {
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  /** Absent for an IP address. */
  readonly serverName: string | undefined;
  readonly alpn: readonly string[];
}

export interface Channel {
  /** Sends a message of the handshake, under the current keys. */
  send(message: Uint8Array): void;
  /** One for a handshake of TLS 1.2; for TLS 1.3 it only pleases what stands between (RFC 8446, appendix D.4). */
  sendChangeCipherSpec(): void;
  /** The peer's next record must be a ChangeCipherSpec: TLS 1.2. */
  awaitChangeCipherSpec(received: () => State): State;
  /** From now on. @throws TlsError if messages under the old keys are left: RFC 8446, section 5.1. */
  protectReading(protection: Protection): void;
  protectWriting(protection: Protection): void;
  /** `version` is settled. */
  speak(version: number): void;
  /** RFC 5246, section 7.2.2: a warning, after which the connection goes on. */
  refuseRenegotiation(): void;
  /** The handshake is complete: data may flow. `alpn` is what the server chose. `updateWriting` makes newer keys, if it can be. */
  open(alpn: string | undefined, updateWriting: (() => void) | undefined): void;
}

/** @throws TlsError unless the message is of that type: RFC 8446, section 4. */
export function expectType(message: Message, type: number): void {
  if (message.type !== type) throw unexpected();
}

export function unexpected(): TlsError {
  return new TlsError('unexpected_message', 'the server sent a message that does not belong here');
}

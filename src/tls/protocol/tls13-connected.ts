/** After a handshake of TLS 1.3: tickets and key updates, RFC 8446, section 4.6. */

import { TlsError } from './alert.ts';
import type { CipherSuite } from './cipher-suites.ts';
import { messageTypes } from './codes.ts';
import { nextSecret, protectionOf, type TrafficSecrets } from './key-schedule.ts';
import { encodeMessage, type Message } from './messages.ts';
import { type Handshake, type State, unexpected } from './state.ts';
import { ended, u8, vector8, vector16, wireReader } from './wire.ts';

/** Opens the channel. Nothing but these two kinds of messages may come: no client was said to do more (section 4.2.6). */
export function connected13(
  { channel }: Handshake,
  suite: CipherSuite,
  secrets: TrafficSecrets,
  alpn: string | undefined,
): State {
  let { client, server } = secrets;

  function updateWriting(): void {
    channel.send(encodeMessage(messageTypes.keyUpdate, u8(0)));
    client = nextSecret(suite.hash, client);
    channel.protectWriting(protectionOf(suite, client));
  }

  /** Section 4.6.3. */
  function updateReading({ body }: Message): void {
    const reader = wireReader(body);
    const isRequest = reader.u8();
    ended(reader);
    if (isRequest > 1) throw new TlsError('illegal_parameter', 'a key update is neither asked for nor not');
    server = nextSecret(suite.hash, server);
    channel.protectReading(protectionOf(suite, server));
    if (isRequest === 1) updateWriting();
  }

  const connected: State = message => {
    if (message.type === messageTypes.keyUpdate) updateReading(message);
    else if (message.type === messageTypes.newSessionTicket) readTicket(message);
    else throw unexpected();
    return connected;
  };
  channel.open(alpn, updateWriting);
  return connected;
}

/**
 * Section 4.6.1: read, and dropped.
 *
 * | bytes | field |
 * |---|---|
 * | 4 + 4 | lifetime, age_add |
 * | 1 + n | nonce |
 * | 2 + n | ticket |
 * | 2 + n | extensions |
 */
function readTicket({ body }: Message): void {
  const reader = wireReader(body);
  reader.bytes(8);
  vector8(reader);
  const ticket = vector16(reader);
  vector16(reader);
  ended(reader);
  if (ticket.length === 0) throw new TlsError('decode_error', 'a ticket is empty');
}

/** The opening handshake of RFC 6455, section 4.1, as the client has it. */

import { sha1 } from '@noble/hashes/legacy.js';
import { encodeRequestHead, type Field, fieldValues, listMembers, type UpgradeAnswer } from '../http/index.ts';
import type { RandomBytes } from '../platform/platform.ts';
import { refused } from './failures.ts';

export interface Opening {
  /** Of the scheme http or https. */
  readonly url: URL;
  /** Sub-protocols, the best first. */
  readonly protocols: readonly string[];
  /** Beside those that the handshake has. */
  readonly headers: readonly Field[];
  readonly key: string;
}

/** Sixteen random bytes in base64: by its answer a server shows that it has read this very handshake. */
export function newKey(randomBytes: RandomBytes): string {
  return btoa(String.fromCharCode(...randomBytes(16)));
}

/**
 * Byte for byte as Nym's clients open theirs, where there are no other headers (snapview/tungstenite-rs
 * `src/handshake/client.rs`). No extension is offered: to compress secrets beside what others choose tells of
 * them by the length (RFC 7692, section 9).
 */
export function encodeOpening({ url, protocols, headers, key }: Opening): Uint8Array<ArrayBuffer> {
  return encodeRequestHead({
    method: 'GET',
    target: `${url.pathname}${url.search}`,
    headers: [
      ['Host', url.host],
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Version', '13'],
      ['Sec-WebSocket-Key', key],
      ...(protocols.length > 0 ? [['Sec-WebSocket-Protocol', protocols.join(', ')] as const] : []),
      ...headers,
    ],
  });
}

/**
 * The sub-protocol that the server has chosen, or ''. WHATWG WebSockets, "establish a WebSocket connection": where some were
 * asked for, the server must choose one.
 *
 * @throws MixnetError ERR_MIX_WEBSOCKET_REFUSED
 */
export function checkAnswer({ status, headers }: UpgradeAnswer, { key, protocols }: Opening): string {
  if (status !== 101) throw refused(`it answered with status ${status}`);
  const upgrade = listMembers(headers, 'upgrade').map(member => member.toLowerCase());
  if (upgrade.length !== 1 || upgrade[0] !== 'websocket') throw refused('it changes to another protocol');
  const connection = listMembers(headers, 'connection').map(member => member.toLowerCase());
  if (!connection.includes('upgrade')) throw refused('its header "connection" does not say so');
  const accepts = fieldValues(headers, 'sec-websocket-accept');
  if (accepts.length !== 1 || accepts[0] !== acceptOf(key)) throw refused('it has not answered this handshake');
  if (listMembers(headers, 'sec-websocket-extensions').length > 0) throw refused('it uses an extension unasked');
  const [chosen, ...more] = listMembers(headers, 'sec-websocket-protocol');
  if (chosen === undefined && protocols.length > 0) throw refused('it speaks none of the sub-protocols');
  if (chosen !== undefined && (more.length > 0 || !protocols.includes(chosen))) {
    throw refused('it speaks a sub-protocol that was not asked for');
  }
  return chosen ?? '';
}

/** SHA-1 protects nothing here: it shows that the server knows what a websocket is. */
export function acceptOf(key: string): string {
  return btoa(String.fromCharCode(...sha1(new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`))));
}

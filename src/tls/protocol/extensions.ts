/**
 * Lists of extensions, RFC 8446, section 4.2.
 *
 * | bytes | field |
 * |---|---|
 * | 2 | length of the list |
 * | 2 | type |
 * | 2 + n | data, then the next type |
 */

import { concatBytes } from '../../crypto/bytes.ts';
import { TlsError } from './alert.ts';
import { extensionTypes } from './codes.ts';
import { ascii, ended, prefixed16, u16, vector8, vector16, wireReader } from './wire.ts';

export type Extensions = ReadonlyMap<number, Uint8Array>;

export function encodeExtensions(extensions: readonly (readonly [type: number, data: Uint8Array])[]): Uint8Array {
  return prefixed16(...extensions.map(([type, data]) => concatBytes(u16(type), prefixed16(data))));
}

/** Of a message of the server, which may answer only what was asked: section 4.2. `allowed` are the types that fit. */
export function readExtensions(list: Uint8Array, allowed: readonly number[]): Extensions {
  const reader = wireReader(list);
  const extensions = new Map<number, Uint8Array>();
  while (reader.remaining > 0) {
    const type = reader.u16();
    const data = vector16(reader);
    if (extensions.has(type)) throw new TlsError('illegal_parameter', 'an extension comes twice');
    if (!allowed.includes(type)) {
      const isOurs = Object.values<number>(extensionTypes).includes(type);
      throw new TlsError(
        isOurs ? 'illegal_parameter' : 'unsupported_extension',
        'the server sent an extension that was not asked for, or in the wrong message',
      );
    }
    extensions.set(type, data);
  }
  return extensions;
}

/** RFC 6066, section 3: the server's server_name is empty. */
export function checkServerName(data: Uint8Array | undefined): void {
  if (data !== undefined && data.length > 0) throw new TlsError('decode_error', 'the server_name is not empty');
}

/** RFC 7301, section 3.1: the server names one of the protocols offered. `undefined` where it names none. */
export function chosenProtocol(data: Uint8Array | undefined, offered: readonly string[]): string | undefined {
  if (data === undefined) return undefined;
  const reader = wireReader(data);
  const names = wireReader(vector16(reader));
  ended(reader);
  const name = vector8(names);
  ended(names);
  const chosen = offered.find(protocol => ascii(protocol).join() === name.join());
  if (chosen === undefined) {
    throw new TlsError('illegal_parameter', 'the server chose an application protocol that was not offered');
  }
  return chosen;
}

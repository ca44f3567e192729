/** The part of a SOCKS connection before its data, as a parser: bytes of the program in, answers and the request out. */

import { concatBytes } from '../../crypto/bytes.ts';
import { formatIpAddress } from '../../ip-address.ts';
import * as limits from '../../limits.ts';
import {
  ADDRESS_TYPES,
  CONNECT,
  encodeReply,
  encodeUserRefusal4,
  LOGIN_VERSION,
  METHODS,
  type SocksVersion,
} from './messages.ts';

export interface SocksRequest {
  readonly version: SocksVersion;
  /** A name as the program gave it, or an IP address. */
  readonly hostname: string;
  readonly port: number;
  /** Programs that log in differently are told apart. */
  readonly isolation: string;
  /** What came behind the request already: the beginning of the data. */
  readonly data: Uint8Array;
}

export interface HandshakeStep {
  /** For the program; may be empty. */
  readonly answer: Uint8Array;
  /** Where it ends: with a request, or with a connection to be closed. */
  readonly outcome?: SocksRequest | 'refused';
}

export interface HandshakeOptions {
  /** Compares in constant time. Without it no password is demanded, and any is taken. */
  readonly isPassword?: ((password: Uint8Array) => boolean) | undefined;
}

export class Handshake {
  readonly #isPassword: HandshakeOptions['isPassword'];
  #bytes: Uint8Array = new Uint8Array(0);
  #expects: 'greeting' | 'log-in' | 'request' = 'greeting';
  #isolation = isolationOf();

  constructor({ isPassword }: HandshakeOptions = {}) {
    this.#isPassword = isPassword;
  }

  /** Not after an outcome. */
  push(bytes: Uint8Array): HandshakeStep {
    this.#bytes = concatBytes(this.#bytes, bytes);
    const answers: Uint8Array[] = [];
    for (;;) {
      const step = this.#step();
      if (step === undefined) break;
      answers.push(step.answer);
      if (step.outcome !== undefined) return { ...step, answer: concatBytes(...answers) };
    }
    // A whole message is read as soon as it is there, and none is as long.
    if (this.#bytes.length > MAX_MESSAGE) return { answer: concatBytes(...answers), outcome: 'refused' };
    return { answer: concatBytes(...answers) };
  }

  /** `undefined` until a whole message is there. */
  #step(): HandshakeStep | undefined {
    const [version] = this.#bytes;
    if (version === undefined) return undefined;
    switch (this.#expects) {
      case 'greeting':
        if (version === 4) return this.#request4();
        return version === 5 ? this.#greeting() : closing;
      case 'log-in':
        return version === LOGIN_VERSION ? this.#login() : closing;
      case 'request':
        return version === 5 ? this.#request5() : closing;
    }
  }

  /** A log-in is taken wherever it is offered: it tells programs apart. */
  #greeting(): HandshakeStep | undefined {
    const methods = this.#field(1);
    if (methods === undefined) return undefined;
    this.#take(2 + methods.length);
    if (methods.includes(METHODS.password)) {
      this.#expects = 'log-in';
      return { answer: Uint8Array.of(5, METHODS.password) };
    }
    if (this.#isPassword !== undefined || !methods.includes(METHODS.none)) {
      return { answer: Uint8Array.of(5, METHODS.noneAcceptable), outcome: 'refused' };
    }
    this.#expects = 'request';
    return { answer: Uint8Array.of(5, METHODS.none) };
  }

  /** A password that is demanded is the same for all, so that the user alone tells them apart. */
  #login(): HandshakeStep | undefined {
    const user = this.#field(1);
    const password = user && this.#field(2 + user.length);
    if (user === undefined || password === undefined) return undefined;
    this.#take(3 + user.length + password.length);
    if (this.#isPassword?.(password) === false) {
      return { answer: Uint8Array.of(LOGIN_VERSION, 1), outcome: 'refused' };
    }
    this.#isolation = this.#isPassword ? isolationOf(user) : isolationOf(user, password);
    this.#expects = 'request';
    return { answer: Uint8Array.of(LOGIN_VERSION, 0) };
  }

  #request5(): HandshakeStep | undefined {
    const [, command, , type] = this.#bytes;
    if (command === undefined || type === undefined) return undefined;
    if (command !== CONNECT) return { answer: encodeReply(5, 'commandNotSupported'), outcome: 'refused' };
    const address = this.#address(type);
    if (address === 'unknown') return { answer: encodeReply(5, 'addressTypeNotSupported'), outcome: 'refused' };
    if (address === undefined || this.#bytes.length < address.end + 2) return undefined;
    const port = this.#uint16(address.end);
    this.#take(address.end + 2);
    return this.#requested(5, address.hostname, port);
  }

  #address(type: number): { readonly hostname: string | undefined; readonly end: number } | 'unknown' | undefined {
    if (type === ADDRESS_TYPES.name) {
      const name = this.#field(4);
      return name && { hostname: nameOf(name), end: 5 + name.length };
    }
    const length = type === ADDRESS_TYPES.ipv4 ? 4 : type === ADDRESS_TYPES.ipv6 ? 16 : undefined;
    if (length === undefined) return 'unknown';
    const end = 4 + length;
    return this.#bytes.length < end ? undefined : { hostname: formatIpAddress(this.#bytes.slice(4, end)), end };
  }

  #request4(): HandshakeStep | undefined {
    const command = this.#bytes[1];
    if (command === undefined || this.#bytes.length < 8) return undefined;
    if (command !== CONNECT) return { answer: encodeReply(4, 'commandNotSupported'), outcome: 'refused' };
    const [port, address] = [this.#uint16(2), this.#bytes.slice(4, 8)];
    const user = this.#text(8);
    if (user === undefined) return undefined;
    const named = address[0] === 0 && address[1] === 0 && address[2] === 0 && address[3] !== 0;
    const name = named ? this.#text(9 + user.length) : new Uint8Array(0);
    if (name === undefined) return undefined;
    this.#take(9 + user.length + (named ? name.length + 1 : 0));
    // It has no way to give a password.
    if (this.#isPassword !== undefined) return { answer: encodeUserRefusal4(), outcome: 'refused' };
    if (user.length > 0) this.#isolation = isolationOf(user);
    return this.#requested(4, named ? nameOf(name) : formatIpAddress(address), port);
  }

  #requested(version: SocksVersion, hostname: string | undefined, port: number): HandshakeStep {
    if (hostname === undefined) return { answer: encodeReply(version, 'generalFailure'), outcome: 'refused' };
    const [isolation, data] = [this.#isolation, this.#bytes];
    return { answer: new Uint8Array(0), outcome: { version, hostname, port, isolation, data } };
  }

  /** Its length in the byte at `at`, and as many bytes behind it. */
  #field(at: number): Uint8Array | undefined {
    const length = this.#bytes[at];
    const end = at + 1 + (length ?? 0);
    return length === undefined || this.#bytes.length < end ? undefined : this.#bytes.slice(at + 1, end);
  }

  /** Up to the next zero. */
  #text(at: number): Uint8Array | undefined {
    const end = this.#bytes.indexOf(0, at);
    return end === -1 ? undefined : this.#bytes.slice(at, end);
  }

  #uint16(at: number): number {
    return ((this.#bytes[at] ?? 0) << 8) | (this.#bytes[at + 1] ?? 0);
  }

  #take(length: number): void {
    this.#bytes = this.#bytes.slice(length);
  }
}

const MAX_MESSAGE = limits.socksMessage;
const closing: HandshakeStep = { answer: new Uint8Array(0), outcome: 'refused' };

/** Never that of another user of the client. Latin-1 keeps bytes apart that UTF-8 would not. */
function isolationOf(...login: readonly Uint8Array[]): string {
  return JSON.stringify(['socks', ...login.map(bytes => Buffer.from(bytes).toString('latin1'))]);
}

/** `undefined` for what is no UTF-8; whether it is a name is seen where it is used. */
function nameOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

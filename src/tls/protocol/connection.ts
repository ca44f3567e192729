/**
 * One TLS connection, as a client: bytes in, bytes and plain data out. It waits for nothing and knows no clock; whoever
 * has it moves the bytes.
 *
 * @module
 */

import { concatBytes } from '../../crypto/bytes.ts';
import * as limits from '../../limits.ts';
import type { RandomBytes } from '../../platform/platform.ts';
import type { PublicKey } from '../keys/public-key.ts';
import { type Alert, alertName, alerts, TlsError } from './alert.ts';
import { contentTypes, versions } from './codes.ts';
import { begin } from './hello.ts';
import { MessageReader } from './messages.ts';
import { type Content, type Protection, Unprotected } from './protection.ts';
import { encodeRecord, LONGEST_CONTENT, RecordReader } from './record.ts';
import { type Channel, type State, unexpected } from './state.ts';
import { Transcript } from './transcript.ts';
import { ended, wireReader } from './wire.ts';

export interface ConnectionOptions {
  /** Told to the server; absent for an IP address. */
  readonly serverName: string | undefined;
  readonly alpn: readonly string[];
  readonly randomBytes: RandomBytes;
  /** The key of the first certificate. @throws CertificateError where the chain, DER, is not accepted. */
  readonly checkChain: (chain: readonly Uint8Array[]) => PublicKey;
}

/** RFC 8446, section 5.5: AES-GCM is safe for 2^24.5 records under one key. */
const RECORDS_PER_KEY = 2 ** 24;

export class TlsConnection {
  readonly #records = new RecordReader();
  readonly #messages = new MessageReader();
  #reading: Protection = new Unprotected();
  #writing: Protection = new Unprotected();
  #output: Uint8Array[] = [];
  #data: Uint8Array[] = [];
  #state: State;
  #stage: 'handshake' | 'open' | 'over' = 'handshake';
  #opened = false;
  #version: number | undefined;
  #alpn: string | undefined;
  #failure: TlsError | undefined;
  #peerClosed = false;
  #closeSent = false;
  #changeCipherSpecSent = false;
  #awaited: (() => State) | undefined;
  #updateWriting: (() => void) | undefined;
  /** Records in a row that carried neither data nor a step of the handshake. */
  #idleRecords = 0;

  /** The ClientHello is in the output at once. */
  constructor({ serverName, alpn, randomBytes, checkChain }: ConnectionOptions) {
    const offer = { random: randomBytes(32), sessionId: randomBytes(32), serverName, alpn };
    const transcript = new Transcript();
    this.#state = begin({ offer, transcript, randomBytes, checkChain, channel: this.#channel() });
  }

  /** The handshake was completed: the server is authenticated. */
  get opened(): boolean {
    return this.#opened;
  }

  /** Why it was given up, by either side; what came before stays to be taken. */
  get failure(): TlsError | undefined {
    return this.#failure;
  }

  /** The peer has said that nothing more comes: RFC 8446, section 6.1. */
  get peerClosed(): boolean {
    return this.#peerClosed;
  }

  get alpn(): string | undefined {
    return this.#alpn;
  }

  /** 0x0303 or 0x0304, once it is settled. */
  get version(): number | undefined {
    return this.#version;
  }

  /** What has come from the peer, in pieces of any size. Whatever is wrong with it ends up in `failure`, never as an exception. */
  receive(bytes: Uint8Array): void {
    if (this.#stage === 'over' || this.#peerClosed) return;
    try {
      this.#records.push(bytes);
      // Section 6.1: what comes after the close is ignored.
      while (!this.#peerClosed) {
        const record = this.#records.next();
        if (record === undefined) break;
        if (record.type === contentTypes.changeCipherSpec) this.#changeCipherSpec(record.fragment);
        else this.#content(this.#reading.open(record));
      }
    } catch (error) {
      this.#fail(error instanceof TlsError ? error : internalError(error));
    }
  }

  /** Plain data to the peer. Nothing to send makes an empty record, which shows that somebody is there. */
  send(data: Uint8Array): void {
    if (this.#stage !== 'open' || this.#closeSent) throw new TypeError('the connection is not open');
    let offset = 0;
    do {
      this.#write({ type: contentTypes.applicationData, bytes: data.subarray(offset, offset + LONGEST_CONTENT) });
      offset += LONGEST_CONTENT;
    } while (offset < data.length);
  }

  /** Nothing more is sent: section 6.1. The peer may go on. */
  close(): void {
    if (this.#closeSent || this.#stage === 'over') return;
    this.#closeSent = true;
    this.#alert('close_notify');
  }

  /** What is to go to the peer now. */
  takeOutput(): Uint8Array {
    return concatBytes(...this.#output.splice(0));
  }

  /** The data that has come from the peer, verified. */
  takeData(): Uint8Array {
    return concatBytes(...this.#data.splice(0));
  }

  #content({ type, bytes }: Content): void {
    // Section 5.1: nothing comes between the records of one message.
    if (type !== contentTypes.handshake && !this.#messages.isEmpty) throw unexpected();
    if (type === contentTypes.handshake) this.#handshake(bytes);
    else if (type === contentTypes.alert) this.#alertReceived(bytes);
    else if (type === contentTypes.applicationData && this.#stage === 'open') this.#dataReceived(bytes);
    else throw unexpected();
  }

  #dataReceived(bytes: Uint8Array): void {
    if (bytes.length === 0) {
      this.#idle();
    } else {
      this.#idleRecords = 0;
      this.#data.push(bytes);
    }
  }

  #handshake(bytes: Uint8Array): void {
    this.#messages.push(bytes);
    for (let message = this.#messages.next(); message !== undefined; message = this.#messages.next()) {
      if (this.#stage === 'open') this.#idle();
      this.#state = this.#state(message);
    }
  }

  #alertReceived(bytes: Uint8Array): void {
    const reader = wireReader(bytes);
    const level = reader.u8();
    const description = reader.u8();
    ended(reader);
    if (description === alerts.close_notify && this.#stage === 'open') {
      this.#peerClosed = true;
      return;
    }
    // Section 6.1: a close_notify follows. And in TLS 1.2, a warning is no more than that.
    const isWarning = level === 1 && this.#version !== versions.tls13 && description !== alerts.close_notify;
    if (description === alerts.user_canceled || isWarning) {
      this.#idle();
      return;
    }
    const name = alertName(description);
    throw new TlsError(
      undefined,
      `the server sent the alert "${name}"`,
      `ALERT_${name.toUpperCase().replaceAll(' ', '_')}`,
    );
  }

  /**
   * In TLS 1.2 it comes once, at its place. In TLS 1.3 it says nothing, and is dropped until the handshake is over (appendix
   * D.4); before the version is settled, it can only be one of TLS 1.3.
   */
  #changeCipherSpec(fragment: Uint8Array): void {
    if (fragment.length !== 1 || fragment[0] !== 1) throw unexpected();
    if (this.#version === versions.tls12) {
      const received = this.#awaited;
      if (received === undefined) throw unexpected();
      this.#awaited = undefined;
      this.#state = received();
    } else {
      if (this.#stage !== 'handshake') throw unexpected();
      this.#idle();
    }
  }

  #idle(): void {
    this.#idleRecords++;
    if (this.#idleRecords > limits.idleRecords) {
      throw new TlsError('unexpected_message', 'the server sends records without data', 'TOO_MANY_IDLE_RECORDS');
    }
  }

  #channel(): Channel {
    return {
      send: message => {
        for (let at = 0; at < message.length; at += LONGEST_CONTENT) {
          this.#put({ type: contentTypes.handshake, bytes: message.subarray(at, at + LONGEST_CONTENT) });
        }
      },
      sendChangeCipherSpec: () => {
        if (this.#changeCipherSpecSent) return;
        this.#changeCipherSpecSent = true;
        this.#output.push(encodeRecord(contentTypes.changeCipherSpec, Uint8Array.of(1)));
      },
      awaitChangeCipherSpec: received => {
        this.#awaited = received;
        return () => {
          throw unexpected();
        };
      },
      protectReading: protection => {
        if (!this.#messages.isEmpty) throw unexpected();
        this.#reading = protection;
      },
      protectWriting: protection => {
        this.#writing = protection;
      },
      speak: version => {
        this.#version = version;
      },
      refuseRenegotiation: () => {
        if (!this.#closeSent) this.#put(alertContent('no_renegotiation', 1));
      },
      open: (alpn, updateWriting) => {
        this.#stage = 'open';
        this.#opened = true;
        this.#alpn = alpn;
        this.#updateWriting = updateWriting;
        this.#idleRecords = 0;
      },
    };
  }

  /** Data, under newer keys before the present ones are worn out. */
  #write(content: Content): void {
    if (this.#writing.records >= RECORDS_PER_KEY) {
      if (this.#updateWriting === undefined) throw new TlsError('internal_error', 'the keys are worn out');
      this.#updateWriting();
    }
    this.#put(content);
  }

  #put(content: Content): void {
    this.#output.push(this.#writing.seal(content));
  }

  #alert(alert: Alert): void {
    this.#put(alertContent(alert, alert === 'close_notify' ? 1 : 2));
  }

  #fail(error: TlsError): void {
    this.#failure = error;
    if (error.alert !== undefined && !this.#closeSent) this.#alert(error.alert);
    this.#stage = 'over';
  }
}

function internalError(cause: unknown): TlsError {
  return Object.assign(new TlsError('internal_error', 'this side has failed'), { cause });
}

/** Section 6: level (1 warning, 2 fatal) and description. */
function alertContent(alert: Alert, level: 1 | 2): Content {
  return { type: contentTypes.alert, bytes: Uint8Array.of(level, alerts[alert]) };
}

/**
 * The client's side of one connection to its gateway, without the connection: texts and frames in, texts out.
 *
 * It asks for the protocol version, registers (when it has no shared key) or authenticates, asks for bandwidth if there is
 * little, and is then ready to forward packets. Control answers are known by their type; packets may come at any time, also
 * before the authentication is answered, when the gateway hands over what it has kept.
 *
 * @module
 */

import { MixnetError } from '../errors.ts';
import type { Milliseconds, RandomBytes } from '../platform/platform.ts';
import { encodeMixPacket, type MixPacket } from '../sphinx/index.ts';
import { authenticateRequest } from './authenticate.ts';
import { Allowance } from './bandwidth.ts';
import {
  type ClientMessage,
  encodeClientMessage,
  type GatewayMessage,
  parseGatewayMessage,
} from './control-messages.ts';
import * as gatewayTexts from './error-texts.ts';
import { openFrame, PUSH_KIND, sealFrame } from './frames.ts';
import { beginHandshake, type ClientHandshake, expectSuccess } from './handshake.ts';
import type { Identity } from './identity.ts';
import { mixPacketVersion, versionAfter, versionFor } from './version.ts';

export interface ClientSessionOptions {
  readonly gatewayIdentity: Uint8Array;
  readonly identity: Identity;
  /** From an earlier registration with this gateway; without it the session registers. */
  readonly sharedKey: Uint8Array | undefined;
  /** Seconds since 1970 for the authentication, asked for when it is made. */
  readonly timestamp: () => number;
  readonly random: RandomBytes;
}

/** What a text from the gateway leads to. */
export interface ClientStep {
  readonly send: readonly string[];
  /** The registration succeeded: the key to authenticate with from now on. */
  readonly sharedKey?: Uint8Array;
  /** Packets can be sent from now on. */
  readonly ready?: true;
  /** The connection is of no use any more. */
  readonly failure?: Failure;
}

export interface Failure {
  readonly error: MixnetError;
  /** What would help: to register anew, or to try again a second later. */
  readonly remedy?: 'register' | 'wait';
}

type Phase = 'version' | 'answer' | 'final' | 'register' | 'authenticate' | 'claim' | 'ready';

export class ClientSession {
  readonly #options: ClientSessionOptions;
  readonly #allowance = new Allowance();
  #phase: Phase = 'version';
  #version = 0;
  #handshake: ClientHandshake | undefined;
  #sharedKey: Uint8Array | undefined;

  constructor(options: ClientSessionOptions) {
    this.#options = options;
    this.#sharedKey = options.sharedKey;
  }

  /** What to send when the connection is open, and also to find out whether it still is. */
  readonly opening: string = encodeClientMessage({ type: 'supportedProtocol' });

  get ready(): boolean {
    return this.#phase === 'ready';
  }

  text(text: string, now: Milliseconds): ClientStep {
    let message: GatewayMessage;
    try {
      message = parseGatewayMessage(text);
    } catch (error) {
      // Afterwards a text that nobody understands is no reason to give up a connection that works.
      return this.ready ? nothing : failed(error);
    }
    if (this.ready) return this.#whenReady(message, now);
    try {
      return this.#setUp(message, now);
    } catch (error) {
      return failed(error);
    }
  }

  /** What a frame pushes to the client, or `undefined` for a frame that is not for it. */
  frame(frame: Uint8Array): Uint8Array | undefined {
    if (this.#sharedKey === undefined) return undefined;
    try {
      const { kind, plaintext } = openFrame(frame, this.#sharedKey);
      return kind === PUSH_KIND ? plaintext : undefined;
    } catch (error) {
      if (error instanceof MixnetError) return undefined;
      throw error;
    }
  }

  /** The frame that forwards a packet, with the texts to send after it; only when ready. */
  forward(packet: Omit<MixPacket, 'packetType'>, now: Milliseconds): { frame: Uint8Array; send: readonly string[] } {
    if (this.#sharedKey === undefined || !this.ready) throw new TypeError('the session is not ready');
    const kind = mixPacketVersion(this.#version);
    const plaintext = encodeMixPacket(packet, kind);
    this.#allowance.spend(packet.packet.length);
    return {
      frame: sealFrame({ kind, plaintext }, this.#sharedKey, this.#options.random),
      send: this.#claimIfDue(now),
    };
  }

  #setUp(message: GatewayMessage, now: Milliseconds): ClientStep {
    switch (message.type) {
      case 'error':
      case 'handshakeError':
        return { send: [], failure: refused(message.message) };
      case 'typedError':
        return { send: [], failure: refused(message.error.kind) };
      case 'supportedProtocol':
        if (this.#phase !== 'version') return nothing;
        this.#version = versionFor(message.version);
        return this.#sharedKey === undefined ? this.#register() : this.#authenticate(this.#sharedKey);
      case 'handshakePayload':
        return this.#continueHandshake(message);
      case 'register':
        if (this.#phase !== 'register' || this.#sharedKey === undefined) break;
        return { ...this.#admitted({ ...message, bandwidth: 0 }, now), sharedKey: this.#sharedKey };
      case 'authenticate':
        if (this.#phase !== 'authenticate') break;
        return this.#admitted(message, now);
      case 'bandwidth':
        if (this.#phase !== 'claim') break;
        this.#allowance.settled();
        this.#allowance.update(message.bandwidth, message.upgradeMode);
        return this.#becomeReady();
      case 'send':
      case 'encryptedResponse':
        return nothing;
    }
    throw misbehaved();
  }

  #register(): ClientStep {
    const { identity, gatewayIdentity, random } = this.#options;
    this.#phase = 'answer';
    this.#handshake = beginHandshake(identity, gatewayIdentity, random);
    return this.#say({ type: 'handshakePayload', version: this.#version, data: this.#handshake.opening });
  }

  #continueHandshake({ version, data }: { version: number; data: Uint8Array }): ClientStep {
    if (this.#phase === 'answer' && this.#handshake !== undefined) {
      this.#version = versionAfter(version, this.#version);
      const { proof, sharedKey } = this.#handshake.answer(data);
      this.#sharedKey = sharedKey;
      this.#phase = 'final';
      return this.#say({ type: 'handshakePayload', version: this.#version, data: proof });
    }
    if (this.#phase !== 'final') throw misbehaved();
    expectSuccess(data);
    this.#phase = 'register';
    return nothing;
  }

  #authenticate(sharedKey: Uint8Array): ClientStep {
    const { identity, timestamp, random } = this.#options;
    this.#phase = 'authenticate';
    const request = authenticateRequest({
      identity,
      sharedKey,
      version: this.#version,
      timestamp: timestamp(),
      random,
    });
    return this.#say({ type: 'authenticateV2', ...request });
  }

  #admitted(
    answer: { version: number | undefined; status: boolean; bandwidth: number; upgradeMode: boolean },
    now: Milliseconds,
  ): ClientStep {
    if (!answer.status) throw new MixnetError('ERR_MIX_GATEWAY_REFUSED');
    this.#version = versionAfter(answer.version, this.#version);
    this.#allowance.update(answer.bandwidth, answer.upgradeMode);
    const claim = this.#claimIfDue(now);
    if (claim.length === 0) return this.#becomeReady();
    this.#phase = 'claim';
    return { send: claim };
  }

  #becomeReady(): ClientStep {
    this.#phase = 'ready';
    return { send: [], ready: true };
  }

  #whenReady(message: GatewayMessage, now: Milliseconds): ClientStep {
    switch (message.type) {
      case 'send':
        this.#allowance.update(message.bandwidth, message.upgradeMode);
        break;
      case 'bandwidth':
        this.#allowance.settled();
        this.#allowance.update(message.bandwidth, message.upgradeMode);
        break;
      case 'typedError':
        if (message.error.kind === 'out-of-bandwidth') this.#allowance.exhaust(message.error.available);
        break;
      case 'error':
        if (!this.#allowance.pending) return nothing;
        this.#allowance.settled();
        // Packets go on until the bandwidth is used up; after that the connection is of no use.
        return this.#allowance.exhausted ? { send: [], failure: refused(message.message) } : nothing;
      default:
        return nothing;
    }
    return { send: this.#claimIfDue(now) };
  }

  #claimIfDue(now: Milliseconds): readonly string[] {
    return this.#allowance.claimDue(now) ? [encodeClientMessage({ type: 'claimFreeTestnetBandwidth' })] : [];
  }

  #say(message: ClientMessage): ClientStep {
    return { send: [encodeClientMessage(message)] };
  }
}

const nothing: ClientStep = { send: [] };

/** What the text of a refusal is kept to. */
const LONGEST_REASON = 200;

/** The gateway's reason, which is all there is to go by: errors have no codes. */
function refused(text: string): Failure {
  const cause = new Error(text.slice(0, LONGEST_REASON).replace(/[^ -~]/g, '?'));
  if (text.includes(gatewayTexts.ticketsOnly)) return { error: new MixnetError('ERR_MIX_GATEWAY_TICKETS', { cause }) };
  if (text.includes('incompatible protocol version')) {
    return { error: new MixnetError('ERR_MIX_GATEWAY_VERSION', { cause }) };
  }
  const error = new MixnetError('ERR_MIX_GATEWAY_REFUSED', { cause });
  // The latter where the gateway has another shared key: of a registration that was not written down here.
  if (text.includes(gatewayTexts.notRegistered) || text.includes(gatewayTexts.badAddress)) {
    return { error, remedy: 'register' };
  }
  if (text.includes(gatewayTexts.usedTimestamp) || text.includes(gatewayTexts.staleSession)) {
    return { error, remedy: 'wait' };
  }
  return { error };
}

function failed(error: unknown): ClientStep {
  if (!(error instanceof MixnetError)) throw error;
  return { send: [], failure: { error } };
}

function misbehaved(): MixnetError {
  return new MixnetError('ERR_MIX_GATEWAY_MISBEHAVED', { message: 'A control message that does not belong here.' });
}

/**
 * The gateway's side of one connection with a client, without the connection: texts and frames in, texts and frames out
 * (`nymtech/nym gateway/src/node/client_handling/websocket/connection_handler`). For networks of one's own: it speaks with
 * this package's client and with the published ones.
 *
 * @module
 */

import { MixnetError } from '../errors.ts';
import type { Milliseconds, RandomBytes } from '../platform/platform.ts';
import { decodeMixPacket, type MixPacket } from '../sphinx/index.ts';
import { refusalOf } from './authenticate.ts';
import {
  type AuthenticateRequest,
  type ClientMessage,
  encodeGatewayMessage,
  type GatewayMessage,
  parseClientMessage,
} from './control-messages.ts';
import { openRequest, type SealedText, sealResponse } from './encrypted-requests.ts';
import * as gatewayTexts from './error-texts.ts';
import { FORWARD_KINDS, openFrame, PUSH_KIND, sealFrame } from './frames.ts';
import type { GatewayClients } from './gateway-clients.ts';
import { answerHandshake, type GatewayHandshake, HANDSHAKE_SUCCESS } from './handshake.ts';
import type { Identity } from './identity.ts';
import { CURRENT_VERSION } from './version.ts';

export interface GatewaySessionOptions {
  readonly identity: Identity;
  /** Shared by all sessions of this gateway. */
  readonly clients: GatewayClients<GatewaySession>;
  readonly random: RandomBytes;
  /** Unix time in ms, as in all methods. */
  readonly now: Milliseconds;
  /** The newest protocol version it speaks. Default 6. */
  readonly newestVersion?: number;
  /** Refuses to grant bandwidth for the asking. Default false. */
  readonly requireTickets?: boolean;
  /** Answers each packet with the bandwidth left, as the live gateways do. Default true. */
  readonly answerPackets?: boolean;
  /**
   * Hands over stored messages within a registration too, as the live gateways do. Default false: published clients crash
   * on it, and get them when they authenticate.
   */
  readonly pushWhileRegistering?: boolean;
}

/** What follows from what came in. Parts that are absent have nothing to say. */
export interface SessionOutput {
  /** In this order. */
  readonly send: readonly (string | Uint8Array)[];
  /** To its first hop, without delay. */
  readonly forward?: MixPacket;
  /** The identity of a client that registered, or authenticated: from now on it is connected. */
  readonly registered?: Uint8Array;
  readonly authenticated?: Uint8Array;
  /**
   * Another session holds this client's place: ping its websocket, and tell `challenged` whether a pong came within a
   * second.
   */
  readonly challenge?: GatewaySession;
  /** This other session lost its place: cut its connection. */
  readonly replaced?: GatewaySession;
  /** Cut this connection, after sending. */
  readonly drop?: true;
}

const BEFORE_AUTHENTICATION: Milliseconds = 10_000;
const WITHIN_HANDSHAKE: Milliseconds = 5_000;

type State =
  | { readonly name: 'new' }
  | { readonly name: 'handshake'; readonly version: number; readonly handshake: GatewayHandshake }
  | { readonly name: 'challenging'; readonly request: AuthenticateRequest; readonly holder: GatewaySession }
  /** `since`: when it took its place, in seconds and fractions. */
  | { readonly name: 'connected'; readonly client: Uint8Array; readonly sharedKey: Uint8Array; readonly since: number }
  | { readonly name: 'ended' };

export class GatewaySession {
  readonly #options: GatewaySessionOptions;
  readonly #newestVersion: number;
  #state: State = { name: 'new' };
  #deadline: Milliseconds;

  constructor(options: GatewaySessionOptions) {
    this.#options = options;
    this.#newestVersion = options.newestVersion ?? CURRENT_VERSION;
    this.#deadline = options.now + BEFORE_AUTHENTICATION;
  }

  /** When `expire` should be called, Unix time in ms, unless something comes in before; none once authenticated. */
  get deadline(): Milliseconds | undefined {
    return this.#state.name === 'new' || this.#state.name === 'handshake' ? this.#deadline : undefined;
  }

  /** The client that is connected here. */
  get client(): Uint8Array | undefined {
    return this.#state.name === 'connected' ? this.#state.client : undefined;
  }

  text(text: string, now: Milliseconds): SessionOutput {
    let message: ClientMessage | undefined;
    try {
      message = parseClientMessage(text);
    } catch (error) {
      if (!(error instanceof MixnetError)) throw error;
    }
    switch (this.#state.name) {
      case 'new':
        this.#deadline = now + BEFORE_AUTHENTICATION;
        return this.#stranger(message, now);
      case 'handshake':
        return this.#continueHandshake(message, this.#state, now);
      case 'connected':
        return this.#request(message, this.#state, now);
      default:
        return { send: [] };
    }
  }

  frame(frame: Uint8Array, now: Milliseconds): SessionOutput {
    if (this.#state.name === 'new') return this.#refuse(gatewayTexts.unauthenticatedPacket);
    if (this.#state.name !== 'connected') return { send: [] };
    const { client, sharedKey } = this.#state;
    let packet: MixPacket;
    try {
      const { kind, plaintext } = openFrame(frame, sharedKey);
      if (!FORWARD_KINDS.includes(kind)) return says({ type: 'error', message: gatewayTexts.unknownBinary });
      packet = decodeMixPacket(plaintext, kind === 1 ? 1 : 2);
    } catch (error) {
      if (!(error instanceof MixnetError)) throw error;
      return says({ type: 'error', message: gatewayTexts.malformedBinary(error.message) });
    }
    const { clients, answerPackets = true } = this.#options;
    const required = packet.packet.length;
    if (!clients.charge(client, required, now)) {
      const available = clients.bandwidth(client, now);
      return says({ type: 'typedError', error: { kind: 'out-of-bandwidth', required, available } });
    }
    if (!answerPackets) return { send: [], forward: packet };
    const bandwidth = clients.bandwidth(client, now);
    return { ...says({ type: 'send', bandwidth, upgradeMode: false }), forward: packet };
  }

  /** The frame that brings a message to the client; `undefined` where it is not connected here. */
  push(message: Uint8Array): Uint8Array | undefined {
    if (this.#state.name !== 'connected') return undefined;
    return sealFrame({ kind: PUSH_KIND, plaintext: message }, this.#state.sharedKey, this.#options.random);
  }

  /** The answer to `challenge`: whether the other session is alive. */
  challenged(alive: boolean, now: Milliseconds): SessionOutput {
    if (this.#state.name !== 'challenging') return { send: [] };
    const { request, holder } = this.#state;
    if (alive) return this.#refuseTwice(gatewayTexts.alreadyOpen);
    holder.closed();
    return { ...this.#admit(request, now), replaced: holder };
  }

  expire(now: Milliseconds): SessionOutput {
    if (this.deadline === undefined || now < this.deadline) return { send: [] };
    return this.#refuse(gatewayTexts.tooSlow);
  }

  /** The connection ended. Idempotent. */
  closed(): void {
    if (this.#state.name === 'connected') this.#options.clients.deactivate(this.#state.client, this);
    this.#state = { name: 'ended' };
  }

  #stranger(message: ClientMessage | undefined, now: Milliseconds): SessionOutput {
    switch (message?.type) {
      case 'supportedProtocol':
        return says({ type: 'supportedProtocol', version: this.#newestVersion });
      case 'handshakePayload':
        return this.#beginHandshake(message, now);
      case 'authenticateV2':
        return this.#authenticate(message, now);
      case 'authenticate':
        return this.#refuse(gatewayTexts.legacyAuthentication);
      default:
        return this.#refuse(gatewayTexts.unauthenticated);
    }
  }

  /** Any version is echoed, but for those that do not exist yet: published clients register with 3 and authenticate with 4. */
  #beginHandshake({ version, data }: { version: number; data: Uint8Array }, now: Milliseconds): SessionOutput {
    const { identity, clients, random } = this.#options;
    const spoken = Math.min(version, this.#newestVersion);
    let handshake: GatewayHandshake;
    try {
      handshake = answerHandshake(identity, data, random);
    } catch (error) {
      if (!(error instanceof MixnetError)) throw error;
      return this.#handshakeFailed(gatewayTexts.malformedHandshake);
    }
    if (clients.active(handshake.clientIdentity) !== undefined) return this.#refuseTwice(gatewayTexts.alreadyOpen);
    this.#state = { name: 'handshake', version: spoken, handshake };
    this.#deadline = now + WITHIN_HANDSHAKE;
    return says({ type: 'handshakePayload', version: spoken, data: handshake.answer });
  }

  #continueHandshake(
    message: ClientMessage | undefined,
    { version, handshake }: State & { name: 'handshake' },
    now: Milliseconds,
  ): SessionOutput {
    if (message?.type === 'handshakeError') return this.#refuseTwice(gatewayTexts.handshakeFailed('by the client'));
    // Whatever else is said during a handshake is not heard.
    if (message?.type !== 'handshakePayload') return { send: [] };
    const { clients, pushWhileRegistering = false } = this.#options;
    const client = handshake.clientIdentity;
    try {
      if (!handshake.proves(message.data)) return this.#handshakeFailed(gatewayTexts.badSignature);
      clients.register(client, handshake.sharedKey);
    } catch (error) {
      if (!(error instanceof MixnetError)) throw error;
      return this.#handshakeFailed(gatewayTexts.malformedHandshake);
    }
    this.#connect(client, handshake.sharedKey, now / 1_000);
    return {
      send: [
        encodeGatewayMessage({ type: 'handshakePayload', version, data: HANDSHAKE_SUCCESS }),
        ...(pushWhileRegistering ? this.#stored(client, now) : []),
        encodeGatewayMessage({ type: 'register', version, status: true, upgradeMode: false }),
      ],
      registered: client,
    };
  }

  #authenticate(request: AuthenticateRequest, now: Milliseconds): SessionOutput {
    const { clients } = this.#options;
    const refusal = refusalOf(request, {
      now: Math.floor(now / 1_000),
      sharedKey: clients.sharedKey(request.identity),
      lastTimestamp: clients.lastTimestamp(request.identity),
      newestVersion: this.#newestVersion,
    });
    if (refusal !== undefined) return this.#refuseTwice(refusal);
    const holder = clients.active(request.identity);
    if (holder === undefined) return this.#admit(request, now);
    if (request.timestamp <= holder.#since) return this.#refuseTwice(gatewayTexts.staleSession);
    this.#state = { name: 'challenging', request, holder };
    return { send: [], challenge: holder };
  }

  #admit(request: AuthenticateRequest, now: Milliseconds): SessionOutput {
    const { clients } = this.#options;
    const client = request.identity;
    const sharedKey = clients.sharedKey(client);
    if (sharedKey === undefined) return this.#refuseTwice(gatewayTexts.notRegistered);
    clients.authenticated(client, request.timestamp);
    this.#connect(client, sharedKey, request.timestamp);
    const answer = encodeGatewayMessage({
      type: 'authenticate',
      version: request.version,
      status: true,
      bandwidth: clients.bandwidth(client, now),
      upgradeMode: false,
    });
    return { send: [...this.#stored(client, now), answer], authenticated: client };
  }

  #connect(client: Uint8Array, sharedKey: Uint8Array, since: number): void {
    this.#state = { name: 'connected', client, sharedKey, since };
    this.#options.clients.activate(client, this);
  }

  #stored(client: Uint8Array, now: Milliseconds): Uint8Array[] {
    return this.#options.clients.takeStored(client, now).flatMap(message => this.push(message) ?? []);
  }

  get #since(): number {
    return this.#state.name === 'connected' ? this.#state.since : 0;
  }

  /** Errors after the authentication do not end the connection. */
  #request(
    message: ClientMessage | undefined,
    { client, sharedKey }: State & { name: 'connected' },
    now: Milliseconds,
  ): SessionOutput {
    const { clients, requireTickets = false } = this.#options;
    if (message === undefined) return says({ type: 'error', message: gatewayTexts.malformedText('it cannot be read') });
    switch (message.type) {
      case 'supportedProtocol':
        return says({ type: 'supportedProtocol', version: this.#newestVersion });
      case 'claimFreeTestnetBandwidth':
        if (requireTickets) return says({ type: 'error', message: gatewayTexts.ticketsOnly });
        return says({ type: 'bandwidth', bandwidth: clients.grant(client, now), upgradeMode: false });
      case 'encryptedRequest':
        return this.#sealedRequest(message, client, sharedKey);
      case 'authenticate':
      case 'authenticateV2':
        return says({ type: 'error', message: gatewayTexts.unknownText });
      default:
        // A second registration; and tickets and upgrade mode, which this gateway does not have.
        return says({ type: 'error', message: gatewayTexts.wrongContext(message.type) });
    }
  }

  #sealedRequest(sealed: SealedText, client: Uint8Array, sharedKey: Uint8Array): SessionOutput {
    const { clients, random } = this.#options;
    const request = openRequest(sealed, sharedKey);
    if (request === undefined) return says({ type: 'error', message: gatewayTexts.undecryptableText });
    if (request.type === 'forget-me' && request.client) clients.forget(client);
    const response = sealResponse(
      request.type === 'forget-me' ? 'forget-me-ack' : 'remember-me-ack',
      sharedKey,
      random,
    );
    return says({ type: 'encryptedResponse', ...response });
  }

  #handshakeFailed(why: string): SessionOutput {
    const refusal = this.#refuseTwice(gatewayTexts.handshakeFailed(why));
    return { ...refusal, send: [encodeGatewayMessage({ type: 'handshakeError', message: why }), ...refusal.send] };
  }

  /** Live gateways report what goes wrong in a registration or authentication at two levels. */
  #refuseTwice(message: string): SessionOutput {
    const refusal = this.#refuse(message);
    return { ...refusal, send: [...refusal.send, ...refusal.send] };
  }

  #refuse(message: string): SessionOutput {
    this.closed();
    return { ...says({ type: 'error', message }), drop: true };
  }
}

function says(message: GatewayMessage): SessionOutput {
  return { send: [encodeGatewayMessage(message)] };
}

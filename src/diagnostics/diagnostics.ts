/** Where the events of one client, or of one fetch, go: to its listeners, to the channels of Node, to a logger. */

import { channelOf } from '#channels';
import { hmacSha256 } from '#crypto';
import type { RandomBytes } from '../platform/platform.ts';
import type { Channel } from './channels.ts';
import type { DiagnosticDetails, DiagnosticName } from './events.ts';
import { type Logger, log } from './logger.ts';

export interface DiagnosticsOptions {
  readonly randomBytes: RandomBytes;
  readonly logger?: Logger | undefined;
  /** Whether destinations are named as they are. Default false. */
  readonly plainHosts?: boolean | undefined;
  readonly listeners?: readonly Listeners[] | undefined;
}

/** Who listens beside channels and logger. */
export interface Listeners {
  hears(name: DiagnosticName): boolean;
  tell<Name extends DiagnosticName>(name: Name, detail: DiagnosticDetails[Name]): void;
}

/**
 * Nothing is made where nobody listens. Names of peers are made with a random secret that never leaves this object, so that
 * they cannot be looked up in a list of all hosts, nor linked beyond it.
 */
export class Diagnostics {
  readonly #options: DiagnosticsOptions;
  readonly #channels = new Map<DiagnosticName, Channel>();
  readonly #listeners: Listeners[];
  #secret: Uint8Array | undefined;
  #source: string | undefined;

  constructor(options: DiagnosticsOptions) {
    this.#options = options;
    this.#listeners = [...(options.listeners ?? [])];
  }

  /** For one that did not exist before. */
  addListeners(listeners: Listeners): void {
    this.#listeners.push(listeners);
  }

  wants(name: DiagnosticName): boolean {
    if (this.#options.logger !== undefined || this.#published(name)) return true;
    return this.#listeners.some(listeners => listeners.hears(name));
  }

  /** Never throws. `detail` is called only where somebody listens; nobody can change what another gets. */
  emit<Name extends DiagnosticName>(name: Name, detail: () => Omit<DiagnosticDetails[Name], 'source'>): void {
    if (!this.wants(name)) return;
    const { logger } = this.#options;
    const told = Object.freeze({ source: this.source, ...detail() }) as DiagnosticDetails[Name];
    if (logger !== undefined) log(logger, name, told);
    if (this.#published(name)) this.#channel(name).publish(told);
    for (const listeners of this.#listeners) listeners.tell(name, told);
  }

  get source(): string {
    this.#source ??= hex(this.#options.randomBytes(4));
    return this.#source;
  }

  /** The same for the same peer, for as long as this object lives. */
  nameOf(peer: string): string {
    this.#secret ??= this.#options.randomBytes(32);
    return hex(hmacSha256(this.#secret, new TextEncoder().encode(peer)).subarray(0, NAME_BYTES));
  }

  host(host: string): string {
    return this.#options.plainHosts ? host : this.nameOf(host);
  }

  #published(name: DiagnosticName): boolean {
    return this.#channel(name).hasSubscribers;
  }

  #channel(name: DiagnosticName): Channel {
    let channel = this.#channels.get(name);
    if (channel === undefined) {
      channel = channelOf(`mixfetch:${name}`);
      this.#channels.set(name, channel);
    }
    return channel;
  }
}

const NAME_BYTES = 8;

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}

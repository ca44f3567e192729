/** What a service says of itself: a sentence on standard error, and with --status a line of JSON on standard output. */

import type { Streams } from '../machinery.ts';

interface StateDescription {
  /** On standard error. */
  readonly sentence: string;
  /** Beside `status` in its line of JSON. */
  readonly details: readonly (keyof StateDetails)[];
}

/** Every state that a service can be in. The list in the README is printed from here. */
export const serviceStates = {
  connecting: { sentence: 'connecting to the mixnet', details: [] },
  waiting: { sentence: 'no connection; the next attempt follows', details: ['code', 'seconds'] },
  listening: { sentence: 'listening', details: ['url', 'address'] },
  reconnecting: { sentence: 'the connection to the gateway is lost, and tried again', details: ['code'] },
  connected: { sentence: 'the connection to the gateway stands again', details: [] },
  reloading: { sentence: 'the settings have changed, and are applied', details: [] },
  draining: { sentence: 'ending; what is open gets some seconds', details: [] },
  closed: { sentence: 'closed', details: [] },
} as const satisfies Record<string, StateDescription>;

export type ServiceState = keyof typeof serviceStates;

/** Without names of peers, but for its own address and where it listens. */
export interface StateDetails {
  /** What programs are told. */
  readonly url?: string;
  /** The Nym address. */
  readonly address?: string;
  /** Why, as a code of a `MixnetError`. */
  readonly code?: string;
  /** Until the next attempt. */
  readonly seconds?: number;
}

export class ServiceReport {
  readonly #streams: Pick<Streams, 'stdout' | 'stderr'>;
  readonly #asJson: boolean;
  #last: ServiceState | undefined;

  constructor(streams: Pick<Streams, 'stdout' | 'stderr'>, { asJson }: { readonly asJson: boolean }) {
    this.#streams = streams;
    this.#asJson = asJson;
  }

  /** Without --status, what programs are told still goes to standard output. */
  state(status: ServiceState, details: StateDetails = {}): void {
    if (status === this.#last && status !== 'listening' && status !== 'waiting') return;
    this.#last = status;
    const { code, seconds, url } = details;
    const more = [code && `[${code}]`, seconds && `in ${seconds} s`].filter(Boolean).join(' ');
    this.note(`${serviceStates[status].sentence}${more && ` ${more}`}`);
    if (this.#asJson) this.#streams.stdout.write(`${JSON.stringify({ status, ...details })}\n`);
    else if (status === 'listening' && url !== undefined) this.#streams.stdout.write(`${url}\n`);
  }

  note(sentence: string): void {
    this.#streams.stderr.write(`mixfetch: ${sentence}\n`);
  }
}

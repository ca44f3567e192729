/**
 * Everything that is told, and what of it; described in `descriptions.ts`, from where the README has its lists.
 *
 * A destination or an exit goes by a name that means nothing outside of this process (see `Diagnostics`); no event holds a
 * URL, a header, a key, an address of the mixnet, an error with its text, or anything of a body.
 */

import { MixnetError, type MixnetErrorCode } from '../errors.ts';
import type { Milliseconds } from '../platform/platform.ts';

/** `aborted`: by the signal of the caller. `other`: an error that is none of ours, of the caller's own body stream say. */
export type FailureCode = MixnetErrorCode | 'aborted' | 'other';

export function failureCodeOf(error: unknown): FailureCode {
  return error instanceof MixnetError ? error.code : 'other';
}

/** The stages of a request, in their order, but that a server may answer before it has the whole request. */
export type RequestStage = 'turn' | 'client' | 'opened' | 'tls' | 'sent' | 'headers' | 'firstByte' | 'end';

/** When each stage was reached, from the call on. Those before the end are of the last attempt. */
export type RequestTimes = { readonly [Stage in RequestStage]?: Milliseconds };

export interface RequestStart {
  readonly source: string;
  readonly id: number;
  readonly method: string;
  readonly host: string;
}

interface RequestSoFar extends RequestStart {
  readonly times: RequestTimes;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly redirects: number;
  readonly retries: number;
  readonly reused: boolean | undefined;
  readonly exit: string | undefined;
  readonly exitsAsked: number | undefined;
}

export interface RequestHeaders extends RequestSoFar {
  readonly status: number;
}

export interface RequestEnd extends RequestSoFar {
  readonly status: number;
  readonly complete: boolean;
}

export interface RequestError extends RequestSoFar {
  readonly status: number | undefined;
  readonly code: FailureCode;
}

/** Of a client: on a `MixnetClient` by these names; on a `mixFetch`, and as channels, with `client:` before them. */
export interface ClientEventDetails {
  state: {
    readonly source: string;
    readonly state: 'connecting' | 'connected' | 'reconnecting' | 'closed';
  };
  'connect-failed': { readonly source: string; readonly code: FailureCode; readonly elapsed: Milliseconds };
  'gateway-failed': { readonly source: string; readonly code: FailureCode; readonly failures: number };
  'gateway-lost': { readonly source: string; readonly code: FailureCode };
  'gateway-back': { readonly source: string; readonly elapsed: Milliseconds };
  'topology-failed': { readonly source: string; readonly code: FailureCode; readonly failures: number };
  'topology-recovered': { readonly source: string; readonly failures: number };
  'key-rotation': { readonly source: string; readonly rotation: number };
  'storage-failed': { readonly source: string; readonly code: FailureCode };
  'exit-failover': {
    readonly source: string;
    readonly exit: string;
    readonly code: FailureCode;
    readonly exitsAsked: number;
  };
  'surb-starvation': { readonly source: string; readonly side: 'exit' | 'here' };
}

export type DiagnosticDetails = {
  readonly 'request:start': RequestStart;
  readonly 'request:headers': RequestHeaders;
  readonly 'request:end': RequestEnd;
  readonly 'request:error': RequestError;
} & { readonly [Name in keyof ClientEventDetails as `client:${Name}`]: ClientEventDetails[Name] };

/** The channel of Node has the same name after `mixfetch:`. */
export type DiagnosticName = keyof DiagnosticDetails;

export const logLevels: { readonly [Name in DiagnosticName]: 'debug' | 'info' | 'warn' | 'error' } = {
  'request:start': 'debug',
  'request:headers': 'debug',
  'request:end': 'debug',
  'request:error': 'warn',
  'client:state': 'info',
  'client:connect-failed': 'error',
  'client:gateway-failed': 'warn',
  'client:gateway-lost': 'warn',
  'client:gateway-back': 'info',
  'client:topology-failed': 'warn',
  'client:topology-recovered': 'info',
  'client:key-rotation': 'info',
  'client:storage-failed': 'error',
  'client:exit-failover': 'warn',
  'client:surb-starvation': 'warn',
};

export const diagnosticNames = Object.keys(logLevels) as readonly DiagnosticName[];

/** Whether a logger gets the field: codes, counts, durations and states alone. */
export function isLogged(field: string): boolean {
  return loggedFields.includes(field);
}

const loggedFields = [
  ...[
    'id',
    'times',
    'bytesSent',
    'bytesReceived',
    'redirects',
    'retries',
    'reused',
    'exitsAsked',
    'status',
    'complete',
  ],
  ...['code', 'state', 'elapsed', 'failures', 'rotation', 'side'],
];

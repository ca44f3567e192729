/**
 * Everything that is told, and what of it. The lists in the README are printed from here.
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
export const requestStages = {
  turn: 'a connection may be used or made: the limits of the pool allow it',
  client: 'the client is connected to the mixnet, and a stream is begun; not on a reused connection',
  opened: 'the exit says that the destination is connected and, for https, it has answered; not on a reused connection',
  tls: 'TLS with the destination stands; not on a reused connection, nor with `http:`',
  sent: 'the last byte of the request is handed to the stream',
  headers: 'the head of the answer is there',
  firstByte: 'the first byte of its body is there',
  end: 'it is over, well or badly',
} as const;

export type RequestStage = keyof typeof requestStages;

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

type FieldName = { [Name in DiagnosticName]: keyof DiagnosticDetails[Name] }[DiagnosticName];

export interface EventDescription<Field> {
  readonly when: string;
  /** Of the line that a logger gets. */
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: readonly Field[];
}

export interface FieldDescription {
  readonly what: string;
  /** Whether a logger gets it: codes, counts, durations and states alone. */
  readonly logged: boolean;
}

const soFar = [
  ...(['source', 'id', 'method', 'host', 'times', 'bytesSent', 'bytesReceived'] as const),
  ...(['redirects', 'retries', 'reused', 'exit', 'exitsAsked', 'status'] as const),
];

export const diagnosticEvents: {
  readonly [Name in DiagnosticName]: EventDescription<keyof DiagnosticDetails[Name]>;
} = {
  'request:start': {
    when: 'a request by `http:` or `https:` begins, its arguments being right',
    level: 'debug',
    fields: ['source', 'id', 'method', 'host'],
  },
  'request:headers': {
    when: 'the head of the answer is there, redirects being followed',
    level: 'debug',
    fields: soFar,
  },
  'request:end': {
    when: 'the answer is complete, or its reader has had enough of it',
    level: 'debug',
    fields: [...soFar, 'complete'],
  },
  'request:error': {
    when: 'the request has failed, was aborted or took too long, be it within the body of the answer',
    level: 'warn',
    fields: [...soFar, 'code'],
  },
  'client:state': {
    when: 'the client is in another state than before',
    level: 'info',
    fields: ['source', 'state'],
  },
  'client:connect-failed': {
    when: 'a client could not be connected',
    level: 'error',
    fields: ['source', 'code', 'elapsed'],
  },
  'client:gateway-failed': {
    when: 'a gateway does not take the client while it connects; unless one was named, another is asked',
    level: 'warn',
    fields: ['source', 'code', 'failures'],
  },
  'client:gateway-lost': {
    when: 'the connection to the gateway is lost; it is tried again from now on',
    level: 'warn',
    fields: ['source', 'code'],
  },
  'client:gateway-back': {
    when: 'the connection to the gateway stands again',
    level: 'info',
    fields: ['source', 'elapsed'],
  },
  'client:topology-failed': {
    when: 'the directory gave no good view of the network; the last one stays in use',
    level: 'warn',
    fields: ['source', 'code', 'failures'],
  },
  'client:topology-recovered': {
    when: 'the directory gives a good view again',
    level: 'info',
    fields: ['source', 'failures'],
  },
  'client:key-rotation': {
    when: 'the nodes of the network have other keys than before',
    level: 'info',
    fields: ['source', 'rotation'],
  },
  'client:storage-failed': {
    when: 'the storage could not be written; the client goes on, and tries again with the next change, or at its end',
    level: 'error',
    fields: ['source', 'code'],
  },
  'client:exit-failover': {
    when: 'an exit did not connect a stream, or brought nothing from its destination, and another may be asked',
    level: 'warn',
    fields: ['source', 'exit', 'code', 'exitsAsked'],
  },
  'client:surb-starvation': {
    when: 'data was given up because the one who had to send it ran out of reply blocks',
    level: 'warn',
    fields: ['source', 'side'],
  },
};

export const diagnosticNames = Object.keys(diagnosticEvents) as readonly DiagnosticName[];

export const diagnosticFields: { readonly [Field in FieldName]: FieldDescription } = {
  source: { what: 'random name of the `mixFetch` or client that tells this, of this process alone', logged: false },
  id: { what: 'number of the request, of its `source`', logged: true },
  method: { what: 'of the request', logged: false },
  host: {
    what: 'name of the destination: keyed with a random secret, or plain with `diagnostics: { hosts: "plain" }`; after redirects, of the last one',
    logged: false,
  },
  times: { what: 'when each stage was reached, ms from the call', logged: true },
  bytesSent: { what: 'of HTTP, redirects and retries included', logged: true },
  bytesReceived: { what: 'of HTTP, as they came, redirects and retries included', logged: true },
  redirects: { what: 'followed', logged: true },
  retries: { what: 'of requests that a server lost together with an idle connection', logged: true },
  reused: { what: 'whether the connection had served before; unknown before there is one', logged: true },
  exit: { what: 'name of the exit, keyed with a random secret of the client, where there is one', logged: false },
  exitsAsked: { what: 'how many exits were asked to connect', logged: true },
  status: { what: 'of the answer, where there is one', logged: true },
  complete: { what: 'whether all of the body has come', logged: true },
  code: {
    what: 'code of the error; `aborted` by the signal of the caller, `other` for an error that is none of ours',
    logged: true,
  },
  state: { what: '`connecting`, `connected`, `reconnecting` or `closed`', logged: true },
  elapsed: { what: 'how long that took, ms', logged: true },
  failures: { what: 'so far, one after the other', logged: true },
  rotation: { what: 'number of the key rotation, the same for everybody', logged: true },
  side: {
    what: '`exit`: an exit could send no answers; `here`: a message of ours could not be answered',
    logged: true,
  },
};

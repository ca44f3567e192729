/** What the events, their fields and the stages of a request mean, for the README. No program loads it. */

import type { DiagnosticDetails, DiagnosticName, RequestStage } from './events.ts';

type FieldName = { [Name in DiagnosticName]: keyof DiagnosticDetails[Name] }[DiagnosticName];

/** In their order. */
export const requestStages: Readonly<Record<RequestStage, string>> = {
  turn: 'a connection may be used or made: the limits of the pool allow it',
  client: 'the client is connected to the mixnet, and a stream is begun; not on a reused connection',
  opened: 'the exit says that the destination is connected and, for https, it has answered; not on a reused connection',
  tls: 'TLS with the destination stands; not on a reused connection, nor with `http:`',
  sent: 'the last byte of the request is handed to the stream',
  headers: 'the head of the answer is there',
  firstByte: 'the first byte of its body is there',
  end: 'it is over, well or badly',
};

const soFar = [
  ...(['source', 'id', 'method', 'host', 'times', 'bytesSent', 'bytesReceived'] as const),
  ...(['redirects', 'retries', 'reused', 'exit', 'exitsAsked', 'status'] as const),
];

export const eventDescriptions: {
  readonly [Name in DiagnosticName]: {
    readonly when: string;
    readonly fields: readonly (keyof DiagnosticDetails[Name])[];
  };
} = {
  'request:start': {
    when: 'a request by `http:` or `https:` begins, its arguments being right',
    fields: ['source', 'id', 'method', 'host'],
  },
  'request:headers': {
    when: 'the head of the answer is there, redirects being followed',
    fields: soFar,
  },
  'request:end': {
    when: 'the answer is complete, or its reader has had enough of it',
    fields: [...soFar, 'complete'],
  },
  'request:error': {
    when: 'the request has failed, was aborted or took too long, be it within the body of the answer',
    fields: [...soFar, 'code'],
  },
  'client:state': {
    when: 'the client is in another state than before',
    fields: ['source', 'state'],
  },
  'client:connect-failed': {
    when: 'a client could not be connected',
    fields: ['source', 'code', 'elapsed'],
  },
  'client:gateway-failed': {
    when: 'a gateway does not take the client while it connects; unless one was named, another is asked',
    fields: ['source', 'code', 'failures'],
  },
  'client:gateway-lost': {
    when: 'the connection to the gateway is lost; it is tried again from now on',
    fields: ['source', 'code'],
  },
  'client:gateway-back': {
    when: 'the connection to the gateway stands again',
    fields: ['source', 'elapsed'],
  },
  'client:topology-failed': {
    when: 'the directory gave no good view of the network; the last one stays in use',
    fields: ['source', 'code', 'failures'],
  },
  'client:topology-recovered': {
    when: 'the directory gives a good view again',
    fields: ['source', 'failures'],
  },
  'client:key-rotation': {
    when: 'the nodes of the network have other keys than before',
    fields: ['source', 'rotation'],
  },
  'client:storage-failed': {
    when: 'the storage could not be written; the client goes on, and tries again with the next change, or at its end',
    fields: ['source', 'code'],
  },
  'client:exit-failover': {
    when: 'an exit did not connect a stream, or brought nothing from its destination, and another may be asked',
    fields: ['source', 'exit', 'code', 'exitsAsked'],
  },
  'client:surb-starvation': {
    when: 'data was given up because the one who had to send it ran out of reply blocks',
    fields: ['source', 'side'],
  },
};

export const fieldDescriptions: Readonly<Record<FieldName, string>> = {
  source: 'random name of the `mixFetch` or client that tells this, of this process alone',
  id: 'number of the request, of its `source`',
  method: 'of the request',
  host: 'name of the destination: keyed with a random secret, or plain with `diagnostics: { hosts: "plain" }`; after redirects, of the last one',
  times: 'when each stage was reached, ms from the call',
  bytesSent: 'of HTTP, redirects and retries included',
  bytesReceived: 'of HTTP, as they came, redirects and retries included',
  redirects: 'followed',
  retries: 'of requests that a server lost together with an idle connection',
  reused: 'whether the connection had served before; unknown before there is one',
  exit: 'name of the exit, keyed with a random secret of the client, where there is one',
  exitsAsked: 'how many exits were asked to connect',
  status: 'of the answer, where there is one',
  complete: 'whether all of the body has come',
  code: 'code of the error; `aborted` by the signal of the caller, `other` for an error that is none of ours',
  state: '`connecting`, `connected`, `reconnecting` or `closed`',
  elapsed: 'how long that took, ms',
  failures: 'so far, one after the other',
  rotation: 'number of the key rotation, the same for everybody',
  side: '`exit`: an exit could send no answers; `here`: a message of ours could not be answered',
};

/**
 * Bounds on what a peer, a server or a hurried caller can make this package hold or do, all in one place. The list in the
 * README is printed from here; what happens at a limit is said where it is used.
 *
 * @module
 */

export interface Limit {
  readonly what: string;
  readonly value: number;
  /** Empty for a plain number. */
  readonly unit: 'bytes' | 'times' | '';
}

const KiB = 2 ** 10;
const MiB = 2 ** 20;

export const limits = {
  directoryAnswer: { what: 'one answer of the directory', value: 16 * MiB, unit: 'bytes' },
  directoryNodes: { what: 'nodes in one list of the directory', value: 10_000, unit: '' },
  directoryPages: { what: 'pages of one list of the directory', value: 100, unit: '' },
  layerNodes: { what: 'mix nodes in one layer', value: 1_000, unit: '' },
  nodeAddresses: { what: 'addresses of one node', value: 32, unit: '' },
  pointTables: { what: 'tables of 115 KiB to multiply the keys of nodes fast, in a process', value: 256, unit: '' },
  gatewayFrame: { what: 'one frame from the gateway', value: 256 * KiB, unit: 'bytes' },
  gatewayText: { what: 'one control message from the gateway', value: 64 * KiB, unit: 'bytes' },
  gatewayBuffer: { what: 'packets that the network has not taken yet', value: 8 * MiB, unit: 'bytes' },
  waitingBytes: { what: 'data accepted and not yet acknowledged', value: 64 * MiB, unit: 'bytes' },
  waitingMessages: { what: 'messages accepted and not yet acknowledged', value: 100_000, unit: '' },
  waitingPushes: {
    what: 'packets that a gateway has kept for a client, until it has come back',
    value: 40_000,
    unit: '',
  },
  unfinishedBytes: { what: 'fragments of unfinished messages', value: 64 * MiB, unit: 'bytes' },
  unfinishedSets: { what: 'sets of fragments that are unfinished', value: 4096, unit: '' },
  finishedSets: { what: 'finished sets remembered, of one sender', value: 16_384, unit: '' },
  replyKeysOfPseudonym: { what: 'keys of reply blocks given out, of one pseudonym', value: 8192, unit: '' },
  replyKeys: { what: 'keys of reply blocks given out', value: 131_072, unit: '' },
  coverUnderWay: { what: 'cover packets remembered until they come back', value: 2048, unit: '' },
  surbRequest: { what: 'reply blocks given for one request of a peer', value: 500, unit: '' },
  surbsOfSender: { what: 'reply blocks kept of one sender', value: 400, unit: '' },
  surbs: { what: 'reply blocks kept of all senders', value: 50_000, unit: '' },
  surbSenders: { what: 'senders whose reply blocks are kept', value: 4096, unit: '' },
  parkedFragments: { what: 'fragments that wait for reply blocks of one sender', value: 8192, unit: '' },
  unreadMessages: { what: 'messages that a program has not read yet', value: 16 * MiB, unit: 'bytes' },
  unheardMessages: { what: 'messages that came before anybody listened', value: 16 * MiB, unit: 'bytes' },
  storedRecord: { what: 'one record of a storage', value: 64 * KiB, unit: 'bytes' },
  exitSessions: { what: 'pseudonyms kept for exits while unused', value: 256, unit: '' },
  stalledExits: { what: 'exits remembered as having stalled, each for one destination', value: 256, unit: '' },
  streamUnacknowledgedBytes: {
    what: 'data of one stream sent and not yet acknowledged',
    value: 64 * KiB,
    unit: 'bytes',
  },
  streamUnacknowledgedMessages: { what: 'messages of one stream sent and not yet acknowledged', value: 500, unit: '' },
  peerUnacknowledgedMessages: {
    what: 'messages of one stream to another client sent and not yet acknowledged',
    value: 200,
    unit: '',
  },
  streamUnread: { what: 'data of one stream that nobody has read yet', value: 4 * MiB, unit: 'bytes' },
  incomingStreams: { what: 'streams that other clients have opened', value: 1024, unit: '' },
  incomingStreamsWaiting: { what: 'such streams that the program has not taken yet', value: 256, unit: '' },
  incomingStreamsUnread: { what: 'data of such streams', value: 16 * MiB, unit: 'bytes' },
  finishedStreams: { what: 'such streams remembered after their end', value: 4096, unit: '' },
  handshakeMessage: { what: 'one message of a TLS handshake', value: 64 * KiB, unit: 'bytes' },
  idleRecords: { what: 'TLS records in a row that carry no data', value: 32, unit: '' },
  certificates: { what: 'certificates that a server may send', value: 16, unit: '' },
  certificatePath: { what: 'certificates from the server’s to that of a trusted authority', value: 10, unit: '' },
  certificateSignatures: { what: 'signatures checked for one server’s certificate', value: 32, unit: '' },
  nameComparisons: { what: 'names compared with what authorities may issue for', value: 100_000, unit: '' },
  headerSection: { what: 'the headers of an answer', value: 64 * KiB, unit: 'bytes' },
  headerFields: { what: 'header fields of an answer', value: 200, unit: '' },
  chunkLine: { what: 'the line before a chunk', value: 4 * KiB, unit: 'bytes' },
  informationalAnswers: { what: 'informational answers before the real one', value: 16, unit: '' },
  redirects: { what: 'redirects in a row', value: 20, unit: '' },
  codings: { what: 'content codings of one body', value: 5, unit: '' },
  expansion: { what: 'what a coded body expands to, after the first 16 MiB', value: 200, unit: 'times' },
  verifiedBody: { what: 'a body checked against `integrity`', value: 64 * MiB, unit: 'bytes' },
  webSocketMessage: { what: 'one message that comes over a websocket', value: 16 * MiB, unit: 'bytes' },
  webSocketUnsent: { what: 'data that a websocket has not sent yet', value: 64 * MiB, unit: 'bytes' },
  dnsMessage: { what: 'one answer of a resolver', value: 64 * KiB, unit: 'bytes' },
  dnsRecords: { what: 'records in one answer of a resolver', value: 512, unit: '' },
  dnsAliases: { what: 'aliases from one name to the next', value: 16, unit: '' },
  waitingRequests: { what: 'requests that wait for a connection', value: 1024, unit: '' },
  socksConnections: { what: 'connections of programs to the SOCKS proxy', value: 1024, unit: '' },
  socksMessage: { what: 'one message of a SOCKS handshake', value: KiB, unit: 'bytes' },
  servicePrograms: { what: 'programs at the websocket service', value: 64, unit: '' },
  serviceRequest: { what: 'one request of a program to the websocket service', value: 16 * MiB, unit: 'bytes' },
  serviceMessages: {
    what: 'messages that wait for one program of the websocket service',
    value: 16 * MiB,
    unit: 'bytes',
  },
  serviceUnsentBytes: {
    what: 'data of one program that the websocket service has accepted and the mixnet not acknowledged',
    value: 16 * MiB,
    unit: 'bytes',
  },
  serviceUnsentMessages: { what: 'such messages of one program', value: 10_000, unit: '' },
  serviceAnswers: {
    what: 'answers of the websocket service that a program has not read yet',
    value: MiB,
    unit: 'bytes',
  },
} as const satisfies Record<string, Limit>;

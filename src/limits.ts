/**
 * Bounds on what a peer, a server or a hurried caller can make this package hold or do, all in one place. The list in the
 * README is printed from here, with the comments for texts; what happens at a limit is said where it is used.
 *
 * @module
 */

const KiB = 2 ** 10;
const MiB = 2 ** 20;

export const limits = {
  /** one answer of the directory, in bytes */
  directoryAnswer: 16 * MiB,
  /** nodes in one list of the directory */
  directoryNodes: 10_000,
  /** pages of one list of the directory */
  directoryPages: 100,
  /** mix nodes in one layer */
  layerNodes: 1_000,
  /** addresses of one node */
  nodeAddresses: 32,
  /** tables of 115 KiB to multiply the keys of nodes fast, in a process */
  pointTables: 256,
  /** one frame from the gateway, in bytes */
  gatewayFrame: 256 * KiB,
  /** one control message from the gateway, in bytes */
  gatewayText: 64 * KiB,
  /** packets that the network has not taken yet, in bytes */
  gatewayBuffer: 8 * MiB,
  /** data accepted and not yet acknowledged, in bytes */
  waitingBytes: 64 * MiB,
  /** messages accepted and not yet acknowledged */
  waitingMessages: 100_000,
  /** packets that a gateway has kept for a client, until it has come back */
  waitingPushes: 40_000,
  /** fragments of unfinished messages, in bytes */
  unfinishedBytes: 64 * MiB,
  /** sets of fragments that are unfinished */
  unfinishedSets: 4096,
  /** finished sets remembered, of one sender */
  finishedSets: 16_384,
  /** finished sets that a storage remembers */
  storedSets: 8192,
  /** keys of reply blocks given out, of one pseudonym */
  replyKeysOfPseudonym: 8192,
  /** keys of reply blocks given out */
  replyKeys: 131_072,
  /** cover packets remembered until they come back */
  coverUnderWay: 2048,
  /** reply blocks given for one request of a peer */
  surbRequest: 500,
  /** reply blocks kept of one sender */
  surbsOfSender: 400,
  /** reply blocks kept of all senders */
  surbs: 50_000,
  /** senders whose reply blocks are kept */
  surbSenders: 4096,
  /** fragments that wait for reply blocks of one sender */
  parkedFragments: 8192,
  /** messages that a program has not read yet, in bytes */
  unreadMessages: 16 * MiB,
  /** messages that came before anybody listened, in bytes */
  unheardMessages: 16 * MiB,
  /** one record of a storage, in bytes */
  storedRecord: 64 * KiB,
  /** pseudonyms kept for exits while unused */
  exitSessions: 256,
  /** exits remembered as having stalled, each for one destination */
  stalledExits: 256,
  /** data of one stream sent and not yet acknowledged, in bytes */
  streamUnacknowledgedBytes: 64 * KiB,
  /** messages of one stream sent and not yet acknowledged */
  streamUnacknowledgedMessages: 500,
  /** messages of one stream to another client sent and not yet acknowledged */
  peerUnacknowledgedMessages: 200,
  /** data of one stream that nobody has read yet, in bytes */
  streamUnread: 4 * MiB,
  /** streams that other clients have opened */
  incomingStreams: 1024,
  /** such streams that the program has not taken yet */
  incomingStreamsWaiting: 256,
  /** data of such streams, in bytes */
  incomingStreamsUnread: 16 * MiB,
  /** such streams remembered after their end */
  finishedStreams: 4096,
  /** one message of a TLS handshake, in bytes */
  handshakeMessage: 64 * KiB,
  /** TLS records in a row that carry no data */
  idleRecords: 32,
  /** certificates that a server may send */
  certificates: 16,
  /** certificates from the server’s to that of a trusted authority */
  certificatePath: 10,
  /** signatures checked for one server’s certificate */
  certificateSignatures: 32,
  /** names compared with what authorities may issue for */
  nameComparisons: 100_000,
  /** the headers of an answer, in bytes */
  headerSection: 64 * KiB,
  /** header fields of an answer */
  headerFields: 200,
  /** the line before a chunk, in bytes */
  chunkLine: 4 * KiB,
  /** informational answers before the real one */
  informationalAnswers: 16,
  /** redirects in a row */
  redirects: 20,
  /** content codings of one body */
  codings: 5,
  /** what a coded body expands to, after the first 16 MiB, as a factor */
  expansion: 200,
  /** a body checked against `integrity`, in bytes */
  verifiedBody: 64 * MiB,
  /** one message that comes over a websocket, in bytes */
  webSocketMessage: 16 * MiB,
  /** data that a websocket has not sent yet, in bytes */
  webSocketUnsent: 64 * MiB,
  /** one answer of a resolver, in bytes */
  dnsMessage: 64 * KiB,
  /** records in one answer of a resolver */
  dnsRecords: 512,
  /** aliases from one name to the next */
  dnsAliases: 16,
  /** requests that wait for a connection */
  waitingRequests: 1024,
  /** connections of programs to the SOCKS proxy */
  socksConnections: 1024,
  /** one message of a SOCKS handshake, in bytes */
  socksMessage: KiB,
  /** programs at the websocket service */
  servicePrograms: 64,
  /** one request of a program to the websocket service, in bytes */
  serviceRequest: 16 * MiB,
  /** messages that wait for one program of the websocket service, in bytes */
  serviceMessages: 16 * MiB,
  /** data of one program that the websocket service has accepted and the mixnet not acknowledged, in bytes */
  serviceUnsentBytes: 16 * MiB,
  /** such messages of one program */
  serviceUnsentMessages: 10_000,
  /** answers of the websocket service that a program has not read yet, in bytes */
  serviceAnswers: MiB,
} as const;

/**
 * Bounds on what a peer, a server or a hurried caller can make this package hold or do, all in one place. The list in the
 * README is printed from here, with the comments for texts; what happens at a limit is said where it is used. Each is a
 * constant of its own, so that a bundle takes the numbers it uses and no names.
 *
 * @module
 */

const KiB = 2 ** 10;
const MiB = 2 ** 20;

/** one answer of the directory, in bytes */
export const directoryAnswer = 16 * MiB;
/** nodes in one list of the directory */
export const directoryNodes = 10_000;
/** pages of one list of the directory */
export const directoryPages = 100;
/** mix nodes in one layer */
export const layerNodes = 1_000;
/** addresses of one node */
export const nodeAddresses = 32;
/** tables of 115 KiB to multiply the keys of nodes fast, in a process */
export const pointTables = 256;
/** one frame from the gateway, in bytes */
export const gatewayFrame = 256 * KiB;
/** one control message from the gateway, in bytes */
export const gatewayText = 64 * KiB;
/** packets that the network has not taken yet, in bytes */
export const gatewayBuffer = 8 * MiB;
/** data accepted and not yet acknowledged, in bytes */
export const waitingBytes = 64 * MiB;
/** messages accepted and not yet acknowledged */
export const waitingMessages = 100_000;
/** packets that a gateway has kept for a client, until it has come back */
export const waitingPushes = 40_000;
/** fragments of unfinished messages, in bytes */
export const unfinishedBytes = 64 * MiB;
/** sets of fragments that are unfinished */
export const unfinishedSets = 4096;
/** finished sets remembered, of one sender */
export const finishedSets = 16_384;
/** finished sets that a storage remembers */
export const storedSets = 8192;
/** keys of reply blocks given out, of one pseudonym */
export const replyKeysOfPseudonym = 8192;
/** keys of reply blocks given out */
export const replyKeys = 131_072;
/** cover packets remembered until they come back */
export const coverUnderWay = 2048;
/** reply blocks given for one request of a peer */
export const surbRequest = 500;
/** reply blocks kept of one sender */
export const surbsOfSender = 400;
/** reply blocks kept of all senders */
export const surbs = 50_000;
/** senders whose reply blocks are kept */
export const surbSenders = 4096;
/** fragments that wait for reply blocks of one sender */
export const parkedFragments = 8192;
/** messages that a program has not read yet, in bytes */
export const unreadMessages = 16 * MiB;
/** messages that came before anybody listened, in bytes */
export const unheardMessages = 16 * MiB;
/** one record of a storage, in bytes */
export const storedRecord = 64 * KiB;
/** pseudonyms kept for exits while unused */
export const exitSessions = 256;
/** exits remembered as having stalled, each for one destination */
export const stalledExits = 256;
/** data of one stream sent and not yet acknowledged, in bytes */
export const streamUnacknowledgedBytes = 64 * KiB;
/** messages of one stream sent and not yet acknowledged */
export const streamUnacknowledgedMessages = 500;
/** messages of one stream to another client sent and not yet acknowledged */
export const peerUnacknowledgedMessages = 200;
/** data of one stream that nobody has read yet, in bytes */
export const streamUnread = 4 * MiB;
/** streams that other clients have opened */
export const incomingStreams = 1024;
/** such streams that the program has not taken yet */
export const incomingStreamsWaiting = 256;
/** data of such streams, in bytes */
export const incomingStreamsUnread = 16 * MiB;
/** such streams remembered after their end */
export const finishedStreams = 4096;
/** one message of a TLS handshake, in bytes */
export const handshakeMessage = 64 * KiB;
/** TLS records in a row that carry no data */
export const idleRecords = 32;
/** certificates that a server may send */
export const certificates = 16;
/** certificates from the server’s to that of a trusted authority */
export const certificatePath = 10;
/** signatures checked for one server’s certificate */
export const certificateSignatures = 32;
/** names compared with what authorities may issue for */
export const nameComparisons = 100_000;
/** the headers of an answer, in bytes */
export const headerSection = 64 * KiB;
/** header fields of an answer */
export const headerFields = 200;
/** the line before a chunk, in bytes */
export const chunkLine = 4 * KiB;
/** informational answers before the real one */
export const informationalAnswers = 16;
/** redirects in a row */
export const redirects = 20;
/** content codings of one body */
export const codings = 5;
/** what a coded body expands to, after the first 16 MiB, as a factor */
export const expansion = 200;
/** a body checked against `integrity`, in bytes */
export const verifiedBody = 64 * MiB;
/** one message that comes over a websocket, in bytes */
export const webSocketMessage = 16 * MiB;
/** data that a websocket has not sent yet, in bytes */
export const webSocketUnsent = 64 * MiB;
/** one answer of a resolver, in bytes */
export const dnsMessage = 64 * KiB;
/** records in one answer of a resolver */
export const dnsRecords = 512;
/** aliases from one name to the next */
export const dnsAliases = 16;
/** requests that wait for a connection */
export const waitingRequests = 1024;
/** connections of programs to the SOCKS proxy */
export const socksConnections = 1024;
/** one message of a SOCKS handshake, in bytes */
export const socksMessage = KiB;
/** programs at the websocket service */
export const servicePrograms = 64;
/** one request of a program to the websocket service, in bytes */
export const serviceRequest = 16 * MiB;
/** messages that wait for one program of the websocket service, in bytes */
export const serviceMessages = 16 * MiB;
/** data of one program that the websocket service has accepted and the mixnet not acknowledged, in bytes */
export const serviceUnsentBytes = 16 * MiB;
/** such messages of one program */
export const serviceUnsentMessages = 10_000;
/** answers of the websocket service that a program has not read yet, in bytes */
export const serviceAnswers = MiB;

/** Streams from client to client. */

export { decodePeerFrame, encodePeerFrame, FRAME_HEADER_BYTES, type PeerFrame, type StreamId } from './frame.ts';
export { type DialOptions, type PeerCore, type PeerMessage, PeerStreams } from './peer-streams.ts';

/**
 * HTTP/1.1 (RFC 9112) as bytes in, bytes out: no sockets, no timers.
 *
 * @module
 */

export { maxChunkLineBytes } from './chunked-body.ts';
export { maxFields, maxSectionBytes } from './field-section.ts';
export { type Field, fieldValues, isFieldValue, isToken, listMembers } from './grammar.ts';
export { encodeChunk, encodeLastChunk, encodeRequestHead, type RequestHead } from './request-writer.ts';
export {
  maxInformationalResponses,
  type ResponseBody,
  type ResponseEnd,
  type ResponseEvent,
  type ResponseHead,
  ResponseReader,
} from './response-reader.ts';
export { type UpgradeAnswer, UpgradeReader } from './upgrade-reader.ts';

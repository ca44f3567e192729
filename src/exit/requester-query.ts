/** What a client may ask a network requester about itself (nymtech/nym `common/socks5/requests/src/{request,response}.rs`). */

import { BincodeReader, BincodeWriter } from '../bincode.ts';
import { MixnetError } from '../errors.ts';
import { type ExitPolicy, formatAddressPattern, type PolicyRule, parseAddressPattern } from './policy.ts';

export type RequesterQuery = 'open-proxy' | 'description' | 'exit-policy';

export type RequesterAnswer =
  | { readonly about: 'open-proxy'; readonly open: boolean }
  | { readonly about: 'description'; readonly text: string }
  | {
      readonly about: 'exit-policy';
      readonly enabled: boolean;
      /** Where the policy was fetched from; may be empty. */
      readonly upstream: string;
      readonly policy?: ExitPolicy;
    }
  | { readonly about: 'error'; readonly text: string };

export function encodeQuery(query: RequesterQuery): Uint8Array {
  return new BincodeWriter('big-endian').uint(QUERIES.indexOf(query)).finish();
}

export function decodeQuery(bytes: Uint8Array): RequesterQuery {
  const reader = readerOf(bytes);
  const query = QUERIES[reader.uint(MAX_VARIANT)];
  if (query === undefined) throw malformed('has an unknown variant');
  reader.end();
  return query;
}

export function encodeAnswer(answer: RequesterAnswer): Uint8Array {
  const writer = new BincodeWriter('big-endian').uint(ANSWERS.indexOf(answer.about));
  switch (answer.about) {
    case 'open-proxy':
      return writer.bool(answer.open).finish();
    case 'description':
    case 'error':
      return writer.string(answer.text).finish();
    case 'exit-policy':
      writer.bool(answer.enabled).string(answer.upstream);
      writer.option(answer.policy, policy => writer.vector(policy, rule => writeRule(writer, rule)));
      return writer.finish();
  }
}

export function decodeAnswer(bytes: Uint8Array): RequesterAnswer {
  const reader = readerOf(bytes);
  const about = ANSWERS[reader.uint(MAX_VARIANT)];
  if (about === undefined) throw malformed('has an unknown variant');
  const answer = readAnswer(about, reader);
  reader.end();
  return answer;
}

/** In the order of their variant numbers. */
const QUERIES: readonly RequesterQuery[] = ['open-proxy', 'description', 'exit-policy'];
const ANSWERS: readonly RequesterAnswer['about'][] = ['open-proxy', 'description', 'exit-policy', 'error'];
const ACTIONS: readonly PolicyRule['action'][] = ['accept', 'reject', 'accept6', 'reject6'];
const MAX_VARIANT = 0xffff_ffff;
const HIGHEST_PORT = 0xffff;

function readAnswer(about: RequesterAnswer['about'], reader: BincodeReader): RequesterAnswer {
  switch (about) {
    case 'open-proxy':
      return { about, open: reader.bool() };
    case 'description':
    case 'error':
      return { about, text: reader.string() };
    case 'exit-policy': {
      const enabled = reader.bool();
      const upstream = reader.string();
      const policy = reader.option(() => reader.vector(() => readRule(reader)));
      return { about, enabled, upstream, ...(policy && { policy }) };
    }
  }
}

function readRule(reader: BincodeReader): PolicyRule {
  const action = ACTIONS[reader.uint(MAX_VARIANT)];
  if (action === undefined) throw malformed('has an unknown variant');
  const addresses = parseAddressPattern(reader.string());
  const start = reader.uint(HIGHEST_PORT);
  const end = reader.uint(HIGHEST_PORT);
  return { action, addresses, ports: { start, end } };
}

function writeRule(writer: BincodeWriter, { action, addresses, ports }: PolicyRule): void {
  writer.uint(ACTIONS.indexOf(action)).string(formatAddressPattern(addresses)).uint(ports.start).uint(ports.end);
}

function readerOf(bytes: Uint8Array): BincodeReader {
  return new BincodeReader(bytes, 'big-endian', malformed);
}

function malformed(how: string, cause?: unknown): MixnetError {
  return new MixnetError('ERR_MIX_EXIT_MALFORMED', { message: `A query message ${how}.`, cause });
}

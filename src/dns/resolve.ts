/** One name, one or two questions, one resolver after the other. */

import { MixnetError } from '../errors.ts';
import { type MixFetch, mixFetch } from '../index.ts';
import { formatIpAddress, parseIpAddress } from '../ip-address.ts';
import * as limits from '../limits.ts';
import { checkOptionNames } from '../option-names.ts';
import type { Milliseconds } from '../platform/platform.ts';
import { malformed, resolverFailed } from './failures.ts';
import { type DnsAnswer, decodeAnswer, encodeQuery, normalName, type RawRecord, recordTypes } from './message.ts';
import { asciiName, encodeName } from './name.ts';

export type DnsRecordType = keyof typeof recordTypes;

export interface DnsRecord {
  /** Whose it is: the name asked for, or the one that its aliases end at. In lower case, without the dot at the end. */
  readonly name: string;
  readonly type: DnsRecordType;
  /** Seconds for which it holds: the least of its own and of those of the aliases on the way. */
  readonly ttl: number;
  /** An IP address, a name, or the text of a TXT record. */
  readonly data: string;
}

export interface MixDNSOptions {
  /** Default: `A` and `AAAA`, asked at once. */
  readonly type?: DnsRecordType | undefined;
  /**
   * URLs of DNS over HTTPS (RFC 8484), asked one after the other until one answers: each that is asked learns the name.
   * Default: `defaultResolvers`.
   */
  readonly resolvers?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How long one resolver may take, from the connected client on, ms. Default 30 000. */
  readonly timeout?: Milliseconds | undefined;
  /**
   * Questions of different strings share no pseudonym and no connection; nor do those for different names, in any case, so
   * that a resolver cannot tell that one client asks for both. Default: the empty string.
   */
  readonly isolation?: string | undefined;
  /** By which they are asked. Default: the shared `mixFetch`. */
  readonly fetch?: MixFetch | undefined;
}

/** By address, so that the exit need not look up the resolver; both answer over HTTP/1.1. */
export const defaultResolvers: readonly string[] = ['https://1.1.1.1/dns-query', 'https://8.8.8.8/dns-query'];

/**
 * The records of a name, by DNS over HTTPS through the mixnet, and never from this machine. None if the name has none of the
 * type. Rejects with a `MixnetError` (`ERR_MIX_DNS_NO_NAME` if there is no such name, `ERR_MIX_DNS_FAILED` with the last
 * failure as its cause, or that of a client which could not be connected), with the reason of the signal, or with a
 * TypeError that names the argument at fault.
 *
 * Names below `localhost`, `local` and `onion` are asked of nobody (RFC 6761, RFC 6762, RFC 7686), and do not exist here.
 */
export async function mixDNS(name: string, options: MixDNSOptions = {}): Promise<DnsRecord[]> {
  const { signal, resolvers = defaultResolvers, timeout = 30_000, isolation = '', fetch = mixFetch } = options;
  const asked = nameOf(name);
  checkOptions(options);
  signal?.throwIfAborted();
  if (/(^|\.)(localhost|local|onion)$/.test(asked)) throw new MixnetError('ERR_MIX_DNS_NO_NAME');
  await fetch.ready({ signal });
  const types = options.type === undefined ? (['A', 'AAAA'] as const) : [options.type];
  // JSON keeps the two apart, whatever they hold.
  const mixnet = { isolation: JSON.stringify([isolation, 'dns', asked]), timeouts: { total: timeout } };
  let failure: unknown;
  for (const resolver of resolvers) {
    try {
      return await together(signal, all =>
        types.map(type => ask(fetch, resolver, asked, type, { signal: all, mixnet })),
      );
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof MixnetError && error.code === 'ERR_MIX_DNS_NO_NAME') throw error;
      failure = error;
    }
  }
  throw new MixnetError('ERR_MIX_DNS_FAILED', { cause: failure });
}

/** When one fails, the others are given up. */
async function together<T>(
  signal: AbortSignal | undefined,
  begin: (signal: AbortSignal) => readonly Promise<readonly T[]>[],
): Promise<T[]> {
  const over = new AbortController();
  const all = begin(signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]));
  try {
    return (await Promise.all(all)).flat();
  } catch (error) {
    over.abort();
    throw error;
  }
}

type Init = Pick<NonNullable<Parameters<MixFetch>[1]>, 'signal' | 'mixnet'>;

async function ask(
  fetch: MixFetch,
  resolver: string,
  name: string,
  type: DnsRecordType,
  init: Init,
): Promise<DnsRecord[]> {
  const response = await fetch(resolver, {
    ...init,
    method: 'POST',
    headers: { accept: MEDIA_TYPE, 'content-type': MEDIA_TYPE },
    body: encodeQuery(name, recordTypes[type]),
    // Another resolver than the one that was chosen would learn the name.
    redirect: 'error',
  }).catch(error => {
    throw error instanceof TypeError && error.cause instanceof MixnetError ? error.cause : error;
  });
  const bytes = await bodyOf(response);
  if (response.status !== 200) throw resolverFailed(`it answered with status ${response.status}`);
  if (response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() !== MEDIA_TYPE) {
    throw malformed('it has another media type');
  }
  return recordsOf(decodeAnswer(bytes, name, recordTypes[type]), name, type);
}

const MEDIA_TYPE = 'application/dns-message';

async function bodyOf(response: Response): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (let read = await reader?.read(); read !== undefined && !read.done; read = await reader?.read()) {
    length += read.value.length;
    pieces.push(read.value);
    if (length <= limits.dnsMessage) continue;
    const error = malformed('it is too long');
    await reader?.cancel(error);
    throw error;
  }
  return new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
}

/** RFC 1034, section 3.6.2: from alias to alias within the answer, and then the records of the type. */
export function recordsOf({ rcode, truncated, records }: DnsAnswer, name: string, type: DnsRecordType): DnsRecord[] {
  if (rcode === NAME_ERROR) throw new MixnetError('ERR_MIX_DNS_NO_NAME');
  if (rcode !== 0) throw resolverFailed(rcode === SERVER_FAILURE ? 'SERVFAIL' : `response code ${rcode}`);
  if (truncated) throw malformed('it is cut off');
  let owner = normalName(name);
  let ttl = Number.POSITIVE_INFINITY;
  for (let aliases = 0; type !== 'CNAME'; aliases++) {
    const alias = records.find(record => record.type === recordTypes.CNAME && record.name === owner);
    if (alias?.target === undefined) break;
    if (aliases === limits.dnsAliases) throw malformed('its aliases lead in a circle, or too far');
    owner = alias.target;
    ttl = Math.min(ttl, alias.ttl);
  }
  return records
    .filter(record => record.type === recordTypes[type] && record.name === owner)
    .map(record => ({ name: owner, type, ttl: Math.min(ttl, record.ttl), data: dataOf(record, type) }));
}

const [SERVER_FAILURE, NAME_ERROR] = [2, 3];

function dataOf({ data, target }: RawRecord, type: DnsRecordType): string {
  if (type === 'A' || type === 'AAAA') {
    if (data.length !== (type === 'A' ? 4 : 16)) throw malformed('an address has a wrong length');
    return formatIpAddress(data);
  }
  return type === 'TXT' ? textOf(data) : (target ?? '');
}

/** RFC 1035, section 3.3.14: strings, each after its length. */
function textOf(data: Uint8Array): string {
  const bytes: number[] = [];
  for (let at = 0; at < data.length; ) {
    const end = at + 1 + (data[at] ?? 0);
    if (end > data.length) throw malformed('a text is longer than its record');
    bytes.push(...data.subarray(at + 1, end));
    at = end;
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/** @throws TypeError for what is no name */
function nameOf(name: unknown): string {
  if (typeof name !== 'string') throw new TypeError('The first argument must be a domain name.');
  const ascii = normalName(asciiName(name));
  if (parseIpAddress(ascii.replace(/^\[(.*)\]$/, '$1')) !== undefined) {
    throw new TypeError('The first argument is an address already.');
  }
  encodeName(ascii);
  return ascii;
}

/** @throws TypeError naming the option that does not exist, or has a value it cannot have. */
function checkOptions(options: MixDNSOptions): void {
  checkOptionNames(options, optionNames);
  const { type, resolvers, timeout, isolation, fetch, signal } = options;
  if (type !== undefined && !Object.hasOwn(recordTypes, type))
    throw invalid('type', Object.keys(recordTypes).join(', '));
  if (resolvers !== undefined && !(Array.isArray(resolvers) && resolvers.length > 0 && resolvers.every(isUrl))) {
    throw invalid('resolvers', 'URLs of https');
  }
  if (timeout !== undefined && !(timeout > 0)) throw invalid('timeout', 'a number of milliseconds above zero');
  if (isolation !== undefined && typeof isolation !== 'string') throw invalid('isolation', 'a string');
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid('signal', 'an AbortSignal');
  if (fetch !== undefined && (typeof fetch !== 'function' || typeof fetch.ready !== 'function')) {
    throw invalid('fetch', 'a mixFetch');
  }
}

const optionNames = ['type', 'resolvers', 'signal', 'timeout', 'isolation', 'fetch'];

/** Not of http: the exit would read the names, and could answer what it likes. */
function isUrl(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value) && new URL(value).protocol === 'https:';
}

function invalid(option: string, what: string): TypeError {
  return new TypeError(`The option "${option}" must be ${what}.`);
}

/** The directory of the network (Nym calls it nym-api), at one URL or at several that stand in for each other. */

import { MixnetError } from '../errors.ts';
import type { Platform } from '../platform/platform.ts';
import { agree, assembleTopology, gatewaysOf, NodeKeys, type NodeList } from './assemble.ts';
import { type Answer, askDirectory, contentOf, type ReadBincode } from './directory-request.ts';
import { type ExitDescription, parseDescribedPage, withPerformance } from './exits.ts';
import { type KeyRotation, parseKeyRotation } from './key-rotation.ts';
import { allPages } from './pages.ts';
import { parseRewardedSet } from './rewarded-set.ts';
import { readSkimmedBincode } from './skimmed-bincode.ts';
import { parseSkimmedPage, sameState } from './skimmed-nodes.ts';
import type { GatewayNode, Topology } from './topology.ts';

/** The live network, from `nymtech/nym common/network-defaults/src/mainnet.rs`: the first that answers is used. */
export const DEFAULT_DIRECTORY_URLS: readonly string[] = [
  'https://validator.nymtech.net/api',
  'https://nym-frontdoor.global.ssl.fastly.net/api',
  'https://cdn1.media-platform.net/api',
];

export interface DirectoryOptions {
  /** Base URLs, `https:` or `http:`, with or without a slash at the end. */
  readonly urls: readonly string[];
  readonly platform: Platform;
}

interface Cancellable {
  readonly signal?: AbortSignal;
}

/** Asks the one URL that an operation is about. */
type Ask = (path: string, readBincode?: ReadBincode) => Promise<Answer>;

/** Which of several failures is worth telling: the directory that answered knows more than the one that did not. */
const tellingFirst = ['ERR_MIX_DIRECTORY_UNUSABLE', 'ERR_MIX_DIRECTORY_MALFORMED', 'ERR_MIX_DIRECTORY_UNREACHABLE'];

/**
 * Every method asks one URL for all it needs, so that the parts fit each other, and if that fails the next; the one that
 * answered is asked first the next time. When all have failed it rejects with ERR_MIX_DIRECTORY_UNREACHABLE, _MALFORMED or
 * _UNUSABLE. Every request has a deadline of 30 s.
 */
export class Directory {
  readonly #platform: Platform;
  readonly #keys = new NodeKeys();
  #bases: readonly string[];

  /** Throws a `TypeError` for what is no URL of a directory. */
  constructor({ urls, platform }: DirectoryOptions) {
    if (urls.length === 0) throw new TypeError('a directory needs at least one URL');
    this.#bases = urls.map(baseOf);
    this.#platform = platform;
  }

  topology({ signal }: Cancellable = {}): Promise<Topology> {
    return this.#fromAny(signal, async ask => {
      const refresh = () =>
        Promise.all([
          ask('v1/nym-nodes/rewarded-set').then(answer => parseRewardedSet(contentOf(answer))),
          nodesIn('skimmed/mixnodes/active', ask),
          nodesIn('skimmed/entry-gateways', ask),
        ]);
      let [rewardedSet, mixNodes, gateways] = await refresh();
      // The epoch changed between one answer and the other.
      if (!agree(mixNodes, gateways)) [rewardedSet, mixNodes, gateways] = await refresh();
      this.#keys.nextGeneration();
      return assembleTopology({ rewardedSet, mixNodes, gateways }, this.#keys);
    });
  }

  /** The gateways that take clients, of any performance. */
  entryGateways({ signal }: Cancellable = {}): Promise<readonly GatewayNode[]> {
    return this.#fromAny(signal, async ask =>
      gatewaysOf(await nodesInBincode('skimmed/entry-gateways', ask), this.#keys),
    );
  }

  keyRotation({ signal }: Cancellable = {}): Promise<KeyRotation> {
    return this.#fromAny(signal, async ask => parseKeyRotation(contentOf(await ask('v1/epoch/key-rotation-info'))));
  }

  /** The nodes that run a network requester, of any performance. */
  exits({ signal }: Cancellable = {}): Promise<readonly ExitDescription[]> {
    return this.#fromAny(signal, async ask => {
      const [exits, nodes] = await Promise.all([described(ask), nodesInBincode('skimmed', ask)]);
      return withPerformance(exits, nodes.items);
    });
  }

  async #fromAny<T>(signal: AbortSignal | undefined, operation: (ask: Ask) => Promise<T>): Promise<T> {
    const errors: MixnetError[] = [];
    for (const base of this.#bases) {
      try {
        const result = await this.#from(base, signal, operation);
        this.#bases = [base, ...this.#bases.filter(other => other !== base)];
        return result;
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof MixnetError)) throw error;
        errors.push(error);
      }
    }
    const rank = (error: MixnetError) => tellingFirst.indexOf(error.code);
    throw errors.reduce((telling, error) => (rank(error) < rank(telling) ? error : telling));
  }

  /** The first request that fails takes the others with it. */
  async #from<T>(base: string, signal: AbortSignal | undefined, operation: (ask: Ask) => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    const together = new AbortController();
    const passOn = () => together.abort(signal?.reason);
    signal?.addEventListener('abort', passOn, { once: true });
    try {
      return await operation((path, readBincode) =>
        askDirectory(`${base}/${path}`, { platform: this.#platform, signal: together.signal, readBincode }),
      );
    } finally {
      signal?.removeEventListener('abort', passOn);
      together.abort();
    }
  }
}

function nodesIn(list: string, ask: Ask): Promise<NodeList> {
  return allPages(async page => parseSkimmedPage(contentOf(await ask(`${NODES}/${list}?page=${page}`))), sameState);
}

/**
 * Lists that Nym's clients ask for in bincode are asked for as they ask. Nothing can be added to that form without breaking
 * them; should it be changed all the same, the list is there in JSON too.
 */
async function nodesInBincode(list: string, ask: Ask): Promise<NodeList> {
  let inBincode = false;
  const read = (body: Uint8Array) => {
    inBincode = true;
    return readSkimmedBincode(body);
  };
  const fetchPage = async (page: number) =>
    parseSkimmedPage(contentOf(await ask(`${NODES}/${list}?page=${page}&output=bincode`, read)));
  try {
    return await allPages(fetchPage, sameState);
  } catch (error) {
    const isMalformed = error instanceof MixnetError && error.code === 'ERR_MIX_DIRECTORY_MALFORMED';
    if (inBincode && isMalformed) return nodesIn(list, ask);
    throw error;
  }
}

const NODES = 'v2/unstable/nym-nodes';

/** A directory that does not know version 2 of the list has version 1, the same but for fields that are not read. */
async function described(ask: Ask) {
  let version = 'v2';
  const fetchPage = async (page: number) => {
    const path = `nym-nodes/described?page=${page}`;
    let answer = await ask(`${version}/${path}`);
    if (page === 0 && answer.content === undefined) {
      version = 'v1';
      answer = await ask(`${version}/${path}`);
    }
    return parseDescribedPage(contentOf(answer));
  };
  return (await allPages(fetchPage, () => true)).items;
}

function baseOf(url: string, index: number): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const proper =
    parsed !== undefined &&
    (parsed.protocol === 'https:' || parsed.protocol === 'http:') &&
    parsed.username === '' &&
    parsed.search === '' &&
    parsed.hash === '';
  if (!proper)
    throw new TypeError(`directory URL ${index + 1} is not an http or https URL without user, query or hash`);
  return parsed.href.replace(/\/+$/, '');
}

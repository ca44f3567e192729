import { equalBytes } from '../crypto/bytes.ts';
import { type Diagnostics, failureCodeOf } from '../diagnostics/index.ts';
import { MixnetError } from '../errors.ts';
import { type Admission, GatewayLink, type LinkState } from '../gateway/index.ts';
import type { IdentityKey } from '../message/index.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import type { ClientRecord } from '../storage/index.ts';
import { chooseGateway, type Directory, type GatewayNode, type Topology, urlOfGateway } from '../topology/index.ts';
import { type ClientKeys, clientKeysOf, generateClientKeys } from './client-keys.ts';
import { withDeadline } from './deadline.ts';

export interface StartUpOptions {
  readonly platform: Platform;
  readonly directory: Directory;
  /** Identity of the only gateway to try. Default: any, and another when one does not take us. */
  readonly gateway: Uint8Array | undefined;
  /** Only gateways with `wss:`. */
  readonly secure: boolean;
  readonly diagnostics?: Diagnostics | undefined;
  /** A client that was here before: it comes back as it was, by its own gateway or not at all. */
  readonly kept: ClientRecord | undefined;
  /** What the link asks when its gateway does not come back. */
  readonly presentUrl: (gateway: Uint8Array) => string | undefined;
  readonly on: { push(bytes: Uint8Array): void; state(state: LinkState): void; admitted(admission: Admission): void };
}

/** A registered client with a way in and a view of the network. */
export interface Entrance {
  readonly keys: ClientKeys;
  readonly gateway: IdentityKey;
  readonly link: GatewayLink;
  readonly topology: Topology;
}

/** Enters the network: topology and gateway at the same time. A failure of either ends the other, and leaves nothing. */
export async function startUp(options: StartUpOptions, signal: AbortSignal): Promise<Entrance> {
  const together = new AbortController();
  const passOn = () => together.abort(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener('abort', passOn, { once: true });
  try {
    const topology = options.directory.topology({ signal: together.signal });
    const entering =
      options.kept === undefined
        ? enterAny(options, topology, together.signal)
        : enterAgain(options, options.kept, topology, together.signal);
    const [entrance] = await Promise.all([entering, topology]);
    return entrance;
  } catch (error) {
    together.abort(error);
    throw error;
  } finally {
    signal.removeEventListener('abort', passOn);
  }
}

/** One gateway after the other, never two at once: each learns that we are here. */
async function enterAny(options: StartUpOptions, topology: Promise<Topology>, signal: AbortSignal): Promise<Entrance> {
  const { platform, gateway: identity, secure } = options;
  const asked = options.directory.entryGateways({ signal });
  // While that takes its time, there is some for what takes a page its own.
  let keys = generateClientKeys(platform.randomBytes);
  let candidates = await asked;
  const errors: unknown[] = [];
  while (errors.length < MAX_GATEWAYS) {
    let chosen: ReturnType<typeof chooseGateway>;
    try {
      const named = identity === undefined ? {} : { identity };
      chosen = chooseGateway(candidates, { ...named, secure, random: platform.randomBytes });
    } catch (error) {
      throw errors.length === 0 ? error : allFailed(errors);
    }
    try {
      const ms = identity === undefined ? ATTEMPT_MS : ONLY_ATTEMPT_MS;
      return await enter(options, { gateway: chosen, keys, ms }, topology, signal);
    } catch (error) {
      if (signal.aborted || !isGatewaysFault(error)) throw error;
      errors.push(error);
      const failures = errors.length;
      options.diagnostics?.emit('client:gateway-failed', () => ({ code: failureCodeOf(error), failures }));
      if (identity !== undefined) throw error;
      candidates = without(candidates, chosen.identity);
      // Others for each gateway, so that those that refuse cannot tell that it was the same client.
      keys = generateClientKeys(platform.randomBytes);
    }
  }
  throw allFailed(errors);
}

/** By the gateway that the client is registered with, and no other: where it was, else where the directory says it is. */
async function enterAgain(
  options: StartUpOptions,
  kept: ClientRecord,
  topology: Promise<Topology>,
  signal: AbortSignal,
): Promise<Entrance> {
  const { platform, directory, secure } = options;
  const { identity, url: before } = kept.gateway;
  const keys = clientKeysOf(kept);
  const view = topology.then(known => withGateway(known, identity, directory, signal));
  view.catch(() => {}); // told by whoever waits for it
  let failures = 0;
  const again = async (url: string, ms: Milliseconds) => {
    try {
      return await enter(options, { gateway: { identity, url }, keys, ms, kept }, view, signal);
    } catch (error) {
      if (signal.aborted || !isGatewaysFault(error)) throw error;
      failures += 1;
      options.diagnostics?.emit('client:gateway-failed', () => ({ code: failureCodeOf(error), failures }));
      throw error;
    }
  };
  let failure: unknown;
  const isRecent = Math.abs(platform.wallTime() - kept.gateway.urlSeenAt) < URL_LIFETIME_MS;
  if (isRecent && !(secure && before.startsWith('ws:'))) {
    try {
      return await again(before, KEPT_ATTEMPT_MS);
    } catch (error) {
      if (signal.aborted || !isGatewaysFault(error)) throw error;
      failure = error;
    }
  }
  const now = urlOfGateway((await view).gateways, identity, secure);
  if (now === undefined) throw new MixnetError('ERR_MIX_GATEWAY_UNKNOWN', { message: GONE, cause: failure });
  if (now === before && failure !== undefined) throw failure;
  return again(now, ONLY_ATTEMPT_MS);
}

/** One that is left out, of a list made by performance, still serves its clients. */
async function withGateway(
  topology: Topology,
  gateway: Uint8Array,
  directory: Directory,
  signal: AbortSignal,
): Promise<Topology> {
  if (topology.findNode(gateway) !== undefined) return topology;
  const own = (await directory.entryGateways({ signal })).find(({ identity }) => equalBytes(identity, gateway));
  return own === undefined ? topology : topology.withGateway(own);
}

interface Attempt {
  readonly gateway: { readonly identity: Uint8Array; readonly url: string };
  readonly keys: ClientKeys;
  readonly ms: Milliseconds;
  readonly kept?: ClientRecord;
}

async function enter(
  { platform, on, presentUrl }: StartUpOptions,
  { gateway, keys, ms, kept }: Attempt,
  topology: Promise<Topology>,
  signal: AbortSignal,
): Promise<Entrance> {
  const link = new GatewayLink({
    platform,
    gateway,
    identity: keys.identity,
    ...(kept !== undefined && { registration: kept }),
    presentUrl: () => presentUrl(gateway.identity),
    on,
  });
  try {
    const error = () => new MixnetError('ERR_MIX_GATEWAY_UNREACHABLE');
    await withDeadline(platform, { ms, error, signal }, limited => link.connect({ signal: limited }));
    const view = await topology;
    signal.throwIfAborted();
    checkWayBack(view, gateway.identity, platform);
    return { keys, gateway: gateway.identity as IdentityKey, link, topology: view };
  } catch (error) {
    link.close();
    throw error;
  }
}

/** An operator may announce a key that nothing can be encrypted to: nothing of ours would ever come back. */
function checkWayBack(topology: Topology, gateway: Uint8Array, { randomBytes }: Platform): void {
  try {
    topology.route(gateway, randomBytes);
  } catch (cause) {
    throw new MixnetError('ERR_MIX_GATEWAY_UNKNOWN', { cause });
  }
}

function isGatewaysFault(error: unknown): boolean {
  return error instanceof MixnetError && error.code.startsWith('ERR_MIX_GATEWAY_');
}

function allFailed(errors: readonly unknown[]): unknown {
  const [first] = errors;
  if (errors.length === 1) return first;
  const wantTickets = errors.every(error => error instanceof MixnetError && error.code === 'ERR_MIX_GATEWAY_TICKETS');
  return new MixnetError(wantTickets ? 'ERR_MIX_GATEWAY_TICKETS' : 'ERR_MIX_GATEWAY_UNREACHABLE', {
    message: `None of ${errors.length} gateways took this client.`,
    cause: new AggregateError(errors),
  });
}

function without(gateways: readonly GatewayNode[], identity: Uint8Array): readonly GatewayNode[] {
  return gateways.filter(gateway => gateway.identity.some((byte, i) => byte !== identity[i]));
}

const MAX_GATEWAYS = 5;
/** A kept URL that is older is not tried before the directory has been asked, as in Nym's Rust SDK. */
const URL_LIFETIME_MS: Milliseconds = 7 * 86_400_000;
/** A dead gateway must not cost the user's patience. */
const ATTEMPT_MS: Milliseconds = 10_000;
/** It may have moved since. */
const KEPT_ATTEMPT_MS: Milliseconds = 20_000;
/** There is no other to go to. */
const ONLY_ATTEMPT_MS: Milliseconds = 30_000;

const GONE =
  'The directory does not list the gateway that the stored client is registered with. Another one gives another address: ' +
  'to have that, remove what is stored.';

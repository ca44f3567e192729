import { type Diagnostics, failureCodeOf } from '../diagnostics/index.ts';
import { MixnetError } from '../errors.ts';
import { GatewayLink, type LinkState } from '../gateway/index.ts';
import type { IdentityKey } from '../message/index.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import { chooseGateway, type Directory, type GatewayNode, type Topology } from '../topology/index.ts';
import { type ClientKeys, generateClientKeys } from './client-keys.ts';
import { withDeadline } from './deadline.ts';

export interface StartUpOptions {
  readonly platform: Platform;
  readonly directory: Directory;
  /** Identity of the only gateway to try. Default: any, and another when one does not take us. */
  readonly gateway: Uint8Array | undefined;
  /** Only gateways with `wss:`. */
  readonly secure: boolean;
  readonly diagnostics?: Diagnostics | undefined;
  readonly on: { push(bytes: Uint8Array): void; state(state: LinkState): void };
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
    const [entrance] = await Promise.all([enterAny(options, topology, together.signal), topology]);
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
  let candidates = await options.directory.entryGateways({ signal });
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
      return await enter(options, chosen, topology, signal);
    } catch (error) {
      if (signal.aborted || !isGatewaysFault(error)) throw error;
      errors.push(error);
      const failures = errors.length;
      options.diagnostics?.emit('client:gateway-failed', () => ({ code: failureCodeOf(error), failures }));
      if (identity !== undefined) throw error;
      candidates = without(candidates, chosen.identity);
    }
  }
  throw allFailed(errors);
}

/** With keys of its own for each gateway, so that those that refuse cannot tell that it was the same client. */
async function enter(
  { platform, gateway: named, on }: StartUpOptions,
  gateway: { readonly identity: Uint8Array; readonly url: string },
  topology: Promise<Topology>,
  signal: AbortSignal,
): Promise<Entrance> {
  const keys = generateClientKeys(platform.randomBytes);
  const link = new GatewayLink({ platform, gateway, identity: keys.identity, on });
  try {
    await withDeadline(
      platform,
      {
        ms: named === undefined ? ATTEMPT_MS : ONLY_ATTEMPT_MS,
        error: () => new MixnetError('ERR_MIX_GATEWAY_UNREACHABLE'),
        signal,
      },
      limited => link.connect({ signal: limited }),
    );
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
/** A dead gateway must not cost the user's patience. */
const ATTEMPT_MS: Milliseconds = 10_000;
/** There is no other to go to. */
const ONLY_ATTEMPT_MS: Milliseconds = 30_000;

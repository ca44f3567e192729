/**
 * The exit policy: which addresses and ports an exit lets through (nymtech/nym `common/exit-policy`). A text of lines
 *
 *     ExitPolicy <accept|reject|accept6|reject6> <addresses>:<ports>
 *
 * where the first matching line decides. The grammar is Tor's, but for one thing: the "6" actions match IPv4 as well.
 */

import { MixnetError } from '../errors.ts';
import { formatIpAddress, type IpAddress, isWithin, parseIpAddress } from '../ip-address.ts';

export type PolicyAction = 'accept' | 'reject' | 'accept6' | 'reject6';

export type AddressPattern = '*' | '*4' | '*6' | { readonly prefix: IpAddress; readonly bits: number };

/** Inclusive. 0–0 stands for protocols without ports. */
export interface PortRange {
  readonly start: number;
  readonly end: number;
}

export interface PolicyRule {
  readonly action: PolicyAction;
  readonly addresses: AddressPattern;
  readonly ports: PortRange;
}

export type ExitPolicy = readonly PolicyRule[];

/** Comments and blank lines are skipped. Throws `ERR_MIX_EXIT_MALFORMED` at the first line that is no rule. */
export function parseExitPolicy(text: string): ExitPolicy {
  const rules: PolicyRule[] = [];
  for (const line of text.split('\n')) {
    const entry = (line.split('#', 1)[0] ?? '').trim();
    if (entry === '') continue;
    if (!entry.startsWith(PREFIX)) throw malformed('a line that does not start with ExitPolicy');
    rules.push(parseRule(entry.slice(PREFIX.length).trim()));
  }
  return rules;
}

export function formatExitPolicy(policy: ExitPolicy): string {
  return policy
    .map(rule => `${PREFIX} ${rule.action} ${formatAddressPattern(rule.addresses)}:${formatPorts(rule.ports)}`)
    .join('\n');
}

/** `undefined` if no rule speaks of that address and port; an exit treats it as a refusal. */
export function policyAllows(policy: ExitPolicy, ip: string, port: number): boolean | undefined {
  const address = parseIpAddress(ip);
  if (address === undefined) throw new TypeError('not an IP literal');
  const rule = policy.find(rule => matches(rule, address, port));
  return rule && (rule.action === 'accept' || rule.action === 'accept6');
}

/** `*`, `*4`, `*6`, or an address with or without a mask; IPv6 with or without brackets. */
export function parseAddressPattern(text: string): AddressPattern {
  const slash = text.indexOf('/');
  const ip = slash === -1 ? text : text.slice(0, slash);
  const mask = slash === -1 ? undefined : text.slice(slash + 1);
  if (ip === '*' || ip === '*4' || ip === '*6') {
    if (mask !== undefined) throw malformed('a mask on a wildcard');
    return ip;
  }
  const prefix = parsePatternAddress(ip);
  const widest = prefix.length * 8;
  const bits = mask === undefined ? widest : parseDecimal(mask, widest);
  if (bits === undefined) throw malformed('a mask that no address of that family has');
  if (bits === 0) return prefix.length === 4 ? '*4' : '*6';
  return { prefix, bits };
}

export function formatAddressPattern(pattern: AddressPattern): string {
  return typeof pattern === 'string' ? pattern : `${formatIpAddress(pattern.prefix)}/${pattern.bits}`;
}

const PREFIX = 'ExitPolicy';
const ACTIONS: readonly PolicyAction[] = ['accept', 'reject', 'accept6', 'reject6'];
const HIGHEST_PORT = 65_535;

function parseRule(text: string): PolicyRule {
  const space = text.indexOf(' ');
  const name = text.slice(0, Math.max(space, 0));
  const action = ACTIONS.find(action => action === name);
  if (action === undefined) throw malformed('a rule without a known action');
  const pattern = text.slice(space + 1);
  const colon = pattern.lastIndexOf(':');
  if (colon === -1) throw malformed('a rule without a port');
  return {
    action,
    addresses: parseAddressPattern(pattern.slice(0, colon)),
    ports: parsePorts(pattern.slice(colon + 1)),
  };
}

function parsePorts(text: string): PortRange {
  if (text === '*') return { start: 1, end: HIGHEST_PORT };
  if (text === '0') return { start: 0, end: 0 };
  const dash = text.indexOf('-');
  const start = parseDecimal(dash === -1 ? text : text.slice(0, dash), HIGHEST_PORT);
  const end = dash === -1 ? start : parseDecimal(text.slice(dash + 1), HIGHEST_PORT);
  if (start === undefined || end === undefined || start === 0 || start > end) throw malformed('a port range');
  return { start, end };
}

function formatPorts({ start, end }: PortRange): string {
  if (start === 1 && end === HIGHEST_PORT) return '*';
  return start === end ? `${start}` : `${start}-${end}`;
}

function parsePatternAddress(text: string): IpAddress {
  const bracketed = text.startsWith('[') && text.endsWith(']');
  const address = parseIpAddress(bracketed ? text.slice(1, -1) : text);
  if (address === undefined || (bracketed && address.length !== 16)) throw malformed('an address');
  return address;
}

function matches({ addresses, ports }: PolicyRule, address: IpAddress, port: number): boolean {
  if (port < ports.start || port > ports.end) return false;
  if (addresses === '*') return true;
  if (addresses === '*4') return address.length === 4;
  if (addresses === '*6') return address.length === 16;
  return isWithin(address, addresses.prefix, addresses.bits);
}

function parseDecimal(text: string, highest: number): number | undefined {
  if (!/^\+?\d{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= highest ? value : undefined;
}

function malformed(what: string): MixnetError {
  return new MixnetError('ERR_MIX_EXIT_MALFORMED', { message: `The exit policy has ${what}.` });
}

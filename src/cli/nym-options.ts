/**
 * The options of `nym-client` and `nym-socks5-client` that are called otherwise here, or are not there
 * (nymtech/nym `clients/native/src/commands`, `clients/socks5/src/commands`). None is passed over in silence.
 */

export interface NymOption {
  readonly short?: string;
  readonly value?: string;
  readonly help: string;
  /** Why it can only be that; for `true` and `false` the value that it may have. */
  readonly refused?: string;
  readonly only?: 'true' | 'false';
  /** Why it has no effect. */
  readonly idle?: string;
}

const isAnonymous = 'an exit is never told the address of this client';
const isAlike = 'a client that behaves unlike the others can be told from them';
const asksNoChain = 'no chain is asked for anything';

export const nymOptions = {
  provider: { value: 'ADDRESS', help: '--exit' },
  'nym-apis': { value: 'URL,URL', help: '--api, for each' },
  api_validators: { value: 'URL,URL', help: '--api, for each' },
  'force-tls-gateway': { help: '--secure-gateway' },
  'use-reply-surbs': { value: 'true', help: 'always so', only: 'true', refused: isAnonymous },
  'use-anonymous-replies': { value: 'true', help: 'always so', only: 'true', refused: isAnonymous },
  use_anonymous_sender_tag: { value: 'true', help: 'always so', only: 'true', refused: isAnonymous },
  'enabled-credentials-mode': {
    value: 'false',
    help: 'always so',
    only: 'false',
    refused: 'this client carries no tickets',
  },
  'disable-socket': { value: 'false', help: 'always so', only: 'false', refused: 'without it there is nothing to run' },
  'no-banner': { help: 'no effect', idle: 'there is none' },
  'nyxd-urls': { value: 'URL,URL', help: 'no effect', idle: asksNoChain },
  nyxd_validators: { value: 'URL,URL', help: 'no effect', idle: asksNoChain },
  'stats-reporting-address': { value: 'ADDRESS', help: 'no effect', idle: 'nothing is reported to anybody' },
  'latency-based-selection': {
    help: 'not supported',
    refused: 'to measure latencies is to tell dozens of gateways of this client',
  },
  'custom-mixnet': { value: 'FILE', help: 'not supported', refused: 'a network is named by its directory, --api' },
  'config-env-file': {
    short: 'c',
    value: 'FILE',
    help: 'not supported',
    refused: 'a network is named by its directory, --api',
  },
  'minimum-gateway-performance': { value: 'PERCENT', help: 'not supported', refused: isAlike },
  fastmode: { help: 'not supported', refused: isAlike },
  'medium-toggle': { help: 'not supported', refused: isAlike },
  outfox: { help: 'not supported', refused: isAlike },
  'forget-me': {
    help: 'not supported',
    refused: 'a gateway cannot be made to forget; with --ephemeral nothing is kept here, and each client is a new one',
  },
} as const satisfies Record<string, NymOption>;

/** Their subcommands beside `init` and `run`, and why they are not there. */
export const nymCommands: Readonly<Record<string, string>> = {
  'add-gateway': 'a client has one gateway; another --id is another client',
  'list-gateways': 'a client has one gateway, which "init" tells',
  'switch-gateway': 'a client has one gateway; another --id is another client',
  ecash: 'this client carries no tickets',
  'build-info': 'see "mixfetch --version"',
  completions: 'there are none',
  'generate-fig-spec': 'there are none',
};

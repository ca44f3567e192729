/** The options of the command, with curl's letters and meanings wherever curl has them. Parser and help both read this table. */

import { nymOptions } from './nym-options.ts';

export interface Option {
  readonly short?: string;
  /** What stands for its value in the help. Without it, the option takes none. */
  readonly value?: string;
  readonly help: string;
}

export const requestOptions = {
  request: { short: 'X', value: 'METHOD', help: 'Use this method' },
  header: {
    short: 'H',
    value: 'LINE',
    help: 'Add a header, "Name: value"; "Name:" undoes one of another option, "Name;" is empty',
  },
  data: {
    short: 'd',
    value: 'DATA',
    help: 'Send form data by POST; @FILE reads a file without its line ends, @- standard input',
  },
  'data-raw': { value: 'DATA', help: 'The same, with no meaning in @' },
  'data-binary': { value: 'DATA', help: 'The same, and a file is sent byte for byte' },
  'data-urlencode': { value: 'DATA', help: 'The same, percent-encoded: TEXT, NAME=TEXT, @FILE or NAME@FILE' },
  json: { value: 'DATA', help: 'Send JSON by POST, and ask for JSON; @ as for --data' },
  form: {
    short: 'F',
    value: 'NAME=TEXT',
    help: 'Send a multipart form; NAME=@FILE uploads, NAME=<FILE reads the text from a file',
  },
  'upload-file': { short: 'T', value: 'FILE', help: 'Send a file by PUT; - is standard input' },
  get: { short: 'G', help: 'Put the data into the query of the URL, and use GET' },
  head: { short: 'I', help: 'Ask for the headers only' },
  user: { short: 'u', value: 'NAME:PASSWORD', help: 'Log in by HTTP basic authentication' },
  'user-agent': { short: 'A', value: 'NAME', help: 'Send this User-Agent' },
  compressed: { help: 'Nothing: compressed answers are always asked for, and decoded' },
} as const satisfies Record<string, Option>;

export const answerOptions = {
  output: { short: 'o', value: 'FILE', help: 'Write the body to a file; the n-th belongs to the n-th URL' },
  'remote-name': { short: 'O', help: 'Write the body to a file named as in the URL' },
  include: { short: 'i', help: 'Write the headers too' },
  location: { short: 'L', help: 'Follow redirects' },
  'max-redirs': { value: 'NUMBER', help: 'That many at most (default 50; -1 for any number)' },
  fail: { short: 'f', help: 'Fail, without a body, when the status is 400 or more' },
  'write-out': {
    short: 'w',
    value: 'FORMAT',
    help: 'Write this after the transfer, @FILE what is in a file: see the variables below',
  },
  silent: { short: 's', help: 'No progress, no error messages' },
  'show-error': { short: 'S', help: 'Error messages all the same' },
  verbose: { short: 'v', help: 'Tell on standard error what goes on' },
} as const satisfies Record<string, Option>;

export const connectionOptions = {
  'max-time': { short: 'm', value: 'SECONDS', help: 'Give up after that long altogether' },
  'connect-timeout': { value: 'SECONDS', help: 'Give up when the connection takes longer' },
  cacert: { value: 'FILE', help: 'Trust these certificate authorities (PEM) and no others' },
  api: { value: 'URL', help: 'Directory API of the network; several are tried in turn' },
  gateway: { value: 'IDENTITY', help: 'Enter the mixnet by this gateway' },
  'secure-gateway': { help: 'Enter it by a gateway that speaks wss: only' },
  exit: { value: 'ADDRESS', help: 'Leave it by this network requester; several are tried in turn' },
  'data-dir': { value: 'DIRECTORY', help: 'Keep the client there, to be the same one the next time' },
  'passphrase-file': { value: 'FILE', help: 'Seal what is kept by the passphrase on the first line of this file' },
  devnet: { help: 'Use a mixnet inside this process, for this call: no network, no anonymity' },
} as const satisfies Record<string, Option>;

/** Of the services, `mixfetch socks5` and `mixfetch client`. */
export const serviceOptions = {
  host: {
    value: 'ADDRESS',
    help: 'Listen on this address (default 127.0.0.1); one that others reach needs a password',
  },
  port: { short: 'p', value: 'PORT', help: 'Listen on this port (default 1080 for socks5, 1977 for client)' },
  listen: { value: '[HOST:]PORT', help: 'The two in one' },
  'password-file': {
    value: 'FILE',
    help: 'Demand the password on the first line of this file; of client as a bearer token',
  },
  'allow-origin': { value: 'ORIGIN', help: 'client only: let web pages of this origin connect; may be repeated' },
  id: { value: 'NAME', help: 'Keep the client under this name in the usual place (default "default")' },
  ephemeral: { help: 'Keep nothing: be a new client at each start' },
  'no-cover': { help: 'Send only what there is to send: whoever watches the line then sees when it is used' },
  status: { help: 'Print a line of JSON for each change of state' },
} as const satisfies Record<string, Option>;

/** Those of other commands that services take too; exits are for socks5 only. */
export const serviceTakes = [
  'api',
  'gateway',
  'secure-gateway',
  'exit',
  'devnet',
  'connect-timeout',
  'data-dir',
  'passphrase-file',
  'output',
  'verbose',
] as const;

export const commonOptions = {
  help: { short: 'h', help: 'Print this' },
  version: { short: 'V', help: 'Print the version' },
} as const satisfies Record<string, Option>;

export const allOptions = {
  ...requestOptions,
  ...answerOptions,
  ...connectionOptions,
  ...serviceOptions,
  ...nymOptions,
  ...commonOptions,
};

export type OptionName = keyof typeof allOptions;

/** The options of the command, with curl's letters and meanings wherever curl has them. Parser and help both read this table. */

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
  exit: { value: 'ADDRESS', help: 'Leave it by this network requester; several are tried in turn' },
  devnet: { help: 'Use a mixnet inside this process, for this call: no network, no anonymity' },
} as const satisfies Record<string, Option>;

export const socks5Options = {
  listen: {
    value: '[HOST:]PORT',
    help: 'Where to listen (default 127.0.0.1:1080); others than this machine need a password',
  },
  'password-file': { value: 'FILE', help: 'Demand the password on the first line of this file' },
  'data-dir': { value: 'DIRECTORY', help: 'Keep the client there, to be the same one the next time' },
  status: { help: 'Print a line of JSON when it listens' },
} as const satisfies Record<string, Option>;

/** Those of the connection that it takes too. */
export const socks5Takes = ['api', 'gateway', 'exit', 'devnet', 'connect-timeout'] as const;

export const commonOptions = {
  help: { short: 'h', help: 'Print this' },
  version: { short: 'V', help: 'Print the version' },
} as const satisfies Record<string, Option>;

export const allOptions = {
  ...requestOptions,
  ...answerOptions,
  ...connectionOptions,
  ...socks5Options,
  ...commonOptions,
};

export type OptionName = keyof typeof allOptions;

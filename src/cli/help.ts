import { exitCodes } from './exit-codes.ts';
import { nymOptions } from './nym-options.ts';
import {
  answerOptions,
  commonOptions,
  connectionOptions,
  type Option,
  requestOptions,
  serviceOptions,
  serviceTakes,
} from './options.ts';
import { writeOutVariables } from './write-out.ts';

export function helpText(): string {
  return `Usage: mixfetch [options] URL...
       mixfetch socks5 [init|run] [options]
       mixfetch client [init|run] [options]
       mixfetch devnet

Fetches URLs through the Nym mixnet. The body goes to standard output, everything else to standard error. A URL
without scheme is https. The name of the host is resolved by the exit, never here.

The request
${section(requestOptions)}

The answer
${section(answerOptions)}

The connection
${section(connectionOptions)}

${section(commonOptions)}

mixfetch socks5
  Runs a proxy for SOCKS5, 4 and 4a, until it is told to end: other programs leave through the mixnet by it.
mixfetch client
  Runs a websocket on this machine, until it is told to end, by which other programs send and receive messages.

  Both keep their client in a directory of their own, and are the same one the next time. "init" makes the client,
  writes the options given as settings beside it, and prints its address; "run", which can be left out, makes one where
  there is none. SIGTERM ends them when what is open has ended, after five seconds at most. SIGHUP has them read
  settings and passwords anew. They take the options
${paragraph(serviceTakes.map(name => `--${name}`))}
  and their own:

${section(serviceOptions)}

  Options of nym-client and nym-socks5-client are taken too:

${section(nymOptions)}

mixfetch devnet
  Runs a mixnet on this machine, until interrupted, and prints how to use it. It hides nothing from anybody.

There is no -k: the exit, which anybody may run, sees every byte that is not encrypted to the destination. With --cacert
you can trust an authority of your own.

Variables of --write-out
${paragraph([...Object.keys(writeOutVariables).map(name => `%{${name}}`), '%{json}', '%{header_json}', '%header{NAME}', '%{stderr}', '%{stdout}'])}

Exit codes
${Object.entries(exitCodes)
  .map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`)
  .join('\n')}
`;
}

function section(options: Readonly<Record<string, Option>>): string {
  const left = ([name, { short, value }]: [string, Option]) =>
    `  ${short === undefined ? '   ' : `-${short},`} --${name}${value === undefined ? '' : ` ${value}`}`;
  const width = Math.max(usualWidth, ...Object.entries(options).map(option => left(option).length + 2));
  return Object.entries(options)
    .map(option => `${left(option).padEnd(width)}${option[1].help}`)
    .join('\n');
}

const usualWidth = 36;

function paragraph(words: readonly string[]): string {
  const lines = [''];
  for (const word of words) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length >= 110) lines.push(`  ${word}`);
    else lines[lines.length - 1] = line === '' ? `  ${word}` : `${line} ${word}`;
  }
  return lines.join('\n');
}

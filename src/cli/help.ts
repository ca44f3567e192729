import { exitCodes } from './exit-codes.ts';
import {
  answerOptions,
  commonOptions,
  connectionOptions,
  type Option,
  requestOptions,
  socks5Options,
  socks5Takes,
} from './options.ts';
import { writeOutVariables } from './write-out.ts';

export function helpText(): string {
  return `Usage: mixfetch [options] URL...
       mixfetch socks5 [options]
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
  Runs a proxy for SOCKS5, 4 and 4a, until interrupted: other programs leave through the mixnet by it.
  It takes the options ${socks5Takes.map(name => `--${name}`).join(', ')}, and its own:

${section(socks5Options)}

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
  return Object.entries(options)
    .map(([name, { short, value, help }]) => {
      const left = `  ${short === undefined ? '   ' : `-${short},`} --${name}${value === undefined ? '' : ` ${value}`}`;
      return `${left.padEnd(leftWidth)}${help}`;
    })
    .join('\n');
}

const leftWidth = 36;

function paragraph(words: readonly string[]): string {
  const lines = [''];
  for (const word of words) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length >= 110) lines.push(`  ${word}`);
    else lines[lines.length - 1] = line === '' ? `  ${word}` : `${line} ${word}`;
  }
  return lines.join('\n');
}

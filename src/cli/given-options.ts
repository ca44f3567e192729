import { parseArgs } from 'node:util';
import { CommandError } from './command.ts';
import { allOptions, type Option, type OptionName } from './options.ts';

/** What stands on a command line, in its order. */
export class GivenOptions {
  readonly #given: readonly GivenOption[];
  /** What is not an option. */
  readonly operands: readonly string[];

  /** @throws CommandError for an option that does not exist, or has no value, or one too many. */
  constructor(args: readonly string[]) {
    // Not strict: then a value may begin with a dash, as in `-d -1`, and the errors are our own.
    const { tokens } = parseArgs({ args: [...args], options: parserOptions, strict: false, tokens: true });
    this.#given = tokens.filter(token => token.kind === 'option').map(readToken);
    this.operands = tokens.filter(token => token.kind === 'positional').map(token => token.value);
  }

  has(name: OptionName): boolean {
    return this.#given.some(option => option.name === name);
  }

  /** The value that counts where only one can. */
  last(name: OptionName): string | undefined {
    return this.all(name).at(-1)?.value;
  }

  all<Name extends OptionName>(...names: readonly Name[]): { readonly name: Name; readonly value: string }[] {
    const isWanted = (name: OptionName): name is Name => names.some(wanted => wanted === name);
    return this.#given.flatMap(({ name, value }) => (isWanted(name) ? [{ name, value }] : []));
  }

  get names(): readonly OptionName[] {
    return this.#given.map(({ name }) => name);
  }
}

interface GivenOption {
  readonly name: OptionName;
  /** Empty for an option that takes none. */
  readonly value: string;
}

const parserOptions = Object.fromEntries(
  Object.entries<Option>(allOptions).map(([name, { short, value }]) => [
    name,
    { type: value === undefined ? ('boolean' as const) : ('string' as const), ...(short !== undefined && { short }) },
  ]),
);

function readToken(token: { name: string; rawName: string; value?: string | undefined }): GivenOption {
  const { name, rawName, value } = token;
  if (name === 'k' || name === 'insecure') throw new CommandError(whyNotInsecure);
  if (!isOption(name)) throw new CommandError(`there is no option ${rawName}`);
  const { value: wanted }: Option = allOptions[name];
  if (wanted !== undefined && value === undefined)
    throw new CommandError(`the option ${rawName} needs a value: ${wanted}`);
  if (wanted === undefined && value !== undefined) throw new CommandError(`the option ${rawName} takes no value`);
  return { name, value: value ?? '' };
}

function isOption(name: string): name is OptionName {
  return Object.hasOwn(allOptions, name);
}

const whyNotInsecure =
  'there is no -k: every byte passes an exit that anybody may run, and without a checked certificate it could read and ' +
  'change them. To trust an authority of your own, name its certificate by --cacert';

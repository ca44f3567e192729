/** The exits that a user has named: by their Nym address, or by the identity of the node that they run on. */

import { formatRecipient, parseRecipient } from '../message/index.ts';
import { parseIdentity } from '../topology/index.ts';
import type { ExitCandidate } from './exit-choice.ts';

type Candidates = readonly ExitCandidate[];

export class NamedExits {
  readonly #addresses: Candidates;
  readonly #nodes: readonly string[];

  /** @throws TypeError naming the option, for what is neither address nor identity. */
  constructor(names: readonly string[], option: string) {
    const known = names.map(name => readExitName(name, option));
    this.#addresses = known.filter(isAddress).map(givenExit);
    this.#nodes = known.filter(name => !isAddress(name));
  }

  /** Those that are named, of which the directory knows where nodes are: it is asked for these alone. */
  among(list: () => Candidates | Promise<Candidates>): Candidates | Promise<Candidates> {
    if (this.#nodes.length === 0) return this.#addresses;
    const listed = list();
    return listed instanceof Promise ? listed.then(all => this.#of(all)) : this.#of(listed);
  }

  /** A requester is a client of the gateway on its own node. */
  #of(listed: Candidates): Candidates {
    const isNamed = ({ recipientText }: ExitCandidate) => this.#nodes.some(node => recipientText.endsWith(`@${node}`));
    return [...this.#addresses, ...listed.filter(isNamed)];
  }
}

/** @throws TypeError naming the option, for what is neither the Nym address of a requester nor the identity of a node. */
export function readExitName(name: unknown, option: string): string {
  try {
    if (typeof name !== 'string') throw new TypeError('not a text');
    if (isAddress(name)) parseRecipient(name);
    else parseIdentity(name);
    return name;
  } catch (cause) {
    const what = 'Nym addresses of network requesters, identity.encryption@gateway, or identities of nodes';
    throw new TypeError(`The option "${option}" must name exits: ${what}.`, { cause });
  }
}

function isAddress(name: string): boolean {
  return name.includes('@');
}

/** A user who names an exit has made the choice. */
function givenExit(text: string): ExitCandidate {
  const recipientText = formatRecipient(parseRecipient(text));
  return { recipientText, performance: 100, usesExitPolicy: true, declaredRoleExitNr: true };
}

/** What a command line asks for. */

import type { ExitCode } from './exit-codes.ts';

export type Command = FetchCommand | ServiceCommand | { readonly kind: 'devnet' | 'help' | 'version' };

export interface FetchCommand {
  readonly kind: 'fetch';
  readonly transfers: readonly [Transfer, ...Transfer[]];
  readonly method: string;
  /** The method was named: it stays through redirects, as curl has it. */
  readonly keepMethod: boolean;
  /** Those the options make, and those given; the client adds its own. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Body | undefined;
  /** Data that goes into the query of every URL. */
  readonly query: readonly DataPart[];
  /** How many redirects are followed; `undefined`: none, they are answers like any other. */
  readonly maxRedirects: number | undefined;
  readonly include: boolean;
  readonly fail: boolean;
  readonly writeOut: string | undefined;
  readonly silent: boolean;
  readonly showError: boolean;
  readonly verbose: boolean;
  readonly timeouts: { readonly connectMs: number | undefined; readonly totalMs: number | undefined };
  readonly network: NetworkChoice;
}

export type ServiceName = 'socks5' | 'client';

export interface ServiceCommand {
  readonly kind: 'service';
  readonly service: ServiceName;
  /** `init` makes a client to be kept, and ends; `run` makes one where there is none. */
  readonly action: 'init' | 'run';
  readonly keep: KeepChoice;
  /** Those of the command line; the directory may hold others, which these replace. */
  readonly settings: ServiceSettings;
  readonly devnet: boolean;
  readonly status: boolean;
  readonly verbose: boolean;
  /** How `init` tells what it has made. */
  readonly output: 'text' | 'json';
  /** What is said about options that have no effect here. */
  readonly notes: readonly string[];
}

/** Where a service keeps its client. */
export type KeepChoice =
  | { readonly kind: 'nothing' }
  /** The path of a directory. */
  | { readonly kind: 'directory'; readonly path: string }
  /** In the usual place for the data of programs. */
  | { readonly kind: 'name'; readonly id: string };

/** What is not there is as the client and the servers have it by default. */
export interface ServiceSettings {
  readonly api?: readonly string[];
  readonly gateway?: string;
  readonly secureGateway?: true;
  readonly exits?: readonly string[];
  readonly noCover?: true;
  /** The path of a file. */
  readonly passphraseFile?: string;
  readonly host?: string;
  readonly port?: number;
  /** The path of a file. */
  readonly passwordFile?: string;
  /** Of web pages. */
  readonly allowedOrigins?: readonly string[];
  readonly connectMs?: number;
}

export interface Transfer {
  /** Of http or https, without credentials. */
  readonly url: URL;
  /** `name:password`, if the URL had them. */
  readonly credentials: string | undefined;
  /** A path. `undefined`: standard output. */
  readonly output: string | undefined;
}

export interface NetworkChoice {
  /** Empty: those of the public network. */
  readonly api: readonly string[];
  readonly gateway: string | undefined;
  /** Empty: chosen by the client. */
  readonly exits: readonly string[];
  readonly secureGateway: boolean;
  readonly devnet: boolean;
  /** The path of a PEM file. */
  readonly cacert: string | undefined;
  /** The path of a directory that keeps the client. */
  readonly dataDir: string | undefined;
  /** The path of a file. */
  readonly passphraseFile: string | undefined;
}

export type Body =
  | { readonly kind: 'data'; readonly parts: readonly DataPart[] }
  | { readonly kind: 'form'; readonly fields: readonly FormField[] }
  | { readonly kind: 'upload'; readonly file: string };

/** A piece of the data of a request. A file of `-` is standard input. */
export interface DataPart {
  /** What goes before it: `&` between form data, a name, or nothing. */
  readonly prefix: string;
  readonly content: { readonly text: string } | { readonly file: string };
  readonly treatment: 'as it is' | 'without line ends' | 'percent-encoded';
}

export interface FormField {
  readonly name: string;
  readonly content: { readonly text: string } | { readonly file: string };
  /** Of a file that is uploaded as one. */
  readonly upload: { readonly filename: string | undefined; readonly type: string | undefined } | undefined;
}

/** Ends the command: with what it says, and the code it exits with. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;

  /** Default: 2, the command line is at fault. */
  constructor(message: string, exitCode: ExitCode = 2, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

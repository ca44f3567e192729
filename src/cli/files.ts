import { openAsBlob } from 'node:fs';
import { access, constants, readFile } from 'node:fs/promises';
import { addAbortSignal, Readable } from 'node:stream';
import { CommandError } from './command.ts';

/** Files by name; `-` is standard input, which is read once however often it is named. */
export class Files {
  readonly #stdin: Readable;
  readonly #signal: AbortSignal;
  #input: Promise<Uint8Array<ArrayBuffer>> | undefined;

  /** `signal` ends the wait for the end of standard input. */
  constructor(stdin: Readable, signal: AbortSignal) {
    this.#stdin = stdin;
    this.#signal = signal;
  }

  /** @throws CommandError 26 */
  async read(file: string): Promise<Uint8Array<ArrayBuffer>> {
    if (file === '-') {
      this.#input ??= readAll(addAbortSignal(this.#signal, this.#stdin));
      return this.#input;
    }
    return readable(file, async () => new Uint8Array(await readFile(file)));
  }

  /** Not read into memory. @throws CommandError 26 */
  async open(file: string): Promise<Blob> {
    return readable(file, async () => {
      await access(file, constants.R_OK);
      return openAsBlob(file);
    });
  }

  /** Standard input as it comes. */
  stream(): ReadableStream<Uint8Array> {
    return Readable.toWeb(this.#stdin) as ReadableStream<Uint8Array>;
  }
}

async function readable<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new CommandError(`cannot read the file "${file}"`, 26, { cause });
  }
}

async function readAll(stream: Readable): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return new Uint8Array(Buffer.concat(chunks));
}

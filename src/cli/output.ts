import { type FileHandle, open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { CommandError } from './command.ts';

/** Where the body goes: a file, which is made when there is something to write or the body is empty, or standard output. */
export class Output {
  /** Of what was written as body. */
  bodyBytes = 0;
  readonly #path: string | undefined;
  readonly #stdout: Writable;
  #file: FileHandle | undefined;

  constructor(path: string | undefined, stdout: Writable) {
    this.#path = path;
    this.#stdout = stdout;
  }

  /** Resolves when there is room for more. */
  async writeBody(bytes: Uint8Array): Promise<void> {
    await this.#write(bytes);
    this.bodyBytes += bytes.length;
  }

  /** `text`: a byte for each character. */
  async writeHead(text: string): Promise<void> {
    await this.#write(Buffer.from(text, 'latin1'));
  }

  /** The body is complete, be it empty. */
  async finish(): Promise<void> {
    await this.#write(new Uint8Array(0));
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      if (this.#path === undefined) await writeTo(this.#stdout, bytes);
      else {
        this.#file ??= await open(this.#path, 'w');
        await this.#file.writeFile(bytes);
      }
    } catch (cause) {
      const where = this.#path === undefined ? 'standard output' : `the file "${this.#path}"`;
      throw new CommandError(`cannot write to ${where}`, 23, { cause });
    }
  }
}

function writeTo(stream: Writable, bytes: Uint8Array): Promise<void> {
  if (bytes.length === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    stream.write(bytes, error => (error ? reject(error) : resolve()));
  });
}

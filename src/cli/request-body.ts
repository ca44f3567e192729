/** The body of a request, out of arguments, files and standard input. */

import { basename } from 'node:path';
import { type Body, CommandError, type DataPart, type FormField } from './command.ts';
import type { Files } from './files.ts';

/** Of a request that may be sent several times: for each URL, and after redirects. */
export interface LoadedBody {
  /** @throws CommandError 65 for a stream that is spent. */
  next(): Uint8Array<ArrayBuffer> | FormData | Blob | ReadableStream<Uint8Array>;
}

/** @throws CommandError 26 for a file that cannot be read. */
export async function loadBody(body: Body | undefined, files: Files): Promise<LoadedBody | undefined> {
  if (body === undefined) return undefined;
  if (body.kind === 'upload' && body.file === '-') return onlyOnce(files.stream());
  const loaded = await load(body, files);
  return { next: () => loaded };
}

/** The data of a query, joined. */
export async function loadQuery(parts: readonly DataPart[], files: Files): Promise<string> {
  return Buffer.from(await joinData(parts, files)).toString('utf8');
}

async function load(body: Body, files: Files): Promise<Uint8Array<ArrayBuffer> | FormData | Blob> {
  switch (body.kind) {
    case 'data':
      return joinData(body.parts, files);
    case 'form':
      return makeForm(body.fields, files);
    case 'upload':
      return files.open(body.file);
  }
}

function onlyOnce(input: ReadableStream<Uint8Array>): LoadedBody {
  let stream: ReadableStream<Uint8Array> | undefined = input;
  return {
    next() {
      if (stream === undefined) throw new CommandError('standard input cannot be sent a second time', 65);
      const spent = stream;
      stream = undefined;
      return spent;
    },
  };
}

async function joinData(parts: readonly DataPart[], files: Files): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for (const { prefix, content, treatment } of parts) {
    const bytes = 'text' in content ? Buffer.from(content.text, 'utf8') : await files.read(content.file);
    pieces.push(Buffer.from(prefix, 'utf8'), treat(bytes, treatment));
  }
  return new Uint8Array(Buffer.concat(pieces));
}

function treat(bytes: Uint8Array, treatment: DataPart['treatment']): Uint8Array {
  if (treatment === 'as it is') return bytes;
  if (treatment === 'without line ends') return bytes.filter(byte => byte !== 0x0d && byte !== 0x0a && byte !== 0);
  // RFC 3986, section 2.3: all but the unreserved characters, byte by byte.
  const encoded = Array.from(bytes, byte => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9\-._~]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return Buffer.from(encoded.join(''), 'latin1');
}

async function makeForm(fields: readonly FormField[], files: Files): Promise<FormData> {
  const form = new FormData();
  for (const { name, content, upload } of fields) {
    if ('text' in content) form.append(name, content.text);
    else if (upload === undefined) form.append(name, Buffer.from(await files.read(content.file)).toString('utf8'));
    else {
      const blob = content.file === '-' ? new Blob([await files.read('-')]) : await files.open(content.file);
      const type = upload.type ?? 'application/octet-stream';
      form.append(name, blob.slice(0, blob.size, type), upload.filename ?? basename(content.file));
    }
  }
  return form;
}

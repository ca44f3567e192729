/** The options that make a request: its body and its headers. */

import type { Body, DataPart, FormField } from './command.ts';
import { CommandError } from './command.ts';
import type { GivenOptions } from './given-options.ts';

const dataOptions = ['data', 'data-raw', 'data-binary', 'data-urlencode', 'json'] as const;

/** @throws CommandError */
export function readBody(given: GivenOptions): Body | undefined {
  const data = given.all(...dataOptions);
  const fields = given.all('form');
  const upload = given.last('upload-file');
  const bodies: Body[] = [];
  if (data.length > 0)
    bodies.push({ kind: 'data', parts: data.map(({ name, value }, at) => dataPart(name, value, at)) });
  if (fields.length > 0) bodies.push({ kind: 'form', fields: fields.map(({ value }) => formField(value)) });
  if (upload !== undefined) bodies.push({ kind: 'upload', file: upload });
  if (bodies.length > 1) throw new CommandError('a request has one body: data, a form, or a file');
  return bodies[0];
}

function dataPart(option: (typeof dataOptions)[number], value: string, at: number): DataPart {
  const prefix = at === 0 || option === 'json' ? '' : '&';
  switch (option) {
    case 'data-raw':
      return { prefix, content: { text: value }, treatment: 'as it is' };
    case 'data-urlencode':
      return encodedPart(prefix, value);
    default: {
      const treatment = option === 'data' ? 'without line ends' : 'as it is';
      if (!value.startsWith('@')) return { prefix, content: { text: value }, treatment: 'as it is' };
      return { prefix, content: { file: fileName(value.slice(1)) }, treatment };
    }
  }
}

/** TEXT, =TEXT, NAME=TEXT, @FILE or NAME@FILE: the first `=` decides, and only without one an `@`. */
function encodedPart(prefix: string, value: string): DataPart {
  const at = value.includes('=') ? value.indexOf('=') : value.indexOf('@');
  if (at < 0) return { prefix, content: { text: value }, treatment: 'percent-encoded' };
  const rest = value.slice(at + 1);
  const content = value[at] === '=' ? { text: rest } : { file: fileName(rest) };
  return { prefix: at === 0 ? prefix : `${prefix}${value.slice(0, at)}=`, content, treatment: 'percent-encoded' };
}

/** NAME=TEXT, NAME=<FILE, or NAME=@FILE with `;type=` and `;filename=` after it. */
function formField(given: string): FormField {
  const equals = given.indexOf('=');
  if (equals < 1) throw new CommandError('a form field is written NAME=TEXT, NAME=@FILE or NAME=<FILE');
  const name = given.slice(0, equals);
  const value = given.slice(equals + 1);
  if (value.startsWith('<')) return { name, content: { file: fileName(value.slice(1)) }, upload: undefined };
  if (!value.startsWith('@')) {
    // curl takes it for the type of the part; as a piece of the text it would go unnoticed.
    if (/;\s*type=/.test(value)) throw new CommandError('a type belongs to a file: NAME=@FILE;type=TYPE');
    return { name, content: { text: value }, upload: undefined };
  }
  const [path = '', ...attributes] = value.slice(1).split(';');
  const attribute = (key: string): string | undefined =>
    attributes
      .find(text => text.trimStart().startsWith(`${key}=`))
      ?.split('=')
      .slice(1)
      .join('=');
  return {
    name,
    content: { file: fileName(path) },
    upload: { filename: attribute('filename'), type: attribute('type') },
  };
}

function fileName(path: string): string {
  if (path === '') throw new CommandError('after @ or <, the name of a file is missing');
  return path;
}

/**
 * The headers that options make, then those given by -H. One given replaces one made; "Name:" only removes it.
 *
 * @throws CommandError
 */
export function readHeaders(given: GivenOptions, body: Body | undefined): (readonly [string, string])[] {
  const own = given.all('header').map(({ value }) => headerLine(value));
  const isReplaced = (name: string): boolean => own.some(([other]) => other.toLowerCase() === name.toLowerCase());
  const made = madeHeaders(given, body).filter(([name]) => !isReplaced(name));
  return [...made, ...own.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))];
}

function madeHeaders(given: GivenOptions, body: Body | undefined): (readonly [string, string])[] {
  const headers: (readonly [string, string])[] = [];
  const json = given.has('json');
  if (body?.kind === 'data') {
    headers.push(['Content-Type', json ? 'application/json' : 'application/x-www-form-urlencoded']);
  }
  if (json) headers.push(['Accept', 'application/json']);
  const user = given.last('user');
  if (user !== undefined) headers.push(['Authorization', basicAuthorization(user)]);
  const agent = given.last('user-agent');
  if (agent !== undefined && agent !== '') headers.push(checked('User-Agent', agent));
  return headers;
}

/** RFC 7617. @throws CommandError: nothing asks for a password here. */
export function basicAuthorization(user: string): string {
  if (!user.includes(':')) throw new CommandError('-u is given as NAME:PASSWORD');
  return `Basic ${Buffer.from(user, 'utf8').toString('base64')}`;
}

/** "Name: value", "Name:" for none, "Name;" for an empty one. */
function headerLine(line: string): readonly [name: string, value: string | undefined] {
  const match = /^([^:;]+)(?::[ \t]*(.*?)[ \t]*|(;))$/s.exec(line);
  if (match === null) throw new CommandError('a header is written "Name: value"');
  const [, name = '', value = '', empty] = match;
  if (empty !== undefined) return checked(name, '');
  return value === '' ? [name, undefined] : checked(name, value);
}

function checked(name: string, text: string): readonly [string, string] {
  // Header values are bytes; what is not ASCII goes out as UTF-8, as a terminal would have it.
  const value = Buffer.from(text, 'utf8').toString('latin1');
  try {
    new Headers([[name, value]]);
  } catch {
    throw new CommandError(`the header "${name}" has a name or a value that no header can have`);
  }
  return [name, value];
}

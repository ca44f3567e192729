/**
 * An assembler for as much of WebAssembly (Core Specification 2.0, §5) as the kernel needs. Expressions nest as in the text
 * format; what they become is bytes from the start, since the binary format is stack code, operands first.
 *
 * @module
 */

/** Instructions: bytes, in as many brackets as one likes. An expression leaves one value on the stack, a statement none. */
export type Code = number | readonly Code[] | Sized;

/** With its length in front. */
class Sized {
  readonly content: Code;

  constructor(content: Code) {
    this.content = content;
  }
}

/** §5.3.1, §5.3.2 */
export const types = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const;
export type ValueType = (typeof types)[keyof typeof types];

/** A variable of a function. */
export interface Local {
  readonly get: Code;
  set(value: Code): Code;
}

/** A function within the module, by its name. */
export interface WrittenFunction {
  call(...operands: Code[]): Code;
}

/** Writes the body of a function: its variables come into being as they are asked for. */
export class FunctionWriter {
  readonly #types: ValueType[] = [];
  readonly #parameters: number;

  constructor(parameters: number) {
    this.#parameters = parameters;
  }

  local(type: ValueType): Local {
    this.#types.push(type);
    return localAt(this.#parameters + this.#types.length - 1);
  }

  locals<Count extends number>(type: ValueType, count: Count): Tuple<Local, Count> {
    return tuple(count, () => this.local(type));
  }

  /** §5.5.13 */
  finish(body: Code): Code {
    const declarations = this.#types.map(type => [1, type]);
    return new Sized([vector(declarations), body, END]);
  }
}

export class ModuleWriter {
  readonly #types: Code[] = [];
  readonly #bodies: Code[] = [];
  readonly #exports: Code[] = [];
  readonly #data: Code[] = [];
  readonly #pages: number;

  /** @param pages of 64 KiB, of the one memory, which is exported as `memory` */
  constructor(pages: number) {
    this.#pages = pages;
  }

  /** All parameters and the result, if there is one, are `i32`. The function is exported where it has a name. */
  function(
    name: string | undefined,
    parameters: number,
    write: (writer: FunctionWriter, ...parameters: Local[]) => Code,
    results = 0,
  ): WrittenFunction {
    const index = this.#bodies.length;
    const writer = new FunctionWriter(parameters);
    const body = write(writer, ...Array.from({ length: parameters }, (_, i) => localAt(i)));
    this.#types.push([0x60, vector(Array(parameters).fill(types.i32)), vector(Array(results).fill(types.i32))]);
    this.#bodies.push(writer.finish(body));
    if (name !== undefined) this.#exports.push([nameOf(name), 0, unsigned(index)]);
    return { call: (...operands) => [operands, 0x10, unsigned(index)] };
  }

  /** Puts the bytes into the memory of every instance. */
  data(at: number, bytes: Uint8Array): void {
    this.#data.push([0, i32.const(at), END, new Sized([...bytes])]);
  }

  /** §5.5.16 */
  finish(): Uint8Array<ArrayBuffer> {
    const functions = this.#bodies.map((_, i) => unsigned(i));
    return encoded([
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      section(1, this.#types),
      section(3, functions),
      section(5, [[0, unsigned(this.#pages)]]),
      section(7, [[nameOf('memory'), 2, 0], ...this.#exports]),
      section(10, this.#bodies),
      section(11, this.#data),
    ]);
  }
}

/** §5.4.6 */
export const i32 = {
  const: (value: number): Code => [0x41, signed(BigInt(value))],
  load: load(0x28, 2),
  store: store(0x36, 2),
  load8S: load(0x2c, 0),
  store8: store(0x3a, 0),
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  and: binary(0x71),
  or: binary(0x72),
  xor: binary(0x73),
  shl: binary(0x74),
  shrS: binary(0x75),
  shrU: binary(0x76),
  rotl: binary(0x77),
  rotr: binary(0x78),
  ltU: binary(0x49),
  /** The lower half of an `i64`. */
  wrap: unary(0xa7),
};

export const i64 = {
  const: (value: bigint): Code => [0x42, signed(BigInt.asIntN(64, value))],
  load: load(0x29, 3),
  store: store(0x37, 3),
  add: binary(0x7c),
  sub: binary(0x7d),
  mul: binary(0x7e),
  and: binary(0x83),
  or: binary(0x84),
  xor: binary(0x85),
  shl: binary(0x86),
  shrS: binary(0x87),
  shrU: binary(0x88),
  rotr: binary(0x8a),
  extendU: unary(0xad),
  extendS: unary(0xac),
};

/** §5.4.8 */
export const v128 = {
  load: load(vectorOpcode(0), 4),
  load64Zero: load(vectorOpcode(93), 3),
  store: store(vectorOpcode(11), 4),
  const: (bytes: Uint8Array): Code => [vectorOpcode(12), ...bytes],
  and: binary(vectorOpcode(78)),
  or: binary(vectorOpcode(80)),
  xor: binary(vectorOpcode(81)),
  /** The bytes of both, 0 to 31, in another order. */
  shuffle: (a: Code, b: Code, order: readonly number[]): Code => [a, b, vectorOpcode(13), order],
};

export const i8x16 = {
  splat: unary(vectorOpcode(15)),
  eq: binary(vectorOpcode(35)),
};

export const i32x4 = {
  const: (...words: [number, number, number, number]): Code =>
    v128.const(new Uint8Array(Int32Array.from(words).buffer)),
  splat: unary(vectorOpcode(17)),
  extractLane: (vector: Code, lane: number): Code => [vector, vectorOpcode(27), lane],
  add: binary(vectorOpcode(174)),
  shl: binary(vectorOpcode(171)),
  shrU: binary(vectorOpcode(173)),
};

export const i64x2 = {
  splat: unary(vectorOpcode(18)),
  extractLane: (vector: Code, lane: number): Code => [vector, vectorOpcode(29), lane],
  add: binary(vectorOpcode(206)),
  shl: binary(vectorOpcode(203)),
  shrU: binary(vectorOpcode(205)),
};

export const f64x2 = {
  const: (low: number, high: number): Code => v128.const(new Uint8Array(Float64Array.of(low, high).buffer)),
  splat: (value: number): Code => f64x2.const(value, value),
  add: binary(vectorOpcode(240)),
  sub: binary(vectorOpcode(241)),
  mul: binary(vectorOpcode(242)),
  convertLowI32x4: unary(vectorOpcode(254)),
  /** Rounds towards zero; the upper two are zeros. */
  truncToI32x4: unary(vectorOpcode(252)),
};

/** Repeats the body while its last expression, an `i32`, is not zero. */
export function loopWhile(body: Code, condition: Code): Code {
  return [0x03, 0x40, body, condition, 0x0d, 0, END];
}

export function when(condition: Code, then: Code): Code {
  return [condition, 0x04, 0x40, then, END];
}

/** The one or the other, both computed. */
export function select(condition: Code, ifSo: Code, ifNot: Code): Code {
  return [ifSo, ifNot, condition, 0x1b];
}

/** As many, where the number is written in the source. */
export type Tuple<T, Count extends number, Items extends T[] = []> = number extends Count
  ? T[]
  : Items['length'] extends Count
    ? Items
    : Tuple<T, Count, [...Items, T]>;

export function tuple<T, Count extends number>(count: Count, item: (i: number) => T): Tuple<T, Count> {
  return Array.from({ length: count }, (_, i) => item(i)) as Tuple<T, Count>;
}

/** The addresses of so many things of that size, one after the other. */
export function addresses<Count extends number>(start: number, bytes: number, count: Count): Tuple<Code, Count> {
  return tuple(count, i => i32.const(start + bytes * i));
}

/** The item of a list that is known to be long enough. */
export function at<T>(items: ArrayLike<T>, index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`no item ${index}`);
  return item;
}

/** Of two vectors, four of the eight lanes of four bytes, as the order of a shuffle. */
export function lanes4(...lanes: [number, number, number, number]): number[] {
  return lanes.flatMap(lane => [0, 1, 2, 3].map(byte => 4 * lane + byte));
}

/** Of two vectors, two of the four lanes of eight bytes. */
export function lanes8(...lanes: [number, number]): number[] {
  return lanes.flatMap(lane => [0, 1, 2, 3, 4, 5, 6, 7].map(byte => 8 * lane + byte));
}

const END = 0x0b;

function localAt(index: number): Local {
  return { get: [0x20, unsigned(index)], set: value => [value, 0x21, unsigned(index)] };
}

function unary(opcode: Code): (operand: Code) => Code {
  return operand => [operand, opcode];
}

function binary(opcode: Code): (a: Code, b: Code) => Code {
  return (a, b) => [a, b, opcode];
}

/** @param align the binary logarithm of what addresses are usually a multiple of */
function load(opcode: Code, align: number): (address: Code, offset?: number) => Code {
  return (address, offset = 0) => [address, opcode, align, unsigned(offset)];
}

function store(opcode: Code, align: number): (address: Code, value: Code, offset?: number) => Code {
  return (address, value, offset = 0) => [address, value, opcode, align, unsigned(offset)];
}

function vectorOpcode(index: number): Code {
  return [0xfd, unsigned(index)];
}

/** §5.2.2: LEB128 */
function unsigned(value: number): Code {
  return value < 0x80 ? value : [(value & 0x7f) | 0x80, unsigned(value >>> 7)];
}

function signed(value: bigint): Code {
  const low = Number(value & 0x7fn);
  return value >= -64n && value < 64n ? low : [low | 0x80, signed(value >> 7n)];
}

/** §5.1.3 */
function vector(items: readonly Code[]): Code {
  return [unsigned(items.length), items];
}

/** §5.5.2; nothing for one that is empty */
function section(id: number, items: readonly Code[]): Code {
  return items.length === 0 ? [] : [id, new Sized(vector(items))];
}

/** §5.2.4 */
function nameOf(name: string): Code {
  return new Sized([...new TextEncoder().encode(name)]);
}

/** What takes least time when nothing is compiled yet: one pass, into one array. */
function encoded(code: Code): Uint8Array<ArrayBuffer> {
  let bytes = new Uint8Array(65_536);
  let length = 0;

  function write(part: Code): void {
    if (typeof part === 'number') put(part);
    else if (part instanceof Sized) writeSized(part.content);
    else for (const one of part) write(one);
  }

  function put(byte: number): void {
    if (length === bytes.length) {
      const larger = new Uint8Array(2 * bytes.length);
      larger.set(bytes);
      bytes = larger;
    }
    bytes[length++] = byte;
  }

  /** The length is known when its content is written: five bytes of LEB128 have room for any. */
  function writeSized(content: Code): void {
    const at = length;
    for (let i = 0; i < 5; i++) put(0);
    write(content);
    const size = length - at - 5;
    for (let i = 0; i < 5; i++) bytes[at + i] = ((size >>> (7 * i)) & 0x7f) | (i < 4 ? 0x80 : 0);
  }

  write(code);
  return bytes.slice(0, length);
}

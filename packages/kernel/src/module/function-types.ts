/**
 * The types of the functions that a module exports and imports. Engines don't tell them (the proposal for that, type reflection, stands behind a flag),
 * so that they are read from the module's bytes (WebAssembly specification, 5.3 and 5.5).
 */

/** What a value of JavaScript becomes in Wasm: a number, a BigInt, or something that no function of the program's is called for. */
export type ConvertedTo = 'number' | 'bigint' | 'other';

export interface FunctionType {
  readonly params: readonly ConvertedTo[];
  readonly results: readonly ConvertedTo[];
}

export interface FunctionTypes {
  /** Undefined: no such function. */
  exported(name: string): FunctionType | undefined;
  /** Undefined: no such function, or several of different types. */
  imported(module: string, name: string): FunctionType | undefined;
}

/**
 * Reads the types of a module that engines compile.
 * @returns undefined where they can't be read: the module has something that is newer than this
 */
export function readFunctionTypes(source: BufferSource): FunctionTypes | undefined {
  const bytes = ArrayBuffer.isView(source) ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength) : new Uint8Array(source);
  try {
    return readSections(new Reader(bytes));
  } catch (error) {
    if (error === UNKNOWN) return undefined;
    throw error;
  }
}

/** What is thrown where something is not known here. */
const UNKNOWN = Symbol('unknown');

const TYPE_SECTION = 1;
const IMPORT_SECTION = 2;
const FUNCTION_SECTION = 3;
const EXPORT_SECTION = 7;

const FUNCTION = 0;
const TABLE = 1;
const MEMORY = 2;
const GLOBAL = 3;
const TAG = 4;

function readSections(reader: Reader): FunctionTypes {
  let types: (FunctionType | undefined)[] = [];
  /** Of each function, imported ones first: the place of its type. */
  const functions: number[] = [];
  const imports = new Map<string, Map<string, FunctionType | undefined>>();
  const exports = new Map<string, number>();
  reader.at = 8;
  while (!reader.isAtEnd) {
    const id = reader.byte();
    const size = reader.unsigned();
    const end = reader.at + size;
    if (id === TYPE_SECTION) types = readTypes(reader);
    else if (id === IMPORT_SECTION) readImports(reader, types, functions, imports);
    else if (id === FUNCTION_SECTION) reader.each(() => functions.push(reader.unsigned()));
    else if (id === EXPORT_SECTION) readExports(reader, exports);
    reader.at = end;
  }
  const typeOf = (index: number | undefined): FunctionType | undefined => types[functions[index ?? -1] ?? -1];
  return {
    exported: (name) => typeOf(exports.get(name)),
    imported: (module, name) => imports.get(module)?.get(name),
  };
}

/** In the order in which types are numbered; undefined for those that are no function's. */
function readTypes(reader: Reader): (FunctionType | undefined)[] {
  const types: (FunctionType | undefined)[] = [];
  reader.each(() => {
    if (reader.skip(0x4e)) reader.each(() => types.push(readType(reader)));
    else types.push(readType(reader));
  });
  return types;
}

function readType(reader: Reader): FunctionType | undefined {
  // `sub` and `sub final`, with the types that they extend.
  if (reader.skip(0x50) || reader.skip(0x4f)) reader.each(() => reader.unsigned());
  switch (reader.byte()) {
    case 0x60:
      return { params: readValues(reader), results: readValues(reader) };
    case 0x5f:
      reader.each(() => readField(reader));
      return undefined;
    case 0x5e:
      readField(reader);
      return undefined;
    default:
      throw UNKNOWN;
  }
}

/** Of a struct or an array. */
function readField(reader: Reader): void {
  if (!reader.skip(0x78) && !reader.skip(0x77)) readValue(reader);
  // Whether it can change.
  reader.byte();
}

function readValues(reader: Reader): ConvertedTo[] {
  const values: ConvertedTo[] = [];
  reader.each(() => values.push(readValue(reader)));
  return values;
}

function readValue(reader: Reader): ConvertedTo {
  const type = reader.byte();
  switch (type) {
    case 0x7f: // i32
    case 0x7d: // f32
    case 0x7c: // f64
      return 'number';
    case 0x7e: // i64
      return 'bigint';
    case 0x63: // (ref null …)
    case 0x64: // (ref …)
      reader.unsigned();
      return 'other';
    default:
      // `v128`, which engines refuse to convert, and references by one byte.
      if (type !== 0x7b && (type < 0x68 || type > 0x74)) throw UNKNOWN;
      return 'other';
  }
}

function readImports(
  reader: Reader,
  types: readonly (FunctionType | undefined)[],
  functions: number[],
  imports: Map<string, Map<string, FunctionType | undefined>>,
): void {
  reader.each(() => {
    const [module, name] = [reader.name(), reader.name()];
    const kind = reader.byte();
    if (kind !== FUNCTION) {
      skipImport(reader, kind);
      return;
    }
    const index = reader.unsigned();
    functions.push(index);
    const names = imports.get(module) ?? new Map<string, FunctionType | undefined>();
    imports.set(module, names);
    const type = types[index];
    names.set(name, !names.has(name) || isSame(names.get(name), type) ? type : undefined);
  });
}

function isSame(one: FunctionType | undefined, other: FunctionType | undefined): boolean {
  return one?.params.join() === other?.params.join() && one?.results.join() === other?.results.join();
}

function skipImport(reader: Reader, kind: number): void {
  switch (kind) {
    case TABLE:
      readValue(reader);
      skipLimits(reader);
      return;
    case MEMORY:
      skipLimits(reader);
      return;
    case GLOBAL:
      readValue(reader);
      reader.byte();
      return;
    case TAG:
      reader.byte();
      reader.unsigned();
      return;
    default:
      throw UNKNOWN;
  }
}

/** With a most, shared, of 64 bits: those flags are known. */
function skipLimits(reader: Reader): void {
  const flags = reader.byte();
  if (flags > 7) throw UNKNOWN;
  reader.unsigned();
  if ((flags & 1) !== 0) reader.unsigned();
}

function readExports(reader: Reader, exports: Map<string, number>): void {
  reader.each(() => {
    const name = reader.name();
    const kind = reader.byte();
    const index = reader.unsigned();
    if (kind === FUNCTION) exports.set(name, index);
  });
}

class Reader {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #texts = new TextDecoder('utf-8', { ignoreBOM: true });

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw UNKNOWN;
    return byte;
  }

  /** Whether this byte is next; it is read then. */
  skip(byte: number): boolean {
    if (this.#bytes[this.at] !== byte) return false;
    this.at++;
    return true;
  }

  /** LEB128. Of one with a sign, it reads as many bytes. */
  unsigned(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  name(): string {
    const length = this.unsigned();
    const from = this.at;
    this.at += length;
    return this.#texts.decode(this.#bytes.subarray(from, this.at));
  }

  /** A vector. */
  each(read: () => void): void {
    for (let left = this.unsigned(); left > 0; left--) read();
  }
}

/** Small changes to Wasm files, byte by byte, for modules that no toolchain at hand makes. */
import { leb, readLeb } from '../../../../scripts/lib/leb.mjs';

const IMPORT_SECTION = 2;
const MEMORY_SECTION = 5;
const EXPORT_SECTION = 7;

/** The bits of a memory's limits. */
export const LIMITS = { maximum: 1, shared: 2, memory64: 4 } as const;

/** A module whose own memory has these flags besides those it has. */
export function withMemoryFlags(module: Uint8Array, flags: number): Uint8Array {
  const changed = new Uint8Array(module);
  for (const { id, start } of sections(module)) {
    if (id !== MEMORY_SECTION) continue;
    // A count of memories, then the flags of the first.
    changed[start + 1] = (changed[start + 1] ?? 0) | flags;
    return changed;
  }
  throw new Error('The module has no memory of its own.');
}

/** A module with one more custom section at its end. */
export function withCustomSection(module: Uint8Array, name: string, text: string): Uint8Array {
  const [label, body] = [new TextEncoder().encode(name), new TextEncoder().encode(text)];
  const content = [...leb(label.length), ...label, ...body];
  return new Uint8Array([...module, 0, ...leb(content.length), ...content]);
}

/** A module one of whose imports has another name. */
export function withImportRenamed(module: Uint8Array, from: string, to: string): Uint8Array {
  return withSectionEdited(module, IMPORT_SECTION, (contents) => {
    const [old, at] = [text(from), contents.indexOf(Buffer.from(text(from)))];
    if (at < 0) throw new Error(`The module imports no ${from}.`);
    return [...contents.subarray(0, at), ...text(to), ...contents.subarray(at + old.length)];
  });
}

/** A module that exports its first table. */
export function withTableExported(module: Uint8Array, name: string): Uint8Array {
  return withSectionEdited(module, EXPORT_SECTION, (contents) => {
    const [count, at] = readLeb(contents, 0);
    return [...leb(count + 1), ...contents.subarray(at), ...text(name), 1, 0];
  });
}

function withSectionEdited(module: Uint8Array, id: number, edit: (contents: Buffer) => number[]): Uint8Array {
  const parts = [module.subarray(0, 8)];
  let from = 8;
  for (const section of sections(module)) {
    const contents = section.id === id ? edit(Buffer.from(module.subarray(section.start, section.end))) : undefined;
    parts.push(contents === undefined ? module.subarray(from, section.end) : new Uint8Array([id, ...leb(contents.length), ...contents]));
    from = section.end;
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** A name as it is written in a module. */
function text(name: string): number[] {
  return [...leb(name.length), ...Buffer.from(name)];
}

/** The contents of a custom section; undefined where the module has none of that name. */
export function customSection(module: Uint8Array, name: string): Uint8Array | undefined {
  for (const section of sections(module)) {
    if (nameOf(module, section) === name) return module.subarray(section.start + 1 + name.length, section.end);
  }
  return undefined;
}

/** The names of a module's custom sections, in order. */
export function customSectionNames(module: Uint8Array): string[] {
  return [...sections(module)].filter(({ id }) => id === 0).map((section) => nameOf(module, section));
}

/** A module without the names of its functions and without debug information, as releases are often made. */
export function stripped(module: Uint8Array): Uint8Array {
  return withoutSections(module, (name) => name === 'name' || name.startsWith('.debug_'));
}

/** A module that does not say which build it is. */
export function withoutBuildId(module: Uint8Array): Uint8Array {
  return withoutSections(module, (name) => name === 'build_id');
}

/** A module with the debug information of another: as a tool leaves it that rewrites the code, and knows nothing of DWARF. */
export function withDebugInfoOf(other: Uint8Array, module: Uint8Array): Uint8Array {
  const code = withoutSections(module, (name) => name.startsWith('.debug_'));
  const debugInfo = withoutSections(other, (name) => !name.startsWith('.debug_'));
  return new Uint8Array([...code, ...debugInfo.subarray(8)]);
}

/** @param leaveOut asked by the name of a custom section; '' for any other section */
function withoutSections(module: Uint8Array, leaveOut: (name: string) => boolean): Uint8Array {
  const kept = [module.subarray(0, 8)];
  let from = 8;
  for (const section of sections(module)) {
    if (!leaveOut(nameOf(module, section))) kept.push(module.subarray(from, section.end));
    from = section.end;
  }
  return new Uint8Array(Buffer.concat(kept));
}

/** A module with nothing in it but a memory of one page, exported. */
export const EMPTY_MODULE: Uint8Array = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[MEMORY_SECTION, 3, 1, 0, 1],
  ...[7, 10, 1, 6, ...new TextEncoder().encode('memory'), 2, 0],
]);

/** A custom section's name; '' for any other section. */
function nameOf(module: Uint8Array, { id, start }: Section): string {
  return id === 0 ? new TextDecoder().decode(module.subarray(start + 1, start + 1 + (module[start] ?? 0))) : '';
}

interface Section {
  readonly id: number;
  /** Where its contents are. */
  readonly start: number;
  readonly end: number;
}

function* sections(module: Uint8Array): Generator<Section> {
  let at = 8;
  while (at < module.length) {
    const id = module[at++] ?? 0;
    let size: number;
    [size, at] = readLeb(module, at);
    yield { id, start: at, end: at + size };
    at += size;
  }
}

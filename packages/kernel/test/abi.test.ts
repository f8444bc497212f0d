import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as abi from '../src/module/abi.js';

const rust = readFileSync(new URL('../../../crates/abi/src/lib.rs', import.meta.url), 'utf8');

/** The value of a constant in the crate, or in one of its modules: a number or a string, as Rust writes them. */
function constant(name: string, module?: string): string | number {
  const source = module === undefined ? rust : (rust.split(`pub mod ${module} {`)[1]?.split('\n}')[0] ?? '');
  const value = new RegExp(`pub const ${name}: [^=]+ = ([^;]+);`).exec(source)?.[1]?.trim();
  if (value === undefined) throw new Error(`crates/abi/src/lib.rs has no constant ${module ?? ''} ${name}`);
  return value.startsWith('"') ? value.slice(1, -1) : Number(value.replaceAll('_', ''));
}

const SCREAMING = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

describe('the ABI is the same in the crate and here', () => {
  it('version, section, export and magic', () => {
    expect(constant('ABI_VERSION')).toBe(abi.ABI_VERSION);
    expect(constant('CRATE_SECTION')).toBe(abi.CRATE_SECTION);
    expect(constant('UNWINDING_SECTION')).toBe(abi.UNWINDING_SECTION);
    expect(constant('UNWIND_EXPORT')).toBe(abi.UNWIND_EXPORT);
    expect(constant('PANICKING_EXPORT')).toBe(abi.PANICKING_EXPORT);
    expect(constant('RESTORED_EXPORT')).toBe(abi.RESTORED_EXPORT);
    expect(constant('CATCH_EXPORT')).toBe(abi.CATCH_EXPORT);
    expect(constant('INSTALL_EXPORT')).toBe(abi.INSTALL_EXPORT);
    expect(constant('IMPORT_MODULE')).toBe(abi.IMPORT_MODULE);
    expect(constant('RETHROW_IMPORT')).toBe(abi.RETHROW_IMPORT);
    expect(constant('PANICKED_IMPORT')).toBe(abi.PANICKED_IMPORT);
    expect(constant('SIGNAL_IMPORT')).toBe(abi.SIGNAL_IMPORT);
    expect(constant('PERSIST_EXPORT')).toBe(abi.PERSIST_EXPORT);
    expect(constant('PERSIST_MAGIC')).toBe(abi.PERSIST_MAGIC);
    expect(constant('BLACK_BOX_EXPORT')).toBe(abi.BLACK_BOX_EXPORT);
    expect(constant('BLACK_BOX_MAGIC')).toBe(abi.BLACK_BOX_MAGIC);
    expect(constant('BREADCRUMBS_EXPORT')).toBe(abi.BREADCRUMBS_EXPORT);
    expect(constant('BREADCRUMBS_MAGIC')).toBe(abi.BREADCRUMBS_MAGIC);
  });

  it.each(Object.entries(abi.BlackBoxOffset))('offset of %s', (field, offset) => {
    expect(constant(SCREAMING(field), 'black_box_offset')).toBe(offset);
  });

  it.each(Object.entries(abi.BlackBoxSize))('size of %s', (field, size) => {
    expect(constant(SCREAMING(field), 'black_box_size')).toBe(size);
  });

  it.each(Object.entries(abi.BreadcrumbsOffset))('breadcrumbs: offset of %s', (field, offset) => {
    expect(constant(SCREAMING(field), 'breadcrumbs_offset')).toBe(offset);
  });

  it.each(Object.entries(abi.BreadcrumbsSize))('breadcrumbs: size of %s', (field, size) => {
    expect(constant(SCREAMING(field), 'breadcrumbs_size')).toBe(size);
  });

  it.each([
    ['persist_offset', abi.PersistOffset],
    ['persist_size', abi.PersistSize],
    ['persist_request', abi.PersistRequest],
    ['persist_answer', abi.PersistAnswer],
  ])('%s', (module, numbers) => {
    for (const [field, number] of Object.entries(numbers)) expect(constant(SCREAMING(field), module), field).toBe(number);
  });
});

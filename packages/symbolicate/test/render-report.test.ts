/** What people see, as files: `npx vitest run -u` writes them anew. */

import type { CrashReport } from '@wasm-revive/kernel';
import { describe, expect, it } from 'vitest';
import { renderReport, type SymbolicatedFrame, symbolicate } from '../src/index.js';
import { ABORTED, SOURCE, UNWOUND } from './reports.js';

const at = (file: string) => ({ file, line: 1, column: 1 });
const findSource = (path: string) => (path === 'src/lib.rs' ? { path, text: SOURCE } : undefined);

describe('renderReport', () => {
  it('shows the line of the source, the stack, the breadcrumbs, and what was done', async () => {
    await expect(renderReport(ABORTED, { findSource })).toMatchFileSnapshot('golden/aborted.txt');
  });

  it('shows the place where the source is not there, and every frame when asked', async () => {
    await expect(renderReport(ABORTED, { full: true })).toMatchFileSnapshot('golden/aborted-full.txt');
  });

  it('shows a panic that was caught, of which little is known', async () => {
    await expect(renderReport(UNWOUND)).toMatchFileSnapshot('golden/unwound.txt');
  });

  it('uses colours only when asked', () => {
    const introducer = '\u001b[';
    expect(renderReport(ABORTED, { findSource, colour: true })).toContain(introducer);
    expect(renderReport(ABORTED, { findSource })).not.toContain(introducer);
  });

  it('lets no text of the program act on the terminal', () => {
    const hostile = 'a\u001b[2J\u009b31m\u202eb\rc\u0007';
    const report = {
      ...ABORTED,
      entrypoint: hostile,
      module: hostile,
      breadcrumbs: [hostile],
      failure: {
        kind: 'aborted' as const,
        cause: 'panic-abort' as const,
        panic: { message: hostile, location: { file: `${hostile}.rs`, line: 1, column: 1 }, frames: [] },
        trap: { name: 'RuntimeError', message: hostile },
        frames: [{ function: hostile }],
      },
    };
    for (const text of [SOURCE, hostile]) {
      const shown = renderReport(report, { findSource: (path) => ({ path, text }) });
      expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    }
    expect(renderReport(report).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  it('lets no text of the program pass for a line that is said here', () => {
    const faked = 'x\nrecovery     all is well';
    const location = { file: faked, line: 1, column: 1 };
    const frames: SymbolicatedFrame[] = [{ function: faked, source: [{ name: faked, place: location }] }];
    const shown = renderReport({
      ...ABORTED,
      module: faked,
      breadcrumbs: [faked],
      failure: {
        kind: 'aborted',
        cause: 'panic-abort',
        panic: { message: faked, location, frames: [] },
        trap: { name: 'RuntimeError', message: '' },
        frames,
      },
    });
    expect(shown.match(/^recovery /gm)).toHaveLength(1);
  });

  it('says of a panic that was caught that the place is where it was caught', () => {
    const place = { file: 'src/lib.rs', line: 3, column: 5 };
    const frames: SymbolicatedFrame[] = [{ function: 'app::third', source: [{ name: 'app::third', place }] }];
    const caught: CrashReport = { ...UNWOUND, failure: { kind: 'unwound', panic: { message: 'oh', frames } } };
    expect(renderReport(caught, { findSource })).toContain('it was caught here');
    const located: CrashReport = { ...UNWOUND, failure: { kind: 'unwound', panic: { message: 'oh', location: place, frames } } };
    expect(renderReport(located, { findSource })).toContain('it panicked here');
  });

  it('says of a place that is only where a function begins that it is', () => {
    const frames: SymbolicatedFrame[] = [
      { source: [{ name: 'app::third', place: { file: 'src/lib.rs', line: 1, column: 0 } }], approximate: true },
    ];
    const failure = { kind: 'aborted', cause: 'unreachable', trap: { name: 'RuntimeError', message: '' }, frames } as const;
    const shown = renderReport({ ...ABORTED, failure }, { findSource });
    expect(shown).toContain('it failed in the function that begins here');
    expect(shown).toContain('  app::third (where it begins)\n      at src/lib.rs:1\n');
  });

  it('shows a recursion once, and every frame when asked', () => {
    const frames = ['a', 'deepen', 'deepen', 'deepen', 'b'].map((name) => ({ function: name }));
    const failure = { kind: 'aborted', cause: 'unreachable', trap: { name: 'RuntimeError', message: '' }, frames } as const;
    expect(renderReport({ ...ABORTED, failure })).toContain('  a\n  deepen\n  … and 2 times more\n  b\n');
    expect(renderReport({ ...ABORTED, failure }, { full: true })).toContain('  a\n  deepen\n  deepen\n  deepen\n  b\n');
  });

  it.each([
    ['released Rust', { function: 'f', source: [{ name: 'f', place: at(`/rustc/${'0a'.repeat(20)}/library/core/src/option.rs`) }] }],
    ['what released Rust depends on', { function: 'f', source: [{ name: 'f', place: at('/rust/deps/dlmalloc-0.2.8/src/dlmalloc.rs') }] }],
    ["rustup's sources", { function: 'f', source: [{ name: 'f', place: at('/r/lib/rustlib/src/rust/library/std/src/rt.rs') }] }],
    ["rustup's sources on Windows", { function: 'f', source: [{ name: 'f', place: at('C:\\r\\lib\\rustlib\\src\\rust\\library\\a.rs') }] }],
    ["Debian's sources", { function: 'f', source: [{ name: 'f', place: at('/usr/src/rustc-1.96.0/library/std/src/rt.rs') }] }],
    ['wasm-bindgen', { function: 'f', source: [{ name: 'f', place: at('/c/registry/src/i/wasm-bindgen-0.2.130/src/rt/mod.rs') }] }],
    ["wasm-bindgen's own code", { function: 'app::run externref shim' }],
    ['mangled names', { function: '_ZN4core9panicking9panic_fmt17h0123456789abcdefE' }],
    ['names with short hashes', { function: 'core[32a09007f6e6bcf]::panicking::panic_fmt' }],
    ['the allocator', { function: '<dlmalloc::dlmalloc::Dlmalloc<A>>::malloc' }],
  ] satisfies [string, SymbolicatedFrame][])('folds away %s', (_, frame) => {
    const { failure } = ABORTED;
    if (failure.kind !== 'aborted') return;
    const shown = renderReport({ ...ABORTED, failure: { ...failure, frames: [{ function: 'app::core::run' }, frame] } });
    expect(shown).toMatch(/^ {2}app::core::run\n {2}… and 1 function of Rust's own libraries$/m);
  });
});

describe('symbolicate, without a debug file', () => {
  it('demangles, as rustc-demangle does', () => {
    const frames = ['_ZN3app5shelf5third17h0123456789abcdefE', '_RNvNtCs1234_3app5shelf5third', 'plain'].map((name) => ({
      function: name,
    }));
    const { failure } = symbolicate({ ...UNWOUND, failure: { kind: 'unwound', panic: { message: '', frames } } });
    expect(failure.panic?.frames.map((frame) => frame.function)).toEqual(['app::shelf::third', 'app::shelf::third', 'plain']);
  });
});

import type { CrashReport } from '@wasm-revive/kernel';

/** A report of a panic under panic=abort, with the crates. */
export const ABORTED: CrashReport = {
  version: 1,
  failure: {
    kind: 'aborted',
    cause: 'panic-abort',
    panic: {
      message: 'index out of bounds: the len is 3 but the index is 9',
      location: { file: 'src/lib.rs', line: 3, column: 5 },
      frames: [],
    },
    trap: { name: 'RuntimeError', message: 'unreachable' },
    frames: [
      { function: 'core[132a09007f6e6bcf]::panicking::panic_bounds_check', index: 12, offset: 900 },
      { function: 'app[598e58a17f1c0027]::shelf::third', index: 7, offset: 400 },
      { index: 3 },
    ],
  },
  fingerprint: '0123456789abcdef',
  entrypoint: 'third',
  breadcrumbs: ['opened the shelf', 'looked for "x"'],
  module: 'app',
  build: { id: 'fedcba9876543210', codeOffset: 300 },
  generation: 3,
  memoryBytes: 1_179_648,
  uptimeMs: 2_500,
  callsLost: 1,
  recovery: 'fresh',
  at: Date.UTC(2026, 0, 2, 3, 4, 5),
};

/** A report of a panic that was caught. */
export const UNWOUND: CrashReport & { failure: { kind: 'unwound' } } = {
  version: 1,
  failure: { kind: 'unwound', panic: { message: 'attempt to divide by zero', frames: [] } },
  fingerprint: 'aaaaaaaaaaaaaaaa',
  module: 'app',
  generation: 1,
  memoryBytes: 65_536,
  uptimeMs: 12,
  callsLost: 0,
  recovery: 'keep',
  at: Date.UTC(2026, 0, 2, 3, 4, 5),
};

/** What `ABORTED` has in `src/lib.rs`. */
export const SOURCE = 'pub fn third(books: &[u32], n: usize) -> u32 {\n    // the third one\n    books[n]\n}\n';

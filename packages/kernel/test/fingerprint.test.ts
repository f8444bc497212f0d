import { describe, expect, it } from 'vitest';
import type { FailureRecord, Frame } from '../src/index.js';
import { fingerprint } from '../src/report/fingerprint.js';

type Aborted = Extract<FailureRecord, { kind: 'aborted' }>;

const trap = { name: 'RuntimeError', message: 'unreachable' };
const frames = (...names: string[]): Frame[] =>
  names.map((name, index) => ({ function: name, index: index + 100, offset: 0x1000 + index }));
const aborted = (more: Partial<Aborted>): FailureRecord => ({ kind: 'aborted', cause: 'unreachable', trap, frames: [], ...more });

describe('fingerprint', () => {
  it('is the same wherever the linker has put the functions, and whatever hashes their names have', () => {
    const first = aborted({ frames: frames('app[598e58a17f1c0027]::parse', 'app[598e58a17f1c0027]::run') });
    const moved = aborted({
      frames: frames('app::parse::h0123456789abcdef', 'app[11]::run').map((frame) => ({ ...frame, index: 7, offset: 9 })),
    });
    expect(fingerprint(first)).toMatch(/^[0-9a-f]{16}$/);
    expect(fingerprint(moved)).toBe(fingerprint(first));
  });

  it('is the same however Rust came to its end, and whatever values the message names', () => {
    const panic = (message: string) => ({ message, location: { file: 'src/a.rs', line: 3, column: 9 }, frames: [] });
    const one = aborted({
      cause: 'panic-abort',
      panic: panic('index out of bounds: the len is 3 but the index is 5'),
      frames: frames('std::panicking::panic', 'app::run'),
    });
    const two = aborted({
      cause: 'panic-abort',
      panic: panic('index out of bounds: the len is 4 but the index is 9'),
      frames: frames('rust_panic', 'core::panicking::panic_fmt', 'app::run'),
    });
    expect(fingerprint(two)).toBe(fingerprint(one));
  });

  it('is the same whatever numbers, quoted texts and frames there are', () => {
    const of = (message: string, ...names: string[]) =>
      fingerprint({
        kind: 'unwound',
        panic: { message, location: { file: 'src/a.rs', line: 3, column: 9 }, frames: frames('rust_panic', 'app::run', ...names) },
      });
    expect(of('range end index 10 out of range for slice of length 4')).toBe(of('range end index 9 out of range for slice of length 123'));
    expect(of("byte index 1 is not a char boundary; it is inside 'ü'")).toBe(of("byte index 3 is not a char boundary; it is inside 'ä'"));
    expect(of('x', 'app::main', 'main')).toBe(of('x'));
    const trapped = (...names: string[]) => fingerprint(aborted({ frames: frames('app::a', 'app::b', 'app::c', ...names) }));
    expect(trapped('app::d', 'app::e')).toBe(trapped());
  });

  it('tells apart what JavaScript threw', () => {
    const thrown = (name: string, ...names: string[]) =>
      fingerprint(aborted({ cause: 'foreign-exception', trap: { name, message: 'mine' }, frames: frames(...names) }));
    expect(thrown('TypeError', 'app::run')).not.toBe(thrown('RangeError', 'app::run'));
    expect(thrown('TypeError', 'app::run')).not.toBe(thrown('TypeError', 'app::other'));
  });

  it('is the same wherever in itself a recursion ends', () => {
    const at = (...names: string[]) => aborted({ cause: 'stack-overflow', frames: frames(...names) });
    expect(fingerprint(at('malloc', 'app::b', 'app::a', 'app::b', 'app::a'))).toBe(
      fingerprint(at('app::a', 'app::b', 'app::a', 'app::b', 'app::a')),
    );
  });

  it('tells other places, causes and kinds apart', () => {
    const panic = { message: 'x', frames: frames('app::run') };
    const all: FailureRecord[] = [
      aborted({ frames: frames('app::run') }),
      aborted({ frames: frames('app::other') }),
      aborted({ cause: 'abort', frames: frames('app::run') }),
      { kind: 'unwound', panic },
      { kind: 'unwound', panic: { ...panic, message: 'y' } },
    ];
    expect(new Set(all.map(fingerprint)).size).toBe(all.length);
  });

  it('of a build without symbols, goes by location, else by place in the module', () => {
    const location = { file: 'src/a.rs', line: 3, column: 9 };
    const at = (offset: number) => aborted({ frames: [{ index: 1, offset }] });
    expect(fingerprint(at(1))).not.toBe(fingerprint(at(2)));
    const panicked = (line: number) =>
      aborted({ frames: [{ index: 1, offset: line }], panic: { message: 'x', location: { ...location, line }, frames: [] } });
    expect(fingerprint(panicked(3))).toBe(fingerprint(panicked(3)));
    expect(fingerprint(panicked(3))).not.toBe(fingerprint(panicked(4)));
  });
});

/** What wasm-bindgen 0.2.100 wrote does the same when it is transformed, and then recovers. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { transform } from 'wasm-revive/transform';
import { testFolders } from '../src/drive/folders.ts';
import { otherRuntime } from '../src/drive/paths.ts';
import { nameOf } from '../src/invariants.ts';

const { copyOf } = testFolders();

/** `lib.rs`, as its glue exports it. */
interface Older {
  greet(name: string): string;
  calls(): number;
  _delete(): number;
  parsed(text: string): unknown;
  twice(callback: () => unknown): unknown;
  abort(): void;
  readonly Mood: { readonly Glad: number; readonly Sad: number };
  readonly Counter: new (count: number) => { mood: number; inc(): number; closure(): (by: number) => number; free(): void };
  readonly __wasm: { readonly memory: WebAssembly.Memory };
}

const GOLDEN = fileURLToPath(new URL('../../bindgen/test/golden/0.2.100/', import.meta.url));

function original(target: string): string {
  const dir = copyOf(join(GOLDEN, target));
  writeFileSync(join(dir, 'older_bg.wasm'), Buffer.from(readFileSync(join(GOLDEN, 'older_bg.wasm.base64'), 'utf8'), 'base64'));
  return dir;
}

const load = (dir: string): Older => createRequire(import.meta.url)(join(dir, 'older.js')) as Older;

/** Everything that the package does but abort. */
function use(older: Older): unknown[] {
  const counter = new older.Counter(3);
  const add = counter.closure();
  let times = 0;
  const results = [
    older.greet('Ada'),
    older.calls(),
    older._delete(),
    older.parsed('{"a":[1]}'),
    older.twice(() => ++times),
    counter.mood,
    counter.inc(),
    [add(1), add(2)],
    older.Mood.Sad,
    older.__wasm.memory instanceof WebAssembly.Memory,
  ];
  counter.free();
  expect(() => older.parsed('{')).toThrow(SyntaxError);
  return results;
}

describe.each(['fresh', 'rollback'] as const)('a package for Node.js, with recovery %s', (recovery) => {
  it(`${nameOf('I1')}, ${nameOf('I7')}: exports the same, does the same, and recovers from an abort`, () => {
    const plain = load(original('nodejs'));
    const dir = original('nodejs');
    transform({ dir, recovery });
    const ours = load(dir);
    expect(Object.keys(ours).sort()).toEqual([...Object.keys(plain), '__revive'].sort());
    expect(use(ours)).toEqual(use(plain));
    const kept = new ours.Counter(7);
    expect(() => ours.abort()).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
    if (recovery === 'fresh') {
      expect(ours.calls()).toBe(0);
      expect(() => kept.inc()).toThrow(expect.objectContaining({ code: 'REVIVE_STALE_HANDLE' }));
    } else {
      expect(ours.calls()).toBe(1);
      expect(kept.inc()).toBe(8);
    }
    expect(use(ours).slice(2)).toEqual(use(plain).slice(2));
    // The original doesn't: what it exports is one instance's for ever.
    expect(() => plain.abort()).toThrow(WebAssembly.RuntimeError);
  });
});

it.each(['fresh', 'rollback'] as const)(
  `${nameOf('I1')}: a package for Deno does the same there, and recovers from an abort (%s)`,
  (recovery) => {
    const script = `
    const older = await import('./older.js');
    const said = [older.greet('Ada'), older.calls(), older.parsed('[1]')];
    try { older.abort(); } catch (error) { said.push(error.code ?? error.name); }
    try { said.push(older.greet('Eve')); } catch (error) { said.push(String(error)); }
    console.log(JSON.stringify(said));
  `;
    const said = (dir: string): unknown => {
      writeFileSync(join(dir, 'main.mjs'), script);
      return JSON.parse(execFileSync(otherRuntime('deno'), ['run', '-A', '--no-lock', 'main.mjs'], { cwd: dir, encoding: 'utf8' }));
    };
    const dir = original('deno');
    transform({ dir, recovery });
    expect(said(original('deno'))).toEqual(['Hello, Ada!', 1, [1], 'RuntimeError', expect.anything()]);
    expect(said(dir)).toEqual(['Hello, Ada!', 1, [1], 'REVIVE_ABORT', 'Hello, Eve!']);
  },
);

/** `prewarm`: the start function runs once, when the package is transformed, and instances begin in the state after it. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { fileURLToPath, pathToFileURL } from 'node:url';
import { runInThisContext } from 'node:vm';
import { inspectWasm, transform as transformWith } from '@wasm-revive/bindgen';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { type TransformOptions, transform } from '../dist/transform.js';
import { stateOf } from '../src/prewarm/held-values.js';
import {
  artifact,
  type Package as Fixtures,
  folder,
  load as loadFixtures,
  RUNTIME,
  removeFolders,
  thrown,
  wasmFileOf,
} from './fixtures.js';

interface Package extends Fixtures {
  starts(): number;
  initSync?(options: { module: Uint8Array }): void;
}

interface Globals {
  wasmReviveStart?: () => string;
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const VARIANTS = [
  ['fixtures', 'abort', 'nodejs', 'fresh'],
  ['fixtures', 'unwind', 'nodejs', 'rollback'],
  ['fixtures', 'unwind', 'web', 'fresh'],
  ['fixtures', 'abort', 'web', 'rollback'],
  ['fixtures', 'abort', 'bundler', 'fresh'],
  ['fixtures-mvp', 'abort', 'nodejs', 'rollback'],
  ['fixtures-revive', 'unwind', 'nodejs', 'fresh'],
] as const;

function prewarmed(dir: string, options: Partial<TransformOptions> = {}): { readonly dir: string; readonly warnings: readonly string[] } {
  const outDir = join(folder(), 'pkg');
  const { warnings } = transform({ dir, outDir, prewarm: true, ...options });
  return { dir: outDir, warnings };
}

async function load(dir: string, target: string): Promise<Package> {
  const wasm = wasmFileOf(dir);
  if (target === 'nodejs') return createRequire(import.meta.url)(wasm.replace('_bg.wasm', '.js')) as Package;
  // The bundler target's main file imports the wasm file, for which Node.js needs a flag: its glue is given an instance in place of that.
  if (target === 'bundler') {
    const glue = (await import(pathToFileURL(wasm.replace('.wasm', '.js')).href)) as Package & {
      __wbg_set_wasm(exports: object, module: WebAssembly.Module): void;
    };
    const module = new WebAssembly.Module(new Uint8Array(readFileSync(wasm)));
    const [{ module: from } = { module: '' }] = WebAssembly.Module.imports(module);
    const { exports } = new WebAssembly.Instance(module, { [from]: glue as unknown as WebAssembly.ModuleImports });
    glue.__wbg_set_wasm(exports, module);
    (exports.__wbindgen_start as () => void)();
    return glue;
  }
  const pkg = (await import(pathToFileURL(wasm.replace('_bg.wasm', '.js')).href)) as Package;
  pkg.initSync?.({ module: new Uint8Array(readFileSync(wasm)) });
  return pkg;
}

let started = 0;

beforeEach(() => {
  started = 0;
  (globalThis as Globals).wasmReviveStart = () => {
    started++;
    return '';
  };
});

afterEach(() => {
  delete (globalThis as Globals).wasmReviveStart;
  delete process.env.NODE_OPTIONS;
});

afterAll(removeFolders);

describe.each(VARIANTS)('%s, panic=%s, %s, %s', (name, panic, target, recovery) => {
  it('I7: no instance runs the start function, and each begins as it has left it', async () => {
    const { dir } = prewarmed(artifact(target, panic, name), { recovery });
    const module = await load(dir, target);
    expect([module.starts(), module.bump(), module.bump(), module.echo('ä'), module.same(module)]).toEqual([1, 101, 102, 'ä', module]);
    for (let generation = 2; generation <= 4; generation++) {
      module.__revive.reset();
      expect([module.starts(), module.bump(), module.count()]).toEqual([1, 101, 101]);
      expect(thrown(() => module.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT', report: { recovery } });
      expect(module.bump()).toBe(recovery === 'rollback' ? 102 : 101);
    }
    const counter = new module.Counter(5);
    expect(counter.inc()).toBe(6);
    if (target !== 'bundler') expect((module.__revive.instance('a') as unknown as Package).bump()).toBe(101);
    // As many references as make the table grow, whose length Rust has in the memory.
    const objects = Array.from({ length: 2_000 }, (_, nth) => ({ nth }));
    for (const object of objects) expect(module.same(object)).toBe(object);
    expect(started).toBe(0);
  });
});

it('I7: a state in which the table of references has grown goes on, for Rust has in memory how long it is', () => {
  interface Points extends Package {
    remember(key: string, value: string): void;
    recall(key: string): string | undefined;
  }
  const dir = artifact('nodejs', 'abort', 'fixtures');
  const warm = loadFixtures<Points>('abort', RUNTIME, 'fixtures', 'copy');
  expect(warm.sum_points(warm.points(3_000))).toBeGreaterThan(0);
  warm.remember('key', 'x'.repeat(300_000));
  // What is held at these places, the glue gives each instance.
  const state = stateOf(warm.__revive.checkpoint(), []);
  expect(state.references).toBeGreaterThan(3_000);
  const outDir = join(folder(), 'pkg');
  const prewarmed = new Map([['wasm_revive_fixtures', state]]);
  transformWith({ dir, outDir, version: '9.9.9', runtime: { import: RUNTIME }, prewarmed });
  const module = createRequire(import.meta.url)(wasmFileOf(outDir).replace('_bg.wasm', '.js')) as Points;
  for (let generation = 1; generation <= 2; generation++) {
    expect(module.recall('key')).toBe('x'.repeat(300_000));
    expect(module.sum_points(module.points(9_000))).toBeGreaterThan(0);
    module.__revive.reset();
  }
});

it('I7: a package for Deno begins so in Deno, too', () => {
  const [dir, outDir] = [join(folder(), 'pkg'), join(folder(), 'pkg')];
  const wasm = join(ROOT, '.artifacts/fixtures/abort/wasm_revive_fixtures.wasm');
  execFileSync(join(ROOT, '.tools/bin/wasm-bindgen'), ['--target', 'deno', '--out-dir', dir, wasm]);
  transform({ dir, outDir, prewarm: true });
  const program = join(outDir, 'program.mjs');
  writeFileSync(
    program,
    `let started = 0;
    globalThis.wasmReviveStart = () => { started++; return ''; };
    const pkg = await import('./wasm_revive_fixtures.js');
    const seen = [pkg.starts(), pkg.bump()];
    try { pkg.fail('abort'); } catch (error) { seen.push(error.code); }
    console.log(JSON.stringify([...seen, pkg.starts(), pkg.bump(), started]));`,
  );
  const seen = execFileSync(join(ROOT, '.tools/deno/bin/deno'), ['run', '-A', program], { encoding: 'utf8' });
  expect(JSON.parse(seen)).toEqual([1, 101, 'REVIVE_ABORT', 1, 101, 0]);
});

it('I7: a script begins so', () => {
  const dir = fileURLToPath(new URL('../../../.artifacts/bench-fixture/abort/no-modules/', import.meta.url));
  const made = prewarmed(dir).dir;
  const startOf = (at: string): number | undefined =>
    inspectWasm(readFileSync(wasmFileOf(at))).exports.find(({ name }) => name === '__wbindgen_start')?.index;
  expect(startOf(made)).toBe(inspectWasm(readFileSync(wasmFileOf(dir))).functions);
  const code = readFileSync(wasmFileOf(made).replace('_bg.wasm', '.js'), 'utf8');
  const script = runInThisContext(`(() => {${code}\nreturn wasm_bindgen;\n})()`) as Package;
  script.initSync?.({ module: new Uint8Array(readFileSync(wasmFileOf(made))) });
  for (let generation = 1; generation <= 2; generation++) {
    expect(script.echo('ä')).toBe('ä');
    script.__revive.reset();
  }
});

describe('what is written', () => {
  const dir = artifact('nodejs', 'abort', 'fixtures');

  it('is the same each time, and has none of the zeros in memory', () => {
    const [first, second] = [prewarmed(dir), prewarmed(dir)].map((made) => readFileSync(wasmFileOf(made.dir)));
    expect(Buffer.compare(first as Buffer, second as Buffer)).toBe(0);
    expect(first?.length).toBeLessThan(readFileSync(wasmFileOf(dir)).length + 64 * 1024);
  });

  it('comes with a warning of what the start function has called', () => {
    expect(prewarmed(dir).warnings.join('\n')).toMatch(
      /The start function of \S+ called JavaScript \(howToStart\) when it was run for --prewarm/,
    );
  });
});

it('I9: a module without a start function is refused for that', () => {
  const dir = artifact('web', 'abort', 'symbolicate');
  const outDir = join(folder(), 'pkg');
  const error = thrown(() => transform({ dir, outDir, prewarm: true }));
  expect(error).toMatchObject({
    code: 'REVIVE_NOT_PREWARMED',
    message: expect.stringMatching(/found no start function \(in Rust, .*Nothing was changed/),
  });
});

it('I9: on a machine without a place for temporary files, it says so', () => {
  const outDir = join(folder(), 'pkg');
  vi.stubEnv('TMPDIR', join(outDir, 'nowhere'));
  const error = thrown(() => transform({ dir: artifact('nodejs', 'abort', 'fixtures'), outDir, prewarm: true }));
  vi.unstubAllEnvs();
  expect(error).toMatchObject({
    code: 'REVIVE_FILE_SYSTEM',
    message: expect.stringMatching(/nowhere, where temporary files go, can't be written/),
  });
});

describe('what a start function must not do', () => {
  it.each([
    ['throw', /in Node\.js, found: .*thrown by start on purpose/],
    ['abort', /in Node\.js, found: .*Rust aborted/],
    ['later abort', /not saved: a task of it waits|calls are in flight|JavaScript's values/],
  ])('I9: %s is refused, and nothing is written', (how, message) => {
    const told = join(folder(), 'told.mjs');
    writeFileSync(told, `globalThis.wasmReviveStart = () => ${JSON.stringify(how)};`);
    process.env.NODE_OPTIONS = `--import=${pathToFileURL(told).href}`;
    const outDir = join(folder(), 'pkg');
    const error = thrown(() => transform({ dir: artifact('nodejs', 'abort', 'fixtures'), outDir, prewarm: true }));
    expect(error).toMatchObject({ code: 'REVIVE_NOT_PREWARMED', message: expect.stringMatching(message) });
    expect(String(error)).toContain('Nothing was changed');
    expect(() => readFileSync(wasmFileOf(outDir))).toThrow();
  });
});

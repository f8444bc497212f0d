/** A transformed package in the place of the one it was made of: use by use, type by type, whatever its users can see of it. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { transform } from 'wasm-revive/transform';
import {
  cargoModule,
  needed,
  nodeVersion,
  otherNodeMajors,
  PANIC_MODES,
  programs,
  RUNNING_NODE,
  root,
  TARGETS,
  upstreamPackage,
  wasmBindgen,
} from '../src/drive/paths.ts';
import { canLoad, nodeFlags, runProgram, runSource } from '../src/drive/run-in-node.ts';
import type { Target } from '../src/hosts/node.ts';
import { USES } from '../src/runner/behaviour/behaviour.ts';

type Seen = Readonly<Record<string, string>>;

/** Runs a program of this package on a folder; what it writes. */
async function run(program: string, target: Target, dir: string, ...args: string[]): Promise<Seen> {
  const node = canLoad(RUNNING_NODE, target) ? RUNNING_NODE : nodeVersion(Math.max(...otherNodeMajors()));
  const file = needed(join(programs, program), 'The programs have not been built');
  const { stdout, ended } = await runProgram(node.binary, [...nodeFlags(node, target), file, dir, ...args]);
  if (ended !== undefined) throw new Error(`${program} on ${dir} ended with ${ended}`);
  return JSON.parse(stdout) as Seen;
}

/** Two runs, made when the first of their tests asks. */
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

describe.each(PANIC_MODES)('panic=%s', (panic) => {
  describe.each(TARGETS)('%s', (target) => {
    const upstream = lazily(() => run('behaviour-child.js', target, upstreamPackage(panic, target), target));
    const ours = lazily(() => run('behaviour-child.js', target, join(inject('transformed'), panic, target), target));

    it.each(Object.keys(USES))('%s', async (use) => {
      const expected = (await upstream())[use];
      expect(expected, 'what the untransformed package does').toBeDefined();
      expect((await ours())[use]).toBe(expected);
    });
  });

  describe('web, initialisation', () => {
    it('every way to initialise it does what it did', async () => {
      const expected = await run('init-child.js', 'web', upstreamPackage(panic, 'web'));
      expect(Object.keys(expected).length).toBeGreaterThan(15);
      expect(await run('init-child.js', 'web', join(inject('transformed'), panic, 'web'))).toEqual(expected);
    });

    it('before, twice, after a failure', async () => {
      const alive = '[1, 101, "echo", 4]';
      const notReady =
        'threw ReviveError ReviveError: wasm_revive_fixtures was called before it was initialised. Call the default export (or initSync) first. ';
      expect(await run('init-child.js', 'web', join(inject('transformed'), panic, 'web'), 'ours')).toEqual({
        'a call before init': notReady,
        'a constructor before init': notReady,
        'an initialisation that comes second changes nothing': '[2, 102, 1, true] ',
        'init after an abort': `[true, true, 1, ${alive}] `,
        'the exports that init gave, after an abort': '[5, true, true] ',
        'an abort through the exports that init gave': `[true, ${alive}] `,
        'a failed initialisation, then a call': notReady,
      });
    });
  });
});

const READS_MEMORY = `
  const [dir] = process.argv.slice(2);
  const pkg = await import(dir + '/wasm_revive_fixtures.js');
  const { memory } = await import(dir + '/wasm_revive_fixtures_bg.wasm');
  pkg.echo('x'.repeat(8_000_000));
  process.stdout.write(JSON.stringify(memory.buffer.byteLength / 65536 - pkg.memory_pages()));
`;

const MAKES_INSTANCE = `
  import { readFileSync, rmSync } from 'node:fs';
  const [dir, ...options] = process.argv.slice(2);
  const pkg = await import(dir + '/wasm_revive_fixtures_bg.js');
  const module = new WebAssembly.Module(readFileSync(dir + '/wasm_revive_fixtures_bg.wasm'));
  const imports = {};
  for (const { module: name } of WebAssembly.Module.imports(module)) imports[name] = await import(dir + '/' + name);
  const instance = new WebAssembly.Instance(module, imports);
  pkg.__wbg_set_wasm(instance.exports, ...(options.includes('module') ? [module] : []));
  instance.exports.__wbindgen_start();
  const seen = [pkg.echo('text'), pkg.starts(), new pkg.Counter(3).inc(), pkg.call_inline(2)];
  const answer = (run) => { try { return run(); } catch (error) { return error.code; } };
  if (options.includes('no file')) rmSync(dir + '/wasm_revive_fixtures_bg.wasm');
  if (pkg.__revive) {
    seen.push(answer(() => pkg.fail('abort')), answer(() => pkg.add(1, 2)));
    while (answer(() => pkg.add(1, 2)) === 'REVIVE_RECOVERING') await new Promise((resolve) => setTimeout(resolve, 5));
    seen.push(answer(() => pkg.bump()), pkg.__revive.state);
  }
  process.stdout.write(JSON.stringify(seen));
`;

const GIVES_MODULE = `
  import { readFileSync } from 'node:fs';
  const [dir] = process.argv.slice(2);
  const pkg = await import(dir + '/wasm_revive_fixtures_bg.js');
  const module = new WebAssembly.Module(readFileSync(dir + '/wasm_revive_fixtures_bg.wasm'));
  pkg.__wbg_set_wasm({ default: module }, module, true);
  process.stdout.write(JSON.stringify([pkg.__revive.generation, pkg.starts(), pkg.add(1, 2)]));
`;

/** As packages do that are to say in their own words that they are used too early, and those that make their instance at the first use. */
const STANDS_IN = `
  import { readFileSync } from 'node:fs';
  const [dir, way, given] = process.argv.slice(2);
  const pkg = await import(dir + '/wasm_revive_fixtures_bg.js');
  const module = new WebAssembly.Module(readFileSync(dir + '/wasm_revive_fixtures_bg.wasm'));
  const imports = {};
  for (const { module: name } of WebAssembly.Module.imports(module)) imports[name] = await import(dir + '/' + name);
  const make = () => {
    const { exports } = new WebAssembly.Instance(module, imports);
    if (way === 'never') return exports;
    pkg.__wbg_set_wasm(exports, ...(given === 'module' ? [module] : []));
    exports.__wbindgen_start();
    return exports;
  };
  let made;
  const ways = {
    throws: () => { throw new Error('call init() first'); },
    lazy: (_, name) => (made ??= make())[name],
    // Gives nothing but this ever.
    never: (_, name) => {
      if (made === undefined) (made = make()).__wbindgen_start();
      return made[name];
    },
  };
  const trap = way === 'all' ? 'throws' : way;
  const handler = { get: ways[trap] };
  if (way === 'all') for (const name of Reflect.ownKeys(Reflect)) if (typeof Reflect[name] === 'function') handler[name] = ways.throws;
  pkg.__wbg_set_wasm(new Proxy({}, handler));
  const seen = [];
  const answer = (run) => { try { return run(); } catch (error) { return error.message; } };
  seen.push(answer(() => pkg.echo('text')));
  seen.push(answer(() => new pkg.Counter(3).inc()));
  if (way !== 'lazy' && way !== 'never') make();
  seen.push(pkg.echo('text'), pkg.starts(), new pkg.Counter(3).inc());
  process.stdout.write(JSON.stringify(seen));
`;

describe('bundler, a program that first gives something that stands in for the exports (I2)', () => {
  // Under panic=abort, the wasm file imports from snippets, too.
  it.each(PANIC_MODES.flatMap((panic) => ['throws', 'all', 'lazy', 'never', 'throws, module'].map((way) => ({ panic, way }))))(
    'does what it did › panic=$panic › $way',
    async ({ panic, way }) => {
      const run = async (dir: string): Promise<unknown> => {
        const { stdout, stderr } = await runSource(STANDS_IN, RUNNING_NODE, dir, ...way.split(', '));
        return stdout === '' ? stderr : JSON.parse(stdout);
      };
      const plain = await run(upstreamPackage(panic, 'bundler'));
      expect(plain).toEqual([
        ...(way === 'lazy' || way === 'never' ? ['text', 4] : ['call init() first', 'call init() first']),
        'text',
        1,
        4,
      ]);
      expect(await run(join(inject('transformed'), panic, 'bundler'))).toEqual(plain);
    },
  );
});

describe('bundler, a program that makes the instance by itself', () => {
  const run = async (dir: string, ...options: string[]): Promise<unknown> => {
    const { stdout, stderr } = await runSource(MAKES_INSTANCE, RUNNING_NODE, dir, ...options);
    return stdout === '' ? stderr : JSON.parse(stdout);
  };

  // Under panic=abort, the wasm file imports from snippets, too: of what the program gives an instance, that has guards as well.
  it.each(PANIC_MODES)('is served as before, and after an abort too › panic=%s', async (panic) => {
    const plain = ['text', 1, 4, 3];
    expect(await run(upstreamPackage(panic, 'bundler'))).toEqual(plain);
    const ours = join(inject('transformed'), panic, 'bundler');
    expect(await run(ours, 'module')).toEqual([...plain, 'REVIVE_ABORT', 3, 101, 'running']);
    // Without the module, the file beside the glue is read first.
    expect(await run(ours)).toEqual([...plain, 'REVIVE_ABORT', 'REVIVE_RECOVERING', 101, 'running']);
    const copy = mkdtempSync(join(tmpdir(), 'wasm-revive-by-hand-'));
    try {
      cpSync(ours, copy, { recursive: true });
      expect(await run(copy, 'no file')).toEqual([...plain, 'REVIVE_ABORT', 'REVIVE_RECOVERING', 'REVIVE_NO_MODULE', 'retired']);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });
});

describe('bundler, where importing the wasm file gives a module', () => {
  it.each(PANIC_MODES)('its first instance is the first generation › panic=%s', async (panic) => {
    const { stdout } = await runSource(GIVES_MODULE, RUNNING_NODE, join(inject('transformed'), panic, 'bundler'));
    expect(stdout).toBe('[1,1,3]');
  });
});

describe('bundler, who imports the wasm file too', () => {
  const nodes = [RUNNING_NODE, nodeVersion(Math.max(...otherNodeMajors()))];
  it.each(nodes.flatMap((node) => PANIC_MODES.map((panic) => ({ node, panic, major: node.major }))))(
    'has the memory of the package › panic=$panic › node $major',
    async ({ node, panic }) => {
      for (const dir of [upstreamPackage(panic, 'bundler'), join(inject('transformed'), panic, 'bundler')]) {
        expect(await runSource(READS_MEMORY, node, dir)).toMatchObject({ stdout: '0', ended: undefined });
      }
    },
  );
});

describe('bundler, with --js-string-builtins', () => {
  it.each(PANIC_MODES)('everything does what it did › panic=%s', async (panic) => {
    const folder = mkdtempSync(join(tmpdir(), 'wasm-revive-strings-'));
    try {
      const [plain, transformed] = [join(folder, 'plain'), join(folder, 'transformed')];
      const flags = ['--target', 'bundler', '--js-string-builtins', '--out-dir', plain];
      expect(await runProgram(wasmBindgen(), [...flags, cargoModule('fixtures', panic)])).toMatchObject({ ended: undefined });
      transform({ dir: plain, outDir: transformed });
      const newest = nodeVersion(Math.max(...otherNodeMajors()));
      const seen = [plain, transformed].map(async (dir) => {
        const { stdout } = await runProgram(newest.binary, [
          ...nodeFlags(newest, 'bundler'),
          join(programs, 'behaviour-child.js'),
          dir,
          'bundler',
        ]);
        return JSON.parse(stdout) as Seen;
      });
      const [before, after] = await Promise.all(seen);
      expect(after).toEqual(before);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

const USES_NOTHING = "import * as pkg from './pkg/wasm_revive_fixtures.js'; void pkg;";

const MISUSES = `
  import * as pkg from './pkg/wasm_revive_fixtures.js';
  pkg.add('1', 2);
  pkg.__revive.on('nothing', () => {});
  pkg.__revive.configure({ maxRestart: 1 });
  pkg.__revive.instance('a').__revive;
  pkg.__revive.instance('a').add('1', 2);
`;

function usesEverything(target: Target): string {
  return `
    import * as pkg from './pkg/wasm_revive_fixtures.js';
    import { coredump } from '@wasm-revive/abort-detector/coredump';
    import { instrument } from '@wasm-revive/opentelemetry';
    import type { Plugin } from 'wasm-revive';
    ${target === 'web' ? 'const ready: Promise<pkg.InitOutput> = pkg.default({ module_or_path: new Uint8Array() }); pkg.initSync({ module: new Uint8Array() }); void ready;' : ''}
    const sum: number = pkg.add(1, 2);
    const counter: pkg.Counter = new pkg.Counter(1);
    const dog: pkg.Animal = new pkg.Dog('Rex');
    const red: pkg.Color = pkg.Color.Red;
    const mood: pkg.Mood = 'glad';
    const labelled: pkg.Labelled = { name: '', tags: [] };
    const later: Promise<number> = counter.later();
    const off: () => void = pkg.__revive.on('failure', (report) => {
      const text: string = report.failure.kind === 'aborted' ? report.failure.cause : report.failure.panic.message;
      const generation: number = report.generation;
      void [text, generation, report.entrypoint, report.memoryBytes, report.recovery];
    });
    pkg.__revive.on('recovered', ({ generation, ms }) => generation + ms);
    pkg.__revive.on('stale', ({ entrypoint }) => entrypoint.length);
    pkg.__revive.configure({ maxRestarts: 3, withinMs: 1000, staleClosures: 'throw', onFailure: (report) => void report.module });
    pkg.__revive.configure({ recycle: { memoryBytes: 2 ** 28, turns: 1000, ageMs: 1000 }, drainMs: 1000 });
    pkg.__revive.on('recycled', ({ reason, from, generation }) => [reason, generation - from]);
    pkg.__revive.reset();
    const inFlight: number = pkg.__revive.stats.inFlight + pkg.__revive.generation;
    const state: 'idle' | 'running' | 'recovering' | 'open' | 'retired' | 'draining' | 'disposed' = pkg.__revive.state;
    const disposed: Promise<void> = pkg.__revive[Symbol.asyncDispose]();
    const evicted: [boolean, Promise<boolean>] = [pkg.__revive.evict('a'), pkg.__revive.evict('a', { drain: true, drainMs: 1 })];
    pkg.__revive.use(coredump({ write: (bytes, report) => void [bytes.length, report.fingerprint] }));
    instrument(pkg.__revive);
    const told: Plugin = { name: 'mine', threw: ({ error, panic, instance }) => void [error, panic?.error.message, instance.memoryBytes] };
    pkg.__revive.use(told);
    const sibling = pkg.__revive.instance('a');
    class Puppy extends sibling.Dog {
      bark(): string {
        return Puppy.tally() + super.bark();
      }
    }
    const barked: string = new Puppy('Rex').bark() + sibling.geometry.flat.area(1, 2) + sibling.Color.Red;
    const other: pkg.Counter = new sibling.Counter(1);
    void [sum, dog, red, mood, labelled, later, off, inFlight, state, disposed, evicted, barked, other];
  `;
}

describe('declarations', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-revive-types-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What the compiler says of programs that use a package, strictly, libraries included, by the file in which it finds it. */
  const diagnoses = lazily(async () => {
    const files: string[] = [];
    // What a program has installed.
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    for (const target of TARGETS) {
      const packages = { upstream: upstreamPackage('unwind', target), ours: join(inject('transformed'), 'unwind', target) };
      const programs = { upstream: USES_NOTHING, good: usesEverything(target), bad: MISUSES } as const;
      for (const [name, code] of Object.entries(programs)) {
        const dir = join(folder, target, name);
        mkdirSync(dir, { recursive: true });
        symlinkSync(name === 'upstream' ? packages.upstream : packages.ours, join(dir, 'pkg'));
        const file = join(dir, target === 'nodejs' ? 'program.cts' : 'program.mts');
        writeFileSync(file, code);
        files.push(file);
      }
    }
    const program = ts.createProgram(files, {
      strict: true,
      noEmit: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts'],
      types: [],
      preserveSymlinks: true,
    });
    return ts.getPreEmitDiagnostics(program).map(({ messageText, file }) => ({
      file: relative(folder, file?.fileName ?? ''),
      text: ts.flattenDiagnosticMessageText(messageText, '\n'),
    }));
  });

  /** @param name of the program: what is found in it, and in the package it uses */
  async function found(target: Target, name: 'upstream' | 'good' | 'bad'): Promise<string[]> {
    const place = join(target, name);
    return (await diagnoses()).filter(({ file }) => file.startsWith(place)).map(({ file, text }) => `${relative(place, file)}: ${text}`);
  }

  it.each(TARGETS)('%s: a program that uses everything compiles', async (target) => {
    // wasm-bindgen's own declarations of variadic functions have an error.
    expect(await found(target, 'good')).toEqual(await found(target, 'upstream'));
  });

  it.each(TARGETS)('%s: a program that misuses things does not', async (target) => {
    expect((await found(target, 'bad')).filter((text) => text.startsWith('program.')).length).toBe(5);
  });

  it.each(TARGETS)('%s: all that was declared still is, and __revive besides', (target) => {
    const before = readFileSync(join(upstreamPackage('unwind', target), 'wasm_revive_fixtures.d.ts'), 'utf8').trimEnd();
    const after = readFileSync(join(inject('transformed'), 'unwind', target, 'wasm_revive_fixtures.d.ts'), 'utf8');
    expect(after.startsWith(before)).toBe(true);
    expect(after.slice(before.length)).toMatch(/export const __revive/);
  });
});

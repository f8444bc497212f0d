/** The coredumps of a real package, put together again by the engine: what debuggers are given is what was there. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { BLACK_BOX_EXPORT, type CrashReport, GLOBAL_EXPORT_PREFIX, type Plugin, readBlackBox } from '@wasm-revive/kernel';
import { beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { type CoredumpOptions, coredump, type Revive } from 'wasm-revive';
import { testFolders } from '../src/drive/folders.ts';
import { PANIC_MODES } from '../src/drive/paths.ts';
import { moduleName } from '../src/hosts/node.ts';
import type { PanicMode } from '../src/runner/kinds.ts';

interface Package {
  readonly __revive: Revive;
  add(a: number, b: number): number;
  fail(kind: string): void;
  /** Calls back. */
  nested(f: () => unknown): unknown;
}

const folders = testFolders();
const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
const error = vi.spyOn(console, 'error').mockImplementation(() => {});
beforeEach(() => vi.clearAllMocks());

/** The fixtures with the crates, evaluated anew. */
function load(panic: PanicMode): { pkg: Package; wasm: () => Uint8Array } {
  const dir = join(inject('transformed'), 'revive', panic, 'nodejs');
  const file = join(dir, `${moduleName(dir)}.js`);
  const require = createRequire(import.meta.url);
  delete require.cache[file];
  return { pkg: require(file) as Package, wasm: () => readFileSync(join(dir, `${moduleName(dir)}_bg.wasm`)) };
}

/** What an instance held when it was lost, read without the plugin that is tested. */
interface Held {
  readonly memory: Uint8Array;
  readonly globals: Readonly<Record<string, unknown>>;
  readonly blackBox: WebAssembly.ExportValue;
}

function witness(held: Held[]): Plugin {
  return {
    name: 'witness',
    lost({ exports = {} }) {
      const { memory, [BLACK_BOX_EXPORT]: blackBox } = exports;
      const globals = Object.entries(exports).filter(([name]) => name.startsWith(GLOBAL_EXPORT_PREFIX));
      held.push({
        memory: new Uint8Array((memory as WebAssembly.Memory).buffer.slice(0)),
        globals: Object.fromEntries(globals.map(([name, global]) => [name, (global as WebAssembly.Global).value])),
        blackBox: blackBox as WebAssembly.ExportValue,
      });
    },
  };
}

/** Fails on purpose. @returns what was thrown */
function failing(run: () => unknown): { readonly code?: string; readonly report?: CrashReport } {
  try {
    run();
  } catch (thrown) {
    return thrown as object;
  }
  throw new Error('It did not fail.');
}

/** Instantiates a coredump, which is a module like any other but for its lack of exports: those are put in behind its globals. */
function revived(bytes: Uint8Array<ArrayBuffer>, globals: number): WebAssembly.Exports {
  const names = [...Array(globals).keys()];
  const exported = [[1, 0x6d, 2, 0], ...names.map((index) => [1, 0x61 + index, 3, index])];
  const section = [exported.length, ...exported.flat()];
  const data = sections(bytes).find(({ id }) => id === 11)?.at ?? bytes.length;
  const whole = [bytes.subarray(0, data), Uint8Array.from([7, section.length, ...section]), bytes.subarray(data)];
  return new WebAssembly.Instance(new WebAssembly.Module(Buffer.concat(whole))).exports;
}

function sections(bytes: Uint8Array): { id: number; at: number }[] {
  const found: { id: number; at: number }[] = [];
  for (let at = 8; at < bytes.length; ) {
    let [size, end] = [0, at + 1];
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[end++] ?? 0;
      size += (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    found.push({ id: bytes[at] ?? -1, at });
    at = end + size;
  }
  return found;
}

/** Frames as the section `corestack` has them, for indices and offsets below 2^14. */
function stackOf(bytes: Uint8Array<ArrayBuffer>): { index: number; codeOffset: number }[] {
  const [stack] = WebAssembly.Module.customSections(new WebAssembly.Module(bytes), 'corestack');
  const at = [...new Uint8Array(stack ?? new ArrayBuffer(0))].slice('\0\x04main'.length);
  const next = (): number => {
    const byte = at.shift() ?? 0;
    return byte < 0x80 ? byte : (byte & 0x7f) + next() * 0x80;
  };
  return Array.from({ length: next() }, () => {
    const [kind, instance, index, codeOffset, locals, operands] = [next(), next(), next(), next(), next(), next()];
    expect([kind, instance, locals, operands]).toEqual([0, 0, 0, 0]);
    return { index: index ?? 0, codeOffset: codeOffset ?? 0 };
  });
}

describe.each(PANIC_MODES)('a coredump, panic=%s', (panic) => {
  it('has memory, globals and stack as they were at the abort, and the crates’ notes at their address', () => {
    const { pkg, wasm } = load(panic);
    const file = join(folders.empty(), 'app.core.wasm');
    const held: Held[] = [];
    pkg.__revive.use(coredump({ write: (bytes) => writeFileSync(file, bytes), wasm }));
    pkg.__revive.use(witness(held));
    const { report } = failing(() => pkg.fail(panic === 'abort' ? 'panic-message' : 'oom'));
    expect(pkg.add(1, 2)).toBe(3);

    const [was] = held as [Held];
    const bytes = Uint8Array.from(readFileSync(file));
    const exports = revived(bytes, 7) as { m: WebAssembly.Memory } & Record<string, WebAssembly.Global>;
    const memory = new Uint8Array(exports.m.buffer);
    expect(Buffer.compare(memory, was.memory)).toBe(0);
    expect(memory.length).toBe(report?.memoryBytes);

    const blackBox = readBlackBox({ memory: exports.m, [BLACK_BOX_EXPORT]: was.blackBox });
    expect(blackBox).toMatchObject(
      panic === 'abort' ? { panic: { message: 'the message of panic-message' } } : { failedAllocation: { size: 4 * 2 ** 20 } },
    );

    const names = Object.keys(was.globals);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const index = Number(name.slice(GLOBAL_EXPORT_PREFIX.length));
      expect(exports[String.fromCharCode(0x61 + index)]?.value).toBe(was.globals[name]);
    }

    const frames = report?.failure.kind === 'aborted' ? report.failure.frames : [];
    expect(frames.length).toBeGreaterThan(3);
    const stack = stackOf(bytes);
    expect(stack.map(({ index }) => index)).toEqual(frames.map(({ index }) => index));
    // What is left of a frame's offset is where its function begins: the same for each frame of one function, and another for others.
    const starts = new Map(stack.map(({ index, codeOffset }, at) => [index, (frames[at]?.offset ?? 0) - codeOffset]));
    expect(new Set(starts.values()).size).toBe(starts.size);
    expect(stack.every(({ codeOffset }) => codeOffset > 0)).toBe(true);
  });

  it('is warned of each time: it holds everything', () => {
    const { pkg } = load(panic);
    pkg.__revive.use(coredump({ write: () => {} }));
    for (let i = 0; i < 2; i++) failing(() => pkg.fail('abort'));
    expect(warn).toHaveBeenCalledTimes(2);
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/coredump of wasm_revive_fixtures .*everything that was in memory, secrets/));
  });

  it('leaves empty pages out: of 62 MiB, most of which no one wrote to, it keeps 4', () => {
    const { pkg } = load(panic);
    const sizes: [held: number, written: number][] = [];
    pkg.__revive.use(coredump({ write: (bytes, report) => void sizes.push([report.memoryBytes, bytes.length]) }));
    failing(() => pkg.fail('oom'));
    expect(sizes).toHaveLength(1);
    expect(sizes[0]?.[0]).toBeGreaterThan(60 * 2 ** 20);
    expect(sizes[0]?.[1]).toBeLessThan(4 * 2 ** 20);
  });

  it('is taken after a full stack too, once there is room for it', async () => {
    const { pkg } = load(panic);
    const written: [bytes: number, report: CrashReport][] = [];
    const reports: CrashReport[] = [];
    pkg.__revive.configure({ consecutiveFailures: Number.POSITIVE_INFINITY, onFailure: (report) => reports.push(report) });
    pkg.__revive.use(coredump({ write: (bytes, report) => void written.push([bytes.length, report]) }));
    const forever = (): unknown => pkg.nested(forever);
    const fromDepth = (frames: number): unknown => (frames === 0 ? forever() : fromDepth(frames - 1));
    for (let frames = 0; frames < 40; frames++) {
      failing(() => fromDepth(frames));
      await new Promise(setImmediate);
    }
    expect(reports).toHaveLength(40);
    // Told late: nothing but the loss is known of it.
    expect(reports.filter(({ entrypoint }) => entrypoint === undefined).length).toBeGreaterThan(0);
    expect(written.map(([, report]) => report)).toEqual(reports);
    expect(written.every(([bytes]) => bytes > 100_000)).toBe(true);
    expect(pkg.add(1, 2)).toBe(3);
  });

  it('I1, I5: what becomes of it breaks nothing, whether write throws, rejects or uses the module', async () => {
    const { pkg } = load(panic);
    const heard: unknown[] = [];
    const ways: CoredumpOptions['write'][] = [
      () => {
        throw new Error('the disk is full');
      },
      () => Promise.reject(new Error('the network is gone')),
      () => {
        heard.push(failing(() => pkg.add(1, 2)).code);
        pkg.__revive.on('recovered', () => heard.push('recovered'));
      },
    ];
    pkg.__revive.use(coredump({ write: (bytes, report) => ways.shift()?.(bytes, report) }));
    for (let i = 0; i < 3; i++) {
      expect(failing(() => pkg.fail('abort')).code).toBe('REVIVE_ABORT');
      expect(pkg.add(1, 2)).toBe(3);
      await new Promise(setImmediate);
    }
    expect(error.mock.calls.map(([, thrown]) => (thrown as Error).message)).toEqual(['the disk is full', 'the network is gone']);
    expect(heard).toEqual(['REVIVE_ABORT', 'recovered']);
    expect(pkg.__revive.stats).toMatchObject({ failures: 3, recoveries: 3 });
  });

  it('says which function and not where, without the wasm file or with another', () => {
    const { wasm: another } = load(panic === 'abort' ? 'unwind' : 'abort');
    for (const wasm of [undefined, another, () => readFileSync('/there is no such file')]) {
      const { pkg } = load(panic);
      const written: Uint8Array<ArrayBuffer>[] = [];
      pkg.__revive.use(coredump({ write: (bytes) => void written.push(bytes), ...(wasm && { wasm }) }));
      failing(() => pkg.fail('abort'));
      const stack = stackOf(written[0] as Uint8Array<ArrayBuffer>);
      expect(stack.some(({ index }) => index > 0)).toBe(true);
      expect(stack.every(({ codeOffset }) => codeOffset === 0)).toBe(true);
    }
    expect(error).toHaveBeenCalledTimes(1);
  });
});

it('a panic that unwinds, and an exception that leaves the instance in use, write none', () => {
  const { pkg } = load('unwind');
  const file = join(folders.empty(), 'app.core.wasm');
  pkg.__revive.use(coredump({ write: (bytes) => writeFileSync(file, bytes) }));
  expect(failing(() => pkg.fail('panic-message')).code).toBe('REVIVE_PANIC');
  failing(() => pkg.fail('js-exception'));
  expect(pkg.__revive.stats.failures).toBe(2);
  expect(existsSync(file)).toBe(false);
  failing(() => pkg.fail('abort'));
  expect(existsSync(file)).toBe(true);
});

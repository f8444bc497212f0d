/**
 * Drives the module that wasm-bindgen never sees, by `catchExports` and by `revive`, and writes what came of it as JSON.
 * Argument: the wasm file.
 */
import { readFileSync } from 'node:fs';
import { catchExports, rawImports } from '@wasm-revive/unwind-catcher';
import { isReviveError, PanicError, plainModule, revive } from 'wasm-revive';

/** `crates/raw-fixture`. */
interface RawExports extends Record<string, WebAssembly.ExportValue> {
  memory: WebAssembly.Memory;
  __stack_pointer: WebAssembly.Global;
  divide(a: number, b: number): number;
  panic_deep(depth: number): number;
  panic_holding(textLength: number): void;
  panic_in_plain_c(): void;
  nested(n: number): number;
  resume(n: number): void;
  take_notes(): number;
  is_poisoned(): number;
  is_panicking(): number;
  // Only with the crates.
  kept?(): number;
  keep?(n: number): number;
  own_generation?(): number;
  ask_for_another?(): void;
}

/** One way to use the module. */
interface Way {
  readonly exports: RawExports;
  /** How often it has told of a panic. */
  panics(): number;
  /** What `nested` calls. */
  callOut: (n: number) => number;
}

const [file = '', panics = ''] = process.argv.slice(2);
const bytes = readFileSync(file);

function byCatchExports(): Way {
  let panics = 0;
  const way: Way = { exports: {} as RawExports, panics: () => panics, callOut: () => 0 };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    ...rawImports,
    env: { call_out: (n: number) => way.callOut(n) },
  });
  return Object.assign(way, { exports: catchExports(instance.exports as RawExports, { onPanic: () => panics++ }) });
}

function byRevive(): Way {
  let panics = 0;
  const way: Way = { exports: {} as RawExports, panics: () => panics, callOut: () => 0 };
  const { factory, description, module } = plainModule(bytes, { env: { call_out: (n: number) => way.callOut(n) } }, 'raw');
  const app = revive(factory, description, { onFailure: ({ failure }) => void (failure.kind === 'unwound' && panics++) });
  app.boot(module);
  return Object.assign(way, { exports: app.wasm as RawExports });
}

/** What a caller is told. */
function told(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    const location = error instanceof PanicError ? error.panic?.location : undefined;
    const where = location && `${location.file.split(/[\\/]/).at(-1)}:${location.line > 0}:${location.column > 0}`;
    return isReviveError(error) ? [error.code, error.message, ...(where === undefined ? [] : [where])] : error;
  }
}

/** The names of the frames of the panic. */
function thrownFrames(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof PanicError) return (error.panic?.frames ?? []).map(({ function: name = '' }) => name);
  }
  return [];
}

function observe(way: Way): Record<string, unknown> {
  const { exports: raw } = way;
  const rest = raw.__stack_pointer.value;
  const seen: Record<string, unknown> = {};
  seen['a panic'] = told(() => raw.divide(1, 0));
  seen['the function that panicked is on its stack'] = thrownFrames(() => raw.divide(1, 0)).some((name) => name.includes('divide'));
  seen['the next call'] = raw.divide(6, 3);
  seen['a panic with a text of its own, out of seven frames'] = told(() => raw.panic_deep(6));
  seen['what was dropped'] = raw.take_notes();
  seen['a panic that holds a borrow and a lock'] = told(() => raw.panic_holding(3));
  seen['the borrow is given back'] = raw.take_notes();
  seen['the lock is poisoned'] = raw.is_poisoned();
  seen['a panic of no hook, with no text'] = told(() => raw.resume(7));
  seen['panics told'] = way.panics();
  seen['Rust believes that it panics'] = raw.is_panicking();

  let inner: unknown;
  way.callOut = (n) => {
    inner = told(() => raw.divide(n, 0));
    return 40;
  };
  seen['a panic in a call within a call, and what goes on'] = [raw.nested(2), inner];
  const mine = new TypeError('mine');
  way.callOut = () => {
    throw mine;
  };
  raw.take_notes();
  seen['an error of JavaScript is itself'] = told(() => raw.nested(2)) === mine;
  const others = new WebAssembly.Exception(new WebAssembly.Tag({ parameters: ['i32'] }), [1]);
  way.callOut = () => {
    throw others;
  };
  seen["another module's exception is itself"] = told(() => raw.nested(2)) === others;
  seen['both ran destructors'] = raw.take_notes();
  seen['panics told, after all that'] = way.panics();

  const panicTwice = (): void => {
    told(() => raw.panic_deep(3));
    told(() => raw.panic_holding(100));
    raw.take_notes();
  };
  for (let i = 0; i < 1000; i++) panicTwice();
  const before = raw.memory.buffer.byteLength;
  for (let i = 0; i < Number(panics) / 2; i++) panicTwice();
  seen['bytes of memory after many more'] = raw.memory.buffer.byteLength - before;
  seen['the stack pointer has moved by'] = (raw.__stack_pointer.value as number) - rest;
  return seen;
}

/** What the program persists, over four instances. */
function observeKept({ exports: raw }: Way): unknown[] {
  const seen: unknown[] = [];
  const see = (n: number): void => {
    const before = [raw.own_generation?.(), raw.kept?.()];
    const saved = told(() => raw.keep?.(n));
    seen.push([...before, Array.isArray(saved) ? saved[0] : saved]);
  };
  see(2);
  told(() => raw.panic_in_plain_c());
  see(0);
  told(() => raw.panic_in_plain_c());
  see(3);
  raw.ask_for_another?.();
  see(4);
  return seen;
}

const ways = { catchExports: byCatchExports(), revive: byRevive() };
const seen = Object.fromEntries(Object.entries(ways).map(([name, way]) => [name, observe(way)]));
// Last, for it costs the instance.
const aborted = told(() => ways.revive.exports.panic_in_plain_c());
const after = ways.revive.exports.divide(6, 3);
const kept = {
  revive: observeKept(ways.revive),
  catchExports: [ways.catchExports.exports.own_generation?.(), ways.catchExports.exports.keep?.(2)],
};
process.stdout.write(JSON.stringify({ ...seen, aborted, after, kept }));

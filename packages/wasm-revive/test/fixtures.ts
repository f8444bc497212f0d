/** The fixtures as `wasm-revive transform` leaves them, loaded anew for each test. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Target, transform } from '@wasm-revive/bindgen';
import type { Revive } from '../src/index.js';

/** A class of the fixtures, as its objects are used. */
export interface Counter {
  inc(): number;
  get(): number;
  add(other: Counter): number;
  eat(other: Counter): number;
  later(): Promise<number>;
  free(): void;
}

/** What is used of the fixtures' exports. */
export interface Fixtures {
  readonly Counter: { new (n: number): Counter; of(n: number): Counter };
  readonly Faller: { new (): object; fail_static(kind: string): void };
  readonly geometry: { readonly Box: new (a: number, b: number, c: number) => { volume(): number } };
  readonly Point: new (x: number, y: number) => { readonly x: number };
  add(a: number, b: number): number;
  bump(): number;
  count(): number;
  echo(text: string): string;
  fail(kind: string): void;
  fail_first_poll(kind: string): Promise<void>;
  fail_later_poll(kind: string, promise: Promise<unknown>): Promise<void>;
  nested(f: () => unknown): unknown;
  nested_catching(f: () => unknown): unknown;
  catch_from(f: () => unknown): unknown;
  points(count: number): readonly { readonly x: number }[];
  sum_points(points: readonly unknown[]): number;
  promise_of(promise: Promise<unknown>): Promise<unknown>;
  ready(n: number): Promise<number>;
  reject(message: string): Promise<void>;
  same(value: unknown): unknown;
  title(this: unknown): string | undefined;
  throw_text(text: string): void;
  wait_for(promise: Promise<unknown>): Promise<unknown>;
}

/** The fixtures with the control handle. */
export interface Package extends Fixtures {
  readonly __revive: Revive<Fixtures>;
}

/** What transformed packages import. */
export const RUNTIME: string = fileURLToPath(new URL('../dist/runtime.cjs', import.meta.url));

/** The same, for ES modules. */
const ESM_RUNTIME = new URL('../dist/runtime.js', import.meta.url).href;

/** How a crate was built: `unwind-exnref` is the other encoding of what is thrown. */
export type Panic = 'abort' | 'unwind' | 'unwind-exnref';

/** How turns are undone: by the undo log, or by copies of the state. */
export type Undone = 'rollback' | 'copy';

const folders: string[] = [];

/** Of the names and the content of all that is in a folder. */
export function hashOf(dir: string): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(dir, { recursive: true }).map(String).sort()) {
    hash.update(`${file} `);
    if (statSync(join(dir, file)).isFile()) hash.update(readFileSync(join(dir, file)));
  }
  return hash.digest('hex');
}

/** Removes the folders that tests were given. */
export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** A folder for a test. */
export function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'wasm-revive-'));
  folders.push(made);
  return made;
}

/** What wasm-bindgen made of the fixtures: the folder. @param name of the set of artifacts: `fixtures-revive` links the crates */
export function artifact(target: Target, panic: Panic, name: string): string {
  return fileURLToPath(new URL(`../../../.artifacts/${name}/${panic}/${target}/`, import.meta.url));
}

/**
 * The fixtures, transformed: the folder that they are in.
 * @param name of the set of artifacts: `fixtures-revive` links the crates
 */
export function transformed(
  target: Target,
  panic: Panic = 'abort',
  runtime: string = target === 'nodejs' ? RUNTIME : ESM_RUNTIME,
  name = 'fixtures',
  recovery?: Undone,
): string {
  const outDir = folder();
  transform({
    dir: artifact(target, panic, name),
    outDir,
    version: '9.9.9',
    runtime: { import: runtime },
    ...(recovery && { recovery: 'rollback', commit: recovery === 'copy' ? 'copy' : 'log' }),
  });
  return outDir;
}

/** The path of a package's wasm file. */
export function wasmFileOf(dir: string): string {
  return join(dir, readdirSync(dir).find((file) => file.endsWith('_bg.wasm')) ?? '');
}

/** The same for Node.js, loaded anew. */
export function load<P = Package>(panic: Panic = 'abort', runtime: string = RUNTIME, name = 'fixtures', recovery?: Undone): P {
  const outDir = transformed('nodejs', panic, runtime, name, recovery);
  return createRequire(import.meta.url)(wasmFileOf(outDir).replace('_bg.wasm', '.js')) as P;
}

/** What something throws. */
export function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('It threw nothing.');
}

/** A promise that stays pending. */
export const never = (): Promise<never> => new Promise(() => {});

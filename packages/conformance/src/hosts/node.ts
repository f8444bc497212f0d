import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { engineHere } from '../runner/engines.ts';
import type { Fixtures } from '../runner/fixtures.ts';
import type { Runtime } from '../runner/runtime.ts';

/** The targets of wasm-bindgen that are supported. */
export type Target = 'web' | 'bundler' | 'nodejs' | 'module';

/** Node.js as the runner sees it. From then on, errors that reach nobody are collected instead of ending the process. */
export function nodeRuntime(): Runtime {
  const uncaught: unknown[] = [];
  process.on('uncaughtException', (error) => uncaught.push(error));
  process.on('unhandledRejection', (error) => uncaught.push(error));
  const gc = (globalThis as { gc?: () => void }).gc;
  return {
    turn: () => new Promise((resolve) => setImmediate(resolve)),
    takeUncaught: () => uncaught.splice(0),
    seesExceptions: true,
    engine: engineHere(),
    compiles: true,
    ...(gc && { gc }),
  };
}

/** Loads a package as its users would, transformed or not. @param query distinguishes evaluations of the same ES module */
export async function loadPackage(dir: string, target: Target, query = ''): Promise<Fixtures> {
  const name = moduleName(dir);
  const loaded: unknown = await import(`${pathToFileURL(join(dir, `${name}.js`)).href}${query}`);
  switch (target) {
    case 'web': {
      const { default: init } = loaded as { default: (options: unknown) => Promise<unknown> };
      const bytes = readFileSync(join(dir, `${name}_bg.wasm`));
      // Glue up to 0.2.92 takes no object.
      const takesObject = readFileSync(join(dir, `${name}.d.ts`), 'utf8').includes('{ module_or_path: ');
      await init(takesObject ? { module_or_path: bytes } : bytes);
      return loaded as Fixtures;
    }
    case 'nodejs':
      // CommonJS comes as the default export.
      return (loaded as { default: Fixtures }).default;
    case 'bundler':
    case 'module':
      return loaded as Fixtures;
  }
}

let loads = 0;

/** Evaluates a package once more, whether or not it has been before. */
export function freshPackage(dir: string, target: Target): Promise<Fixtures> {
  if (target === 'bundler') return loadPackage(copied(dir), target);
  if (target !== 'nodejs') return loadPackage(dir, target, `?load=${loads++}`);
  const require = createRequire(import.meta.url);
  const file = join(dir, `${moduleName(dir)}.js`);
  for (const loaded of Object.keys(require.cache)) if (loaded.startsWith(dir)) delete require.cache[loaded];
  return Promise.resolve(require(file) as Fixtures);
}

let copy: string | undefined;

/** A copy, until the next one: a query distinguishes only the first of the files that a package for bundlers has. */
function copied(dir: string): string {
  const remove = (): void => void (copy && rmSync(copy, { recursive: true, force: true }));
  if (copy === undefined) process.once('exit', remove);
  else remove();
  copy = mkdtempSync(join(tmpdir(), 'wasm-revive-copy-'));
  cpSync(dir, copy, { recursive: true });
  return copy;
}

/** The text of a package's glue, which the bundler target has in a file of its own. */
export function glueOf(dir: string): string {
  const name = moduleName(dir);
  const file = readdirSync(dir).includes(`${name}_bg.js`) ? `${name}_bg.js` : `${name}.js`;
  return readFileSync(join(dir, file), 'utf8');
}

/** `app` of `app_bg.wasm`. */
export function moduleName(dir: string): string {
  const file = readdirSync(dir).find((file) => file.endsWith('_bg.wasm'));
  if (file === undefined) throw new Error(`There is no *_bg.wasm in ${dir}.`);
  return file.slice(0, -'_bg.wasm'.length);
}

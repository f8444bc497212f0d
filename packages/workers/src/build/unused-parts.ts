import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TransformResult } from '@wasm-revive/bindgen';
import { CRATE_SECTION } from '@wasm-revive/kernel';
import type { WorkerExports } from './exports-of.js';
import { parseSync } from './oxc.js';

/** What is known of a Worker before it runs. */
export interface KnownWorker {
  /** The folder with its glue and snippets. */
  readonly dir: string;
  readonly exports: WorkerExports;
  readonly modules: TransformResult['modules'];
  /** Its wasm file, as wasm-bindgen has made it. */
  readonly wasm: Buffer;
  /** Its `wasm-revive.workers.js`. */
  readonly options: string | undefined;
}

/**
 * The parts of the runtime that a Worker has no use for, by the names that `left-out.ts` of each package gives them. What can't be known is used: options that
 * aren't written as one literal, and JavaScript beside the glue that has a word of the control handle.
 */
export function unusedParts({ dir, exports, modules, wasm, options }: KnownWorker): string[] {
  const names = options === undefined ? new Set<string>() : optionNames(options);
  const has = (...any: string[]): boolean => names === undefined || any.some((name) => names.has(name));
  const used: Readonly<Record<string, boolean>> = {
    // The hooks of transactions are those of a plugin.
    CONTROL: has('setup', 'revive', 'durableObjects') || mentions(dir, '__revive'),
    CRATES: wasm.includes(CRATE_SECTION),
    EXCEPTIONS: modules.some(({ exceptions }) => exceptions !== 'none'),
    SIBLINGS: exports.classes.length > 0 || has('objects'),
    CLASS_OPTIONS: has('durableObjects'),
    QUARANTINE: has('quarantine', 'durableObjects'),
    WORKFLOWS: has('workflows'),
    ANALYTICS: has('analytics'),
  };
  return Object.keys(used).filter((name) => used[name] === false);
}

/** The names of a program's options, where its file has them in one literal; undefined where it hasn't. */
function optionNames(file: string): ReadonlySet<string> | undefined {
  const { program } = parseSync(file, readFileSync(file, 'utf8'));
  const exported = program.body.find((node) => node.type === 'ExportDefaultDeclaration')?.declaration;
  if (exported?.type !== 'ObjectExpression') return undefined;
  const names = new Set<string>();
  for (const property of exported.properties) {
    if (property.type !== 'Property' || property.computed) return undefined;
    const { key } = property;
    if (key.type === 'Identifier') names.add(key.name);
    else if (key.type === 'Literal') names.add(String(key.value));
    else return undefined;
  }
  return names;
}

/** Whether a snippet of the program's has a word. */
function mentions(dir: string, word: string): boolean {
  const snippets = join(dir, 'snippets');
  let files: string[];
  try {
    files = readdirSync(snippets, { recursive: true, encoding: 'utf8' });
  } catch {
    return false;
  }
  return files.filter((file) => /\.[cm]?js$/.test(file)).some((file) => readFileSync(join(snippets, file), 'utf8').includes(word));
}

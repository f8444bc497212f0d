import { join } from 'node:path';
import { TransformError } from '../errors.js';
import type { Package } from '../read/read-package.js';

/**
 * Adds the control handle to the declarations that wasm-bindgen wrote: what siblings export is what they declare.
 * @param runtime what types are imported from
 */
export function emitDeclarations({ target }: Pick<Package, 'target'>, { file, code }: Declarations, runtime: string): string {
  const self = JSON.stringify(`./${file.replace(/\.d\.([cm]?)ts$/, '.$1js')}`);
  const control = (exports: string, indent = ''): string =>
    `${indent}/** Recovery of this module: its state, its events, its options. */\n` +
    `${indent}export const __revive: import(${JSON.stringify(runtime)}).Revive<${exports}>;\n`;
  // The declarations of a script are of what it makes global.
  const added =
    target === 'no-modules'
      ? `declare namespace wasm_bindgen {\n${control('typeof wasm_bindgen', '    ')}}\n`
      : control(`typeof import(${self})`);
  return `${code.trimEnd()}\n\n${added}`;
}

type Declarations = NonNullable<Package['declarations']>;

/**
 * Lists new files in a `package.json` that lists its files; undefined when there is nothing to change.
 * @throws TransformError `REVIVE_BAD_PACKAGE_JSON`
 */
export function addPackageFiles(dir: string, packageJson: string, files: readonly string[]): string | undefined {
  const json = orBadPackageJson(dir, (): unknown => JSON.parse(packageJson));
  if (typeof json !== 'object' || json === null || !('files' in json) || !Array.isArray(json.files)) return undefined;
  const present = new Set<unknown>(json.files);
  const missing = files.filter((file) => !present.has(file));
  if (missing.length === 0) return undefined;
  const listed = { ...json, files: [...json.files, ...missing] };
  return orBadPackageJson(dir, () => `${JSON.stringify(listed, undefined, 2)}\n`);
}

/** What nests too deep can be read as JSON, and not written. */
function orBadPackageJson<T>(dir: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new TransformError(
      'REVIVE_BAD_PACKAGE_JSON',
      `${join(dir, 'package.json')} can't be used as JSON: ${said}. The new files have to be listed in it; mend it, or take it away.`,
      { cause },
    );
  }
}

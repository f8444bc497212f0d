import { join } from 'node:path';
import { TransformError } from './errors.js';

/** Adds the control handle to the declarations that wasm-bindgen wrote. @param file their file: what its siblings export is what it declares */
export function emitDeclarations(code: string, file: string, runtime: string): string {
  const self = JSON.stringify(`./${file.replace(/\.d\.([cm]?)ts$/, '.$1js')}`);
  return `${code.trimEnd()}

/** Recovery of this module: its state, its events, its options. */
export const __revive: import(${JSON.stringify(runtime)}).Revive<typeof import(${self})>;
`;
}

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

/**
 * Puts a package into a folder that holds another one. Its files can't change all at once, and those of two builds don't go together.
 * So the main file is replaced first, by one that forwards to the whole new package inside of the staging folder; then come the others,
 * which nobody uses meanwhile; then the main file itself.
 *
 * What remains: a folder that held a package for a target of the other module system. Its `package.json` and its main file say which one,
 * and no rename changes two files.
 */
import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { assertUnchanged, type Package } from '../read/read-package.js';
import { keyName, parse } from '../syntax/ast.js';
import { urlOfFile } from '../syntax/names.js';
import { type Change, commit, KEPT } from './commit.js';
import { copyEntry, type Entry, listFiles } from './files.js';
import type { Run } from './finished.js';
import { entryAt, refuseBusy, STAGING } from './staging.js';

/** What the transform changes of a package, by path. */
type Files = ReadonlyMap<string, string | Uint8Array>;

/** Copies a package, with its changes, to where nothing is. @throws TransformError `REVIVE_BAD_FILE`, `REVIVE_BUSY` */
export function copyPackage(pkg: Package, to: string, files: Files): void {
  const entries = listFiles(pkg.dir);
  // There was none when the package was read.
  if (entries.some(({ path }) => path === STAGING)) refuseBusy(join(pkg.dir, STAGING));
  copyEntries(pkg, entries, to, files);
}

function copyEntries(pkg: Package, entries: readonly Entry[], to: string, files: Files): void {
  mkdirSync(to);
  for (const entry of entries) if (entry.kind !== 'file' || !files.has(entry.path)) copyEntry(pkg.dir, entry, to);
  for (const [file, content] of files) writeFileSync(join(to, file), content);
  assertUnchanged(pkg);
}

/**
 * Copies a package, with its changes, over what is in a folder.
 * @throws TransformError `REVIVE_READ_ONLY`, `REVIVE_BAD_OUTPUT`, `REVIVE_BUSY`
 */
export function replacePackage(pkg: Package, outDir: string, files: Files): void {
  const prepare = (kept: string): Change[] => {
    copyPackage(pkg, kept, files);
    return replacing(pkg, kept, outDir, files);
  };
  // Note: while the main file forwards, the staged package is in use. So whatever else has been touched, an interrupted run is finished.
  commit(outDir, prepare, { watched: [mainFile(pkg)] });
}

/**
 * Changes a package where it is, when its new files don't go together with its old ones.
 * @throws TransformError `REVIVE_READ_ONLY`, `REVIVE_BAD_OUTPUT`, `REVIVE_BAD_FILE`, `REVIVE_BUSY`
 */
export function replaceInPlace(pkg: Package, files: Files, run: Run): void {
  const prepare = (kept: string): Change[] => {
    const entries = listFiles(pkg.dir).filter(({ path }) => path !== STAGING && !path.startsWith(STAGING + sep));
    copyEntries(pkg, entries, kept, files);
    return replacing(pkg, kept, pkg.dir, files);
  };
  commit(pkg.dir, prepare, { run });
}

/** The changes that make of a folder what a package in its staging folder is. */
function replacing(pkg: Package, kept: string, outDir: string, files: Files): Change[] {
  const main = mainFile(pkg);
  const changed = listFiles(kept)
    .filter(({ path }) => isOther(join(kept, path), join(outDir, path)))
    .map(({ path }): Change => ({ file: path, content: { copyOf: join(kept, path) } }));
  const others = changed.filter(({ file }) => file !== main);
  if (others.length === 0) return changed;
  return [{ file: main, content: forward(pkg, files, main) }, ...others, { file: main, content: { copyOf: join(kept, main) } }];
}

function mainFile({ entry, glue }: Package): string {
  return (entry ?? glue).file;
}

/** Whether a path is a file or a link that the other one is not a copy of. */
function isOther(path: string, other: string): boolean {
  const [entry, there] = [entryAt(path), entryAt(other)];
  if (entry?.isSymbolicLink()) return !there?.isSymbolicLink() || readlinkSync(path) !== readlinkSync(other);
  if (!entry?.isFile()) return false;
  return !there?.isFile() || there.size !== entry.size || !readFileSync(path).equals(readFileSync(other));
}

/** The main file of a package as long as the package itself is in the staging folder. */
function forward({ target, wasmFile, wasmBytes }: Package, files: Files, main: string): string {
  // `require` takes a path, everything else a URL.
  const wasm = (): string =>
    `Uint8Array.from(atob("${Buffer.from(files.get(wasmFile) ?? wasmBytes).toString('base64')}"), (byte) => byte.charCodeAt(0))`;
  const from = JSON.stringify(`./${KEPT}/${target === 'nodejs' ? main : urlOfFile(main)}`);
  switch (target) {
    case 'nodejs':
      return `module.exports = require(${from});\n`;
    case 'experimental-nodejs-module':
    case 'module':
    case 'deno':
    case 'bundler': {
      const all = `export * from ${from};\n`;
      return hasDefault(main, String(files.get(main))) ? `${all}export { default } from ${from};\n` : all;
    }
    case 'no-modules':
      // All but the wasm file is in it.
      return `${String(files.get(main))}
wasm_bindgen = ((init, module) =>
  Object.assign(() => init({ module_or_path: module }), init, { initSync: () => init.initSync({ module }) })
)(wasm_bindgen, ${wasm()});
`;
    case 'web':
      // The wasm file comes from the caller, who may have read that of either package.
      return `import $init, { initSync as $initSync } from ${from};
export * from ${from};
const $wasm = ${wasm()};
export const initSync = () => $initSync({ module: $wasm });
export default () => $init({ module_or_path: $wasm });
`;
  }
}

function hasDefault(file: string, code: string): boolean {
  return parse(file, code).program.body.some(
    (node) => node.type === 'ExportNamedDeclaration' && node.specifiers.some(({ exported }) => keyName(exported) === 'default'),
  );
}

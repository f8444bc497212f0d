/** What is beside a package's glue and isn't protected by its transformation, in words: said when it is transformed, not when it fails. */
import { readdirSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { transformedBy } from '../emit/banner.js';
import type { TransformError } from '../errors.js';
import { readFile } from '../write/files.js';
import { entryAt } from '../write/staging.js';
import { linesWithoutModule } from './loaders.js';
import { filesWithGlue, holdsGlue } from './not-glue.js';
import { type Package, wasmWithoutGlue } from './read-package.js';

/** A file that takes its glue from the one that wasm-bindgen wrote. */
const LOADER = /from\s*["']\.\/[^"']*_bg\.[cm]?js["']/;

/** A main file of a module that is left as it is, and why. */
export interface Left {
  readonly file: string;
  readonly error: TransformError;
}

/** @param packages those that are transformed, of one folder */
export function unprotected(dir: string, packages: readonly Package[], left: readonly Left[]): string[] {
  const own = new Set(packages.flatMap(({ glue, entry }) => [glue.file, ...(entry === undefined ? [] : [entry.file])]));
  const known = new Set([...own, ...left.map(({ file }) => file)]);
  const files = readdirSync(dir);
  const others = filesWithGlue(dir, files)
    .filter(({ file, code }) => !known.has(file) && !/^wasm-revive\./.test(file) && !LOADER.test(code) && transformedBy(code) === undefined)
    .map(({ file }) => {
      const isOfAnother = files.includes(file.replace(/(?:_bg)?\.[cm]?js$/, '_bg.wasm'));
      const why = isOfAnother ? "is another module's, which was not asked for" : 'holds glue, too, where wasm-bindgen writes none';
      return `${file} ${why}. It is left as it is, and what uses it doesn't recover.`;
    });
  const hasOwnLoader = packages.some(({ target, entry }) => target === 'bundler' && entry === undefined);
  return [
    ...left
      .filter(({ file }) => holdsGlue(dir, file))
      .map(({ file, error }) => `${file} holds glue, too. It is left as it is, and what uses it doesn't recover. ${reasonOf(error)}`),
    ...others,
    ...wasmWithoutGlue(files).map(
      (file) => `${file} has no glue beside it as wasm-bindgen writes it. It is left as it is, and what uses it doesn't recover.`,
    ),
    ...(hasOwnLoader ? givenWithoutModule(dir, own) : []),
  ];
}

/** What was found, without what to do about it: nobody has asked for that file. */
function reasonOf({ message }: TransformError): string {
  return message.replace(/, which is not known to this version.*/s, '.');
}

/** Instances that the package's own files give to the glue without their module: it is read from beside the glue when an instance is lost. */
function givenWithoutModule(dir: string, own: ReadonlySet<string>): string[] {
  const parent = dirname(dir);
  const folders = readFile(join(parent, 'package.json')) === undefined ? [dir] : [dir, parent];
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => /\.[cm]?js$/.test(file) && !(folder === dir && own.has(file)) && entryAt(join(folder, file))?.isFile() === true)
      .flatMap((file) => {
        const code = readFile(join(folder, file))?.toString('utf8') ?? '';
        return linesWithoutModule(file, code).map(
          (line) =>
            `${join(relative(dir, folder) || '.', basename(file))}:${line} makes the instance itself and gives it to the glue without its module. After an abort the wasm file beside the glue is read, ` +
            'and where there is none (in one bundled file, on Cloudflare Workers) nothing can recover. Write `__wbg_set_wasm(instance.exports, module)` there.',
        );
      }),
  );
}

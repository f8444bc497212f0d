import { isAbsolute, resolve } from 'node:path';
import { isMemoryLimit, type Prewarm, type TransformOptions } from '@wasm-revive/bindgen';

/** What the plugin of every bundler takes. */
export interface Options extends Pick<TransformOptions, 'recovery' | 'commit' | 'memoryLimitMiB'> {
  /**
   * What is protected beside the project's own output of wasm-bindgen, which is found when it is imported: packages in `node_modules` by their names
   * (`some-package`, `@scope/some-package`). Folders (`./pkg`) may be named, too. What is named and can't be protected is an error, not a warning.
   */
  readonly packages?: readonly string[] | undefined;
  /** Packages and folders that stay as they are. */
  readonly exclude?: readonly string[] | undefined;
  /**
   * Packages and folders whose start functions run once, when they are bundled, so that each instance begins in the state after them. That runs code of the
   * package in a process of Node.js; what is named here is protected, too. Default: none.
   */
  readonly prewarm?: readonly string[] | undefined;
  /** What runs them: the plugins of `wasm-revive` bring it. */
  readonly prewarmer?: Prewarm | undefined;
  /**
   * The runtime that protected packages import: a package, or a file by a path that is absolute or begins with `./`. It exports `revive` and
   * `loadModule` as `wasm-revive/runtime` does, which is the default.
   */
  readonly runtime?: string | undefined;
  /**
   * A file of declarations (`wasm-revive.d.ts`) that the plugin writes, for TypeScript to know `__revive` of what is protected. It has to be among
   * the files that TypeScript checks.
   */
  readonly types?: string | undefined;
  /** The folder of the project, from which paths and packages are looked for. Default: what the bundler takes for it, or the current one. */
  readonly root?: string | undefined;
  /** Where transformed packages are kept. Default: `node_modules/.cache/wasm-revive` beside the nearest package.json. */
  readonly cacheDir?: string | undefined;
}

const LISTS = ['packages', 'exclude', 'prewarm'] as const;
const TEXTS = ['runtime', 'types', 'root', 'cacheDir'] as const;
const RECOVERIES = ['fresh', 'rollback'];
const COMMITS = ['log', 'copy'];
const KNOWN = new Set<string>([...LISTS, ...TEXTS, 'recovery', 'commit', 'memoryLimitMiB', 'prewarmer']);

/** @throws TypeError for what is no option, or has not its type: a mistake in it would leave a package without protection */
export function checkOptions(options: Options): void {
  const unknown = Object.keys(options).find((name) => !KNOWN.has(name));
  if (unknown !== undefined) throw new TypeError(`wasm-revive has no option ${unknown}. Its options are ${[...KNOWN].join(', ')}.`);
  for (const name of LISTS) {
    const list: unknown = options[name];
    if (list === undefined || (Array.isArray(list) && list.every((item) => typeof item === 'string' && item !== ''))) continue;
    throw new TypeError(`The option ${name} of wasm-revive has to be a list of names and folders, such as ['./pkg', 'some-package'].`);
  }
  for (const name of TEXTS) {
    const text: unknown = options[name];
    if (text === undefined || (typeof text === 'string' && text !== '')) continue;
    throw new TypeError(`The option ${name} of wasm-revive has to be a text that is not empty.`);
  }
  if (options.types !== undefined && !/\.d\.[cm]?ts$/.test(options.types)) {
    throw new TypeError(
      `The option types of wasm-revive is ${JSON.stringify(options.types)}. It has to be a file of declarations, such as wasm-revive.d.ts.`,
    );
  }
  for (const name of ['packages', 'prewarm'] as const) {
    const named = options[name]?.find((one) => !isPath(one) && !/^(?:@[^/@]+\/)?[^/@]+$/.test(one));
    if (named === undefined) continue;
    throw new TypeError(
      `The option ${name} of wasm-revive has ${JSON.stringify(named)}, which is no name of a package. Name it as package.json does, such as ` +
        'some-package or @scope/some-package; a folder begins with ./.',
    );
  }
  if (options.prewarm !== undefined && options.prewarmer === undefined) {
    throw new TypeError(
      'The option prewarm of wasm-revive needs what runs start functions. The plugins of the package wasm-revive have it (wasm-revive/vite and the like); ' +
        'those of @wasm-revive/unplugin are given it by the option prewarmer.',
    );
  }
  const { memoryLimitMiB, commit } = options;
  if (memoryLimitMiB !== undefined && (options.recovery !== 'rollback' || commit === 'copy')) {
    throw new TypeError(
      'The option memoryLimitMiB of wasm-revive is of the undo log, which a package has only with recovery: rollback, and not with commit: copy.',
    );
  }
  if (commit !== undefined && options.recovery !== 'rollback') {
    throw new TypeError('The option commit of wasm-revive says how a call can be undone, which is done only with recovery: rollback.');
  }
  if (commit !== undefined && !COMMITS.includes(commit)) {
    throw new TypeError(`The option commit of wasm-revive is ${String(commit)}. It has to be log, which is the default, or copy.`);
  }
  if (memoryLimitMiB !== undefined && !isMemoryLimit(memoryLimitMiB)) {
    throw new TypeError(
      `The option memoryLimitMiB of wasm-revive is ${String(memoryLimitMiB)}. It has to be a whole number from 1 to 1024.`,
    );
  }
  if (options.recovery !== undefined && !RECOVERIES.includes(options.recovery)) {
    throw new TypeError(
      `The option recovery of wasm-revive is ${String(options.recovery)}. It has to be fresh, which is the default, or rollback.`,
    );
  }
}

/** Whether what is named is a folder or a file, and no package. */
export function isPath(name: string): boolean {
  return name.startsWith('.') || isAbsolute(name);
}

/** The absolute paths among names, and the names of packages. */
export function sorted(
  names: readonly string[],
  root: string,
): { readonly paths: readonly string[]; readonly packages: readonly string[] } {
  return { paths: names.filter(isPath).map((name) => resolve(root, name)), packages: names.filter((name) => !isPath(name)) };
}

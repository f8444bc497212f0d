/** What the plugin does in every bundler. Where they differ, the files that are called like them say how. */
import { isAbsolute, normalize } from 'node:path';
import remapping, { type SourceMapInput } from '@jridgewell/remapping';
import MagicString from 'magic-string';
import type { UnpluginBuildContext, UnpluginContext, UnpluginOptions } from 'unplugin';
import { checkOptions, type Options } from './options.js';
import { type Protected, Protection, RUNTIME } from './protection.js';
import { findWasmUrls } from './wasm-urls.js';

/** What the hooks of every bundler are given as `this`. */
export type Context = UnpluginBuildContext & UnpluginContext;

/** Where bundlers differ. */
export interface Bundler {
  /**
   * The expression for the URL of a wasm file, which makes the bundler take the file along.
   * @param file the module in which it stands
   */
  readonly wasmUrl: (this: Context, wasm: string, file: string) => string;
  /** Statements that end the instance of glue when the module is replaced; empty where modules aren't. */
  readonly hot: () => string;
}

/** A file that a transform hook gives back. */
export interface Edited {
  readonly code: string;
  readonly map: string;
}

/** What of an id can concern the plugin: files of JavaScript, and of what is compiled to that. */
export const SCRIPTS: RegExp = /\.(?:[cm]?[jt]sx?|vue|svelte|astro)(?:\?|$)/;

/** The imports that can concern it. */
export const IMPORTS: RegExp = /^\.|_bg\.wasm(?:\?|$)|^wasm-revive\/runtime$/;

/** Queries by which a file isn't asked for as a module. */
const NO_MODULE = /[?&](?:raw|url|inline|worker|sharedworker)\b/;

/** The hooks of one plugin. */
export class Hooks {
  readonly #options: Options;
  readonly #bundler: Bundler;
  #root = process.cwd();
  #made: Protection | undefined;

  /** @throws TypeError for options that can't be */
  constructor(bundler: Bundler, options: Options = {}) {
    checkOptions(options);
    this.#options = options;
    this.#bundler = bundler;
  }

  /** Says where the project is, before anything is built. */
  setRoot(root: string): void {
    this.#root = root;
    this.#made = undefined;
  }

  get protection(): Protection {
    this.#made ??= new Protection(this.#options, this.#options.root ?? this.#root);
    return this.#made;
  }

  /** @throws Error where packages are named that there are not: bundlers report it */
  buildStart(): void {
    const { problem } = this.protection;
    if (problem !== undefined) throw new Error(problem);
  }

  /** What an import leads to; undefined where that is as ever. */
  resolveId(id: string, importer: string | undefined): string | undefined {
    const from = importer === undefined ? undefined : pathOf(importer);
    if (from === undefined) return undefined;
    const { protection } = this;
    if (id === RUNTIME) return protection.isProtected(from) ? protection.runtime : undefined;
    const [path = '', query = ''] = id.split(/(?=\?)/, 2);
    const found = protection.wasmNamedBy(path, from) ?? protection.originalOf(path, from);
    // Note: where that is the path that was asked for, webpack would ask for ever.
    return found === undefined || found === path ? undefined : `${found}${query}`;
  }

  /** A file as the bundler is to have it; undefined where that is as it is. */
  transform(context: Context, code: string, id: string): Edited | undefined {
    const file = pathOf(id);
    if (file === undefined || NO_MODULE.test(id)) return undefined;
    const { watched = [], warnings = [], error, glue } = this.protection.outcomeOf(file) ?? {};
    for (const path of watched) context.addWatchFile(path);
    for (const warning of warnings) context.warn(warning);
    if (error !== undefined) context.error(error);
    if (error !== undefined || (glue === undefined && !code.includes('_bg.wasm'))) return undefined;
    return this.#edit(context, glue?.code ?? code, file, glue);
  }

  #edit(context: Context, code: string, file: string, glue: Protected | undefined): Edited | undefined {
    const text = new MagicString(code, { filename: file });
    for (const { start, end, wasm } of findWasmUrls(code, file, this.protection)) {
      text.overwrite(start, end, this.#bundler.wasmUrl.call(context, wasm, file));
    }
    if (glue?.isMain) this.protection.types?.add(file);
    if (glue?.hasFacade) text.append(this.#bundler.hot());
    if (glue === undefined && !text.hasChanged()) return undefined;
    const map = text.generateMap({ source: file, file, includeContent: true, hires: 'boundary' });
    // The cast says that versions are numbers, which the two libraries write differently.
    const maps = [map, ...(glue === undefined ? [] : [JSON.parse(glue.map) as object])] as SourceMapInput[];
    return { code: text.toString(), map: remapping(maps, () => null).toString() };
  }
}

/** What every bundler's plugin has in the same words. */
export function sharedHooks(hooks: Hooks): Pick<UnpluginOptions, 'buildStart' | 'transform'> {
  return {
    buildStart() {
      hooks.buildStart();
    },
    transform: {
      filter: { id: SCRIPTS },
      handler(code, id) {
        return hooks.transform(this, code, id);
      },
    },
  };
}

/** The file that an id of a module names; undefined where it names none. */
export function pathOf(id: string): string | undefined {
  const path = id.replace(/[?#].*$/s, '');
  return isAbsolute(path) ? normalize(path) : undefined;
}

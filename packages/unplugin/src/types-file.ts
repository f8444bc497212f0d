/** A file of declarations that the plugin writes, by which TypeScript knows `__revive` of packages whose own declarations stay as they are. */
import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { inNodeModules } from './selection.js';

/** Begins the file: by this line the plugin knows that it may write it anew. */
const MARK = '// Written by the plugin of wasm-revive.';

const HEAD = `${MARK} It adds to what these modules are declared to export.\n`;

/** A module of the file, as an earlier build has written it. */
const MODULE = /^declare module ("(?:[^"\\]|\\.)*")/gm;

/** The file. */
export class TypesFile {
  readonly #path: string;
  readonly #runtime: string;
  readonly #known = new Set<string>();

  /** @param runtime what `Revive` is imported from: the name of a module, or the path of one */
  constructor(path: string, runtime: string) {
    this.#path = path;
    this.#runtime = isAbsolute(runtime) ? this.#from(asInstalled(runtime, dirname(path))) : runtime;
  }

  /** Why the file can't be written: what is there isn't the plugin's. Undefined where nothing is, or an earlier build has written it. */
  get problem(): string | undefined {
    if (!existsSync(this.#path)) return undefined;
    const isFile = statSync(this.#path).isFile();
    if (isFile && readFileSync(this.#path, 'utf8').startsWith(MARK)) return undefined;
    const found = isFile ? "a file that doesn't begin as the plugin writes it" : 'no file';
    return `wasm-revive: ${this.#path}, of the option types, is ${found}. It was left as it is. Name a file that isn't there yet, such as wasm-revive.d.ts.`;
  }

  /**
   * @param file glue that is protected, and exports the control handle
   * @throws Error where the file can't be written: bundlers report it
   */
  add(file: string): void {
    // Without declarations of its own, there is nothing to add to.
    if (this.#known.has(file) || !existsSync(declarationsOf(file))) return;
    const there = existsSync(this.#path) ? readFileSync(this.#path, 'utf8') : '';
    const text = this.#withModules([...this.#stillThere(there), this.#from(file)]);
    if (text !== there) this.#write(text);
    this.#known.add(file);
  }

  #write(text: string): void {
    // TypeScript may read it meanwhile.
    const staged = `${this.#path}.${process.pid}.tmp`;
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      writeFileSync(staged, text);
      renameSync(staged, this.#path);
    } catch (cause) {
      if (existsSync(staged)) rmSync(staged);
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(
        `wasm-revive: ${this.#path}, of the option types, can't be written: ${why}. Give a place that can be, or leave the option away where only the committed file is wanted.`,
        { cause },
      );
    }
  }

  /** What earlier builds have found: a server that serves what is asked for finds the modules one by one. */
  #stillThere(text: string): string[] {
    const names = [...text.matchAll(MODULE)].map(([, name = '']) => JSON.parse(name) as string);
    return names.filter((name) => existsSync(declarationsOf(join(dirname(this.#path), name))));
  }

  #withModules(names: readonly string[]): string {
    const runtime = JSON.stringify(this.#runtime);
    const modules = [...new Set(names)].sort().map((name) => {
      const module = JSON.stringify(name);
      return `declare module ${module} {\n  /** Recovery of this module: its state, its events, its options. */\n  export const __revive: import(${runtime}).Revive<typeof import(${module})>;\n}\n`;
    });
    return [HEAD, ...modules, 'export {};\n'].join('\n');
  }

  #from(file: string): string {
    const path = relative(dirname(this.#path), file).split(sep).join('/');
    return path.startsWith('.') ? path : `./${path}`;
  }
}

/**
 * The path of a package's file by the link through which a folder finds the package: pnpm's own path has versions in it, also those of others. Note: not
 * for what is declared. TypeScript takes a module that a relative path leads to by a link for another one than that of the package.
 */
function asInstalled(file: string, folder: string): string {
  const parts = file.split(sep);
  const at = parts.lastIndexOf('node_modules') + 1;
  const end = at + (parts[at]?.startsWith('@') ? 2 : 1);
  const link = at === 0 ? undefined : inNodeModules(folder, parts.slice(at, end).join(sep));
  return link !== undefined && realpathSync(link) === parts.slice(0, end).join(sep) ? join(link, ...parts.slice(end)) : file;
}

function declarationsOf(file: string): string {
  return file.replace(/\.([cm]?)js$/, '.d.$1ts');
}

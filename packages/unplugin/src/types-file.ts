/** A file of declarations that the plugin writes, by which TypeScript knows `__revive` of packages whose own declarations stay as they are. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';

const HEAD = '// Written by the plugin of wasm-revive. It adds to what these modules are declared to export.\n';

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
    this.#runtime = isAbsolute(runtime) ? this.#from(runtime) : runtime;
  }

  /** @param file glue that is protected, and exports the control handle */
  add(file: string): void {
    if (this.#known.has(file)) return;
    this.#known.add(file);
    // Without declarations of its own, there is nothing to add to.
    if (!existsSync(declarationsOf(file))) return;
    const there = existsSync(this.#path) ? readFileSync(this.#path, 'utf8') : '';
    const text = this.#withModules([...this.#stillThere(there), this.#from(file)]);
    if (text === there) return;
    mkdirSync(dirname(this.#path), { recursive: true });
    // TypeScript may read it meanwhile.
    const staged = `${this.#path}.${process.pid}.tmp`;
    writeFileSync(staged, text);
    renameSync(staged, this.#path);
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

function declarationsOf(file: string): string {
  return file.replace(/\.([cm]?)js$/, '.d.$1ts');
}

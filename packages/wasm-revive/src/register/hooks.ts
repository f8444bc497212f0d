/**
 * Module hooks that lead Node.js to transformed copies. What a copy imports is found as the package's own file would find it: packages beside it,
 * files that have no copy.
 */
import { createRequire, isBuiltin } from 'node:module';
import { dirname, isAbsolute, resolve as resolvePath } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Protection } from './protection.js';
import type { Settings } from './settings.js';

/** What Node.js gives to a hook, as far as it is used here. */
export interface ResolveContext {
  readonly conditions: readonly string[];
  readonly parentURL?: string | undefined;
}

/** What a hook gives back. */
export interface Resolved {
  readonly url: string;
  readonly format?: string | null | undefined;
  readonly shortCircuit?: boolean | undefined;
}

/** The hooks of one thread. */
export class Hooks {
  readonly #protection: Protection;

  constructor(settings: Settings) {
    this.#protection = new Protection(settings);
  }

  /** For `module.registerHooks`. */
  resolve(specifier: string, context: ResolveContext, next: (specifier: string, context: ResolveContext) => Resolved): Resolved {
    const found = this.#fromCopy(specifier, context);
    return 'url' in found ? found : this.#led(next(specifier, found));
  }

  /** For `module.register`. */
  async resolveLater(
    specifier: string,
    context: ResolveContext,
    next: (specifier: string, context: ResolveContext) => Promise<Resolved>,
  ): Promise<Resolved> {
    const found = this.#fromCopy(specifier, context);
    return 'url' in found ? found : this.#led(await next(specifier, found));
  }

  /** The file that `require` is to load. @param find what Node.js does */
  resolveFilename(request: string, parent: string | undefined, find: () => string): string {
    const found = parent === undefined ? undefined : this.#required(request, parent);
    if (found !== undefined) return found;
    const file = find();
    return this.#protection.copyOf(file) ?? file;
  }

  /** What a copy imports, or from where it is to be found. */
  #fromCopy(specifier: string, context: ResolveContext): Resolved | ResolveContext {
    const parent = pathOf(context.parentURL);
    const original = parent === undefined ? undefined : this.#protection.originalOf(parent);
    if (parent === undefined || original === undefined) return context;
    const beside = context.conditions.includes('require') ? this.#required(specifier, parent) : this.#ownFile(specifier, parent);
    if (beside !== undefined) return { url: pathToFileURL(beside).href, shortCircuit: true };
    return { ...context, parentURL: pathToFileURL(original).href };
  }

  /** Node.js finds what is required from the module that requires it, whatever a hook says. */
  #required(specifier: string, parent: string): string | undefined {
    const original = this.#protection.originalOf(parent);
    if (original === undefined || isBuiltin(specifier)) return undefined;
    const own = this.#ownFile(specifier, parent);
    if (own !== undefined) return own;
    // Note: not every version of Node.js has hooks for this, too.
    const file = createRequire(original).resolve(specifier);
    return this.#protection.copyOf(file) ?? file;
  }

  /** A file of the copy's own, which may be one that the package doesn't have: the runtime. */
  #ownFile(specifier: string, parent: string): string | undefined {
    if (!/^\.{1,2}\//.test(specifier) && !isAbsolute(specifier)) return undefined;
    const file = resolvePath(dirname(parent), specifier);
    return this.#protection.originalOf(file) === undefined ? undefined : file;
  }

  #led(resolved: Resolved): Resolved {
    const file = pathOf(resolved.url);
    const copy = file === undefined ? undefined : this.#protection.copyOf(file);
    if (copy === undefined) return resolved;
    const { search, hash } = new URL(resolved.url);
    return { ...resolved, url: `${pathToFileURL(copy).href}${search}${hash}` };
  }
}

function pathOf(url: string | undefined): string | undefined {
  return url?.startsWith('file:') ? fileURLToPath(url) : undefined;
}

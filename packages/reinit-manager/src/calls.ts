/** The functions that a façade calls: what they are called, and where a scope has them. */
import { type Api, define, type Factory, type Host, keys } from '@wasm-revive/kernel';

/** Any of those functions. */
export type Call = (...args: unknown[]) => unknown;

/** One of those functions, in every scope. */
export interface CallSite {
  /** As its user calls it: `greet`, `new Counter`, `Counter.of`. */
  readonly name: string;
  /** `method` is also an accessor of an object; a static member is a function. */
  readonly kind: 'function' | 'constructor' | 'method';
}

/** Where a scope has its functions: by name, in big modules in pieces. */
type Functions = { readonly [key: string]: Call | Functions };

/** What a scope is given that nobody binds to an instance: it says only what its functions are called. */
const UNBOUND = { generation: 0, base: 0, turns: true, registry: () => ({ register() {}, unregister: () => false }) };

/** The calls of a module: the same in each of its scopes, in the same order. */
export class Calls {
  readonly sites: readonly CallSite[];
  readonly #api: Functions;

  constructor(factory: Factory) {
    const names = new Map<unknown, string>();
    const call = <F>(name: string, run: F): F => {
      names.set(run, name);
      return run;
    };
    this.#api = factory({ ...UNBOUND, call } as unknown as Host).api as Functions;
    const sites: CallSite[] = [];
    each(this.#api, (run, key) => {
      const name = names.get(run) ?? key;
      const isNew = name.startsWith('new ');
      const isStatic = !name.includes('.') || key.startsWith(`${name.slice(0, name.indexOf('.'))}$static$`);
      sites.push({ name, kind: isNew ? 'constructor' : isStatic ? 'function' : 'method' });
    });
    this.sites = sites;
  }

  /** An object like a scope's, with other functions in their places. */
  replaced(by: (site: CallSite, index: number) => Call): Api {
    let index = 0;
    const copy = (functions: Functions): Functions => {
      const made = {};
      for (const [key, value] of entriesOf(functions)) {
        const own = typeof value === 'function' ? by(this.sites[index] as CallSite, index++) : copy(value);
        // Note: as in the scope, where a literal has set it. See `entriesOf`.
        if (key === '__proto__') Object.setPrototypeOf(made, own);
        else define(made, key, { value: own, writable: true, enumerable: true, configurable: true });
      }
      return made;
    };
    return copy(this.#api) as Api;
  }

  /** Those of a scope, in order. */
  static of(api: Api): readonly Call[] {
    const calls: Call[] = [];
    each(api as Functions, (run) => calls.push(run));
    return calls;
  }
}

function each(functions: Functions, visit: (run: Call, key: string) => void): void {
  for (const [key, value] of entriesOf(functions)) {
    if (typeof value === 'function') visit(value, key);
    else each(value, visit);
  }
}

/** A function that Rust exports as `__proto__` is the prototype of the object that it is in: it is found by its name all the same. */
function entriesOf(functions: Functions): [string, Call | Functions][] {
  const prototype = Object.getPrototypeOf(functions) as unknown;
  const own = keys(functions).map((key): [string, Call | Functions] => [key, functions[key] as Call | Functions]);
  return typeof prototype === 'function' ? [...own, ['__proto__', prototype as Call]] : own;
}

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

/** The names by which a scope has its functions, with what is in each piece. */
type Shape = readonly (readonly [key: string, piece: Shape | undefined])[];

/** The calls of a module: the same in each of its scopes, in the same order. */
export class Calls {
  readonly sites: readonly CallSite[];
  readonly #shape: Shape;

  constructor(factory: Factory) {
    const names = new Map<unknown, string>();
    const call = <F>(name: string, run: F): F => {
      names.set(run, name);
      return run;
    };
    const sites: CallSite[] = [];
    const shapeOf = (functions: Functions): Shape =>
      entriesOf(functions).map(([key, value]) => {
        if (typeof value !== 'function') return [key, shapeOf(value)];
        sites.push(siteOf(key, names.get(value) ?? key));
        return [key, undefined];
      });
    this.#shape = shapeOf(factory({ ...UNBOUND, call } as unknown as Host).api as Functions);
    this.sites = sites;
  }

  /** An object like a scope's, with other functions in their places. */
  replaced(by: (site: CallSite, index: number) => Call): Api {
    let index = 0;
    const copy = (shape: Shape): Functions => {
      const made = {};
      for (const [key, piece] of shape) {
        const value = piece === undefined ? by(this.sites[index] as CallSite, index++) : copy(piece);
        // Note: as in the scope, where a literal has set it. See `entriesOf`.
        if (key === '__proto__') Object.setPrototypeOf(made, value);
        else define(made, key, { value, writable: true, enumerable: true, configurable: true });
      }
      return made;
    };
    return copy(this.#shape) as Api;
  }

  /** Those of a scope, in order. */
  static of(api: Api): readonly Call[] {
    const calls: Call[] = [];
    const collect = (functions: Functions): void => {
      for (const [, value] of entriesOf(functions)) {
        if (typeof value === 'function') calls.push(value);
        else collect(value);
      }
    };
    collect(api as Functions);
    return calls;
  }
}

function siteOf(key: string, name: string): CallSite {
  if (name.startsWith('new ')) return { name, kind: 'constructor' };
  const [, member] = name.split('.');
  return { name, kind: member === undefined || key.startsWith('static$') ? 'function' : 'method' };
}

/** A function that Rust exports as `__proto__` is the prototype of the object that it is in: it is found by its name all the same. */
function entriesOf(functions: Functions): [string, Call | Functions][] {
  const prototype = Object.getPrototypeOf(functions) as unknown;
  const own = keys(functions).map((key): [string, Call | Functions] => [key, functions[key] as Call | Functions]);
  return typeof prototype === 'function' ? [...own, ['__proto__', prototype as Call]] : own;
}

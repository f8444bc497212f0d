/** What some rows and scenarios need, and not every run gives: they say so, and are listed only where it is given. */
import type { Ground } from './row.ts';

export type Need =
  /** Garbage can be collected on demand. */
  | 'gc'
  /** Panics unwind. */
  | 'unwind'
  /** The module links the wasm-revive crates. */
  | 'crates'
  /** The runtime compiles Wasm from bytes. */
  | 'compiling'
  /** The package can be evaluated once more. */
  | 'another copy'
  /** Not of a wasm-bindgen before 0.2.91, whose handles have no finalizers, and whose executor asks for no microtasks. */
  | 'newer wasm-bindgen'
  /** Of today's wasm-bindgen: handles can be disposed of, and classes of Rust extend each other. */
  | "today's wasm-bindgen";

/** What a run gives. */
export type Given = ReadonlySet<Need>;

/** Whether all that is needed is given. */
export function isGiven(given: Given, { needs = [] }: { readonly needs?: readonly Need[] }): boolean {
  return needs.every((need) => given.has(need));
}

/** What is given where the suite finds itself. The tests say it of each run beforehand, and fail where they expected more. */
export function givenHere({ ns, panic, runtime, another }: Ground): Given {
  const here: Readonly<Record<Need, boolean>> = {
    gc: runtime.gc !== undefined,
    unwind: panic === 'unwind',
    crates: ns.fail_marked !== undefined,
    compiling: runtime.compiles,
    'another copy': another !== undefined,
    'newer wasm-bindgen': ns.older_wasm_bindgen?.() !== '0.2.84',
    "today's wasm-bindgen": ns.older_wasm_bindgen === undefined,
  };
  return new Set((Object.keys(here) as Need[]).filter((need) => here[need]));
}

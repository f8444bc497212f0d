/** A trap with so little stack left that the guard which catches it can call nobody: it shuts the scope by plain stores (I3). */
import { afterEach, expect, it, vi } from 'vitest';
import { load, type Package, removeFolders } from './fixtures.js';

afterEach(() => {
  vi.unstubAllGlobals();
  removeFolders();
});

/**
 * `(module (global (export "ran") (mut i32) (i32.const 0)) (func (export "bump") (result i32) (global.set 0 (i32.const 1)) unreachable))`:
 * of all functions that trap the one that needs the least stack.
 */
// biome-ignore format: a section a line.
const TRAP = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0,
  1, 5, 1, 96, 0, 1, 127,
  3, 2, 1, 0,
  6, 6, 1, 127, 1, 65, 0, 11,
  7, 14, 2, 3, 114, 97, 110, 3, 0, 4, 98, 117, 109, 112, 0, 0,
  10, 9, 1, 7, 0, 65, 1, 36, 0, 0, 11,
);

it('I3: an instance that traps where there is no stack for the call by which a guard asks is entered no more', async () => {
  const trapping = new WebAssembly.Module(TRAP);
  const { Instance } = WebAssembly;
  const ran: WebAssembly.Global[] = [];
  const trapped = (): number => ran.filter(({ value }) => value === 1).length;
  vi.stubGlobal('WebAssembly', {
    ...Object.fromEntries(Object.getOwnPropertyNames(WebAssembly).map((name) => [name, Reflect.get(WebAssembly, name)])),
    Instance: class extends Instance {
      readonly #exports: WebAssembly.Exports;

      constructor(module: WebAssembly.Module, imports: WebAssembly.Imports) {
        super(module, imports);
        const trap = new Instance(trapping).exports;
        ran.push(trap.ran as WebAssembly.Global);
        this.#exports = { ...super.exports, bump: trap.bump as WebAssembly.ExportValue };
      }

      override get exports(): WebAssembly.Exports {
        return this.#exports;
      }
    },
  });
  const { __revive, bump, count } = load<Package>();
  __revive.configure({ consecutiveFailures: Number.POSITIVE_INFINITY });

  /** Calls with so many frames to spare, and so many words less. Gives what the caller got; undefined where there was no room for the call itself. */
  const call = (spare: number, words: number): string | undefined => {
    let isAtTheEnd = false;
    let levels = 0;
    let got: string | undefined;
    const run = (..._: unknown[]): void => {
      try {
        bump();
      } catch (error) {
        got = (error as { code?: string }).code ?? (error as Error).name;
      }
    };
    const none: unknown[] = Array(words).fill(0);
    const dig = (): void => {
      try {
        dig();
      } catch (error) {
        if (isAtTheEnd) throw error;
        isAtTheEnd = true;
      }
      if (isAtTheEnd && levels++ === spare) run(...none);
    };
    try {
      dig();
    } catch {
      // There was no room to get there.
    }
    return got;
  };

  /** The same. Says whether the guard had no room to ask after a trap; either way, nobody may enter that instance again. */
  const trapsUnasked = async (spare: number, words: number): Promise<boolean> => {
    const { generation } = __revive;
    const before = trapped();
    const got = call(spare, words);
    const hasTrapped = trapped() > before;
    await new Promise((resolve) => setImmediate(resolve));
    expect(count()).toBe(100);
    expect([spare, words, hasTrapped, __revive.generation > generation || !hasTrapped]).toEqual([spare, words, hasTrapped, true]);
    return hasTrapped && got === 'RangeError';
  };

  for (let n = 0; n < 100; n++) call(n, 0);
  // The least room in which a failure can be told; what has less is just below.
  let [below, enough] = [0, 5000];
  while (enough - below > 1) {
    const middle = (below + enough) >> 1;
    if (call(middle, 0) === 'REVIVE_ABORT') enough = middle;
    else below = middle;
    await new Promise((resolve) => setImmediate(resolve));
    count();
  }
  let unasked = 0;
  for (let spare = Math.max(0, enough - 40); spare <= enough + 5; spare++) {
    for (let words = 0; words < 8; words++) if (await trapsUnasked(spare, words)) unasked++;
  }
  expect(unasked).toBeGreaterThan(0);
}, 60_000);

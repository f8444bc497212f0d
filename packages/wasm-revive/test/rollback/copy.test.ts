/** `--commit copy`: turns are undone to copies of the state, and the code of the wasm file stays as it is. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inspectWasm } from '@wasm-revive/bindgen';
import { afterAll, describe, expect, it } from 'vitest';
import { type Package as Fixtures, load, RUNTIME, removeFolders, thrown, transformed, wasmFileOf } from '../fixtures.js';

interface Package extends Fixtures {
  hold(name: string, value: unknown): void;
  held(name: string): unknown;
  leak(bytes: number): void;
  memory_pages(): number;
  remember(key: string, value: string): void;
  let_go(name: string): void;
}

interface Globals {
  wasmReviveStart?: (() => string) | undefined;
}

const VARIANTS = [
  ['fixtures', 'abort'],
  ['fixtures', 'unwind'],
] as const;

/** More than wasm-bindgen's Rust takes places for at once, so that the table grows. */
const MANY = 3_000;

afterAll(removeFolders);

describe.each(VARIANTS)('copies of %s, panic=%s', (name, panic) => {
  const make = (): Package => load<Package>(panic, RUNTIME, name, 'copy');
  const hold = (module: Package, from: string): void => {
    for (let nth = 0; nth < MANY; nth++) module.hold(`${from} ${nth}`, { from, nth });
  };

  it('leaves the code as it is, to the byte', () => {
    const codeOf = (dir: string): Uint8Array => {
      const bytes = readFileSync(wasmFileOf(dir));
      const { offset, size } = inspectWasm(bytes).code ?? { offset: 0, size: 0 };
      return bytes.subarray(offset, offset + size);
    };
    const original = fileURLToPath(new URL(`../../../../.artifacts/${name}/${panic}/nodejs/`, import.meta.url));
    const code = codeOf(original);
    expect(code.length).toBeGreaterThan(10_000);
    expect(Buffer.compare(code, codeOf(transformed('nodejs', panic, RUNTIME, name, 'copy')))).toBe(0);
    expect(Buffer.compare(code, codeOf(transformed('nodejs', panic, RUNTIME, name, 'rollback')))).not.toBe(0);
  });

  it('I7: goes on where the turn that is undone has grown the table of references', () => {
    const module = make();
    const kept = { kept: true };
    module.hold('kept', kept);
    // So that the memory has room, and need not grow, too.
    module.remember('room', 'x'.repeat(4_000_000));
    module.remember('room', '');
    const pages = module.memory_pages();
    for (let time = 0; time < 3; time++) {
      const error = thrown(() =>
        module.nested(() => {
          hold(module, 'undone');
          module.fail('abort');
        }),
      );
      expect(error).toMatchObject({ code: 'REVIVE_ABORT', report: { recovery: 'rollback' } });
      expect([module.held('kept'), module.held('undone 7'), module.memory_pages()]).toEqual([kept, undefined, pages]);
    }
    // wasm-bindgen's Rust counts on where the places come that it is given next.
    hold(module, 'later');
    expect([module.held(`later ${MANY - 1}`), module.held('kept')]).toEqual([{ from: 'later', nth: MANY - 1 }, kept]);
    expect(module.__revive.generation).toBe(1);
  });

  const inOneTurn = (module: Package, from: string): unknown => module.nested(() => hold(module, from));

  it('I7: goes on in an older state, since which the table of references has grown', () => {
    const module = make();
    module.hold('kept', 'kept');
    module.__revive.configure({ checkpoints: { turns: 2 } });
    const pages = module.memory_pages();
    module.bump();
    inOneTurn(module, 'given up');
    let last: unknown;
    for (let time = 0; time <= 100; time++) last = thrown(() => module.fail('abort'));
    expect(last).toMatchObject({ report: { recovery: 'rollback', givenUp: { turns: 1 } } });
    expect([module.held('kept'), module.held('given up 7'), module.memory_pages()]).toEqual(['kept', undefined, pages]);
    inOneTurn(module, 'later');
    expect(module.held(`later ${MANY - 1}`)).toEqual({ from: 'later', nth: MANY - 1 });
  });

  it('I7: goes on in a state that was restored, where the start function has grown the table of references', () => {
    const module = make();
    module.hold('kept', 'kept');
    const bytes = module.__revive.checkpoint();
    const globals = globalThis as Globals;
    globals.wasmReviveStart = () => {
      globals.wasmReviveStart = undefined;
      hold(module, 'of start');
      return '';
    };
    module.__revive.restore(bytes);
    expect(globals.wasmReviveStart).toBeUndefined();
    const { generation } = module.__revive;
    expect([module.held('kept'), module.held('of start 7')]).toEqual(['kept', undefined]);
    for (const from of ['one', 'two']) {
      inOneTurn(module, from);
      expect(thrown(() => module.fail('abort'))).toMatchObject({ report: { recovery: 'rollback' } });
    }
    expect([module.held(`one ${MANY - 1}`), module.__revive.generation]).toEqual([{ from: 'one', nth: MANY - 1 }, generation]);
  });

  it('I7: serves no state that was restored into a table that is too long, where the engine makes no other instance', () => {
    const module = make();
    module.hold('kept', 'kept');
    const bytes = module.__revive.checkpoint();
    const { Instance } = WebAssembly;
    const globals = globalThis as Globals;
    globals.wasmReviveStart = () => {
      globals.wasmReviveStart = undefined;
      hold(module, 'of start');
      WebAssembly.Instance = function refuse() {
        WebAssembly.Instance = Instance;
        throw new RangeError('there is no memory');
      } as unknown as typeof Instance;
      return '';
    };
    try {
      expect(thrown(() => module.__revive.restore(bytes))).toMatchObject({
        code: 'REVIVE_NOT_RESTORED',
        message: expect.stringContaining('A fresh instance serves'),
      });
    } finally {
      WebAssembly.Instance = Instance;
    }
    expect([module.held('kept'), module.held('of start 7')]).toEqual([undefined, undefined]);
    inOneTurn(module, 'later');
    expect(module.held('later 7')).toEqual({ from: 'later', nth: 7 });
  });

  it('I3, I7: makes a fresh instance in place of one whose table is too long, where the engine has no memory for another', () => {
    const module = make();
    module.hold('kept', 'kept');
    module.remember('room', 'x'.repeat(4_000_000));
    const { grow } = WebAssembly.Memory.prototype;
    let error: unknown;
    try {
      error = thrown(() =>
        module.nested(() => {
          hold(module, 'undone');
          WebAssembly.Memory.prototype.grow = () => {
            throw new RangeError('there is no memory');
          };
          module.fail('abort');
        }),
      );
    } finally {
      WebAssembly.Memory.prototype.grow = grow;
    }
    expect(error).toMatchObject({ report: { recovery: 'fresh' } });
    inOneTurn(module, 'later');
    expect([module.held('kept'), module.held('later 7')]).toEqual([undefined, { from: 'later', nth: 7 }]);
  });

  describe('where the turn that is undone has grown the table, and not the memory', () => {
    const memoryOf = (module: Package): WebAssembly.Memory => {
      let memory: WebAssembly.Memory | undefined;
      const look = ({ exports }: { readonly exports: WebAssembly.Exports | undefined }): void => {
        memory = exports?.memory as WebAssembly.Memory;
      };
      module.__revive.use({ name: 'memory', instantiated: look });
      module.__revive.reset();
      module.remember('room', 'x'.repeat(4_000_000));
      module.remember('room', '');
      return memory as WebAssembly.Memory;
    };
    const grows = (module: Package): unknown =>
      thrown(() =>
        module.nested(() => {
          hold(module, 'undone');
          module.fail('abort');
        }),
      );

    it.each<[string, (memory: WebAssembly.Memory) => unknown]>([
      ['the memory', (memory) => memory],
      ['its buffer', ({ buffer }) => buffer],
      ['a view of it', ({ buffer }) => new DataView(buffer)],
    ])('I7: no other memory takes the place of one of which Rust holds %s', (_, of) => {
      const module = make();
      module.hold('own', of(memoryOf(module)));
      expect(grows(module)).toMatchObject({ report: { recovery: 'fresh' } });
    });

    it('I7: views that JavaScript has are empty, as where the memory has grown', () => {
      const module = make();
      const memory = memoryOf(module);
      const view = new Uint8Array(memory.buffer);
      expect(grows(module)).toMatchObject({ report: { recovery: 'rollback' } });
      expect(view.byteLength).toBe(0);
    });
  });

  it('I7: puts back a -0 over a 0', () => {
    const module = make();
    module.hold('zero', -0);
    thrown(() =>
      module.nested(() => {
        module.let_go('zero');
        // In its place.
        module.hold('another', 0);
        module.fail('abort');
      }),
    );
    expect(module.held('zero')).toBe(-0);
  });

  it('I6: gives back all memory that the turn has grown, however little', () => {
    const module = make();
    const pages = module.memory_pages();
    for (let time = 0; time < 10; time++) {
      thrown(() =>
        module.nested(() => {
          module.leak(500_000);
          module.fail('abort');
        }),
      );
      expect(module.memory_pages()).toBe(pages);
    }
  });
});

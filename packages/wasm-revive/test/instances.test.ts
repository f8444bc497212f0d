/** What the manager does while instances are made, on a module without glue. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Plugin, plainModule, revive } from '../src/index.js';

// (module
//   (global $n (mut i32) (i32.const 0))
//   (func (export "count") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n))
//   (func (export "die") unreachable))
const BYTES = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 2, 96, 0, 1, 127, 96, 0, 0, 3, 3, 2, 0, 1, 6, 6, 1, 127, 1, 65, 0, 11, 7, 15, 2, 5, 99, 111, 117, 110,
  116, 0, 0, 3, 100, 105, 101, 0, 1, 10, 17, 2, 11, 0, 35, 0, 65, 1, 106, 36, 0, 35, 0, 11, 3, 0, 0, 11,
]);

/** Each crate that a module may have a record of, and the package that it is matched with. */
const PAIRS: [string, string][] = [
  ['wasm-revive', 'wasm-revive'],
  ['wasm-revive-abi', '@wasm-revive/kernel'],
  ...['abort-detector', 'entrypoint-shim', 'reinit-manager', 'unwind-catcher'].map((name): [string, string] => [
    `wasm-revive-${name}`,
    `@wasm-revive/${name}`,
  ]),
];

interface Exports {
  count(): number;
  die(): void;
}

const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

afterEach(() => vi.restoreAllMocks());

/** An engine that refuses to make instances synchronously; those asked for asynchronously arrive when `arrive` is called. */
function refuseNow() {
  const { Instance } = WebAssembly;
  const waiting: (() => void)[] = [];
  const made: WebAssembly.Instance[] = [];
  vi.spyOn(WebAssembly, 'Instance').mockImplementation(function refused() {
    throw new RangeError('WebAssembly.Instance is disallowed on the main thread');
  });
  vi.spyOn(WebAssembly, 'instantiate').mockImplementation(async (module: unknown, imports?: WebAssembly.Imports) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    made.push(new Instance(module as WebAssembly.Module, imports));
    return made.at(-1) as never;
  });
  return { waiting, made, arrive: () => waiting.shift()?.() };
}

function setUp() {
  const module = new WebAssembly.Module(BYTES);
  const { factory, description } = plainModule(module, {}, 'plain');
  const app = revive(factory, description);
  return { app, module, wasm: app.wasm as unknown as Exports, control: app.control };
}

describe('instances that are made asynchronously', () => {
  it('I2, I5: the first one can be awaited, and calls until then are refused', async () => {
    const engine = refuseNow();
    const { app, module, wasm } = setUp();
    const booted = app.boot(module);
    expect(() => wasm.count()).toThrow(expect.objectContaining({ code: 'REVIVE_NOT_READY', retryable: true }));
    engine.arrive();
    await booted;
    expect(wasm.count()).toBe(1);
  });

  it('I1, I5: callers get why the first one could not be made, and nothing reaches the process', async () => {
    refuseNow();
    const cause = new RangeError('out of memory');
    vi.spyOn(WebAssembly, 'instantiate').mockRejectedValueOnce(cause as never);
    const { app, module, wasm } = setUp();
    await expect(app.boot(module)).rejects.toBe(cause);
    expect(() => wasm.count()).toThrow(expect.objectContaining({ code: 'REVIVE_NO_INSTANCE', cause }));
  });

  it('I4, I7: one that nobody wants any more does not serve when it arrives', async () => {
    const { app, module, wasm, control } = setUp();
    app.boot(module);
    const engine = refuseNow();
    expect(() => wasm.die()).toThrow();
    expect(() => wasm.count()).toThrow(expect.objectContaining({ code: 'REVIVE_RECOVERING' }));
    expect(engine.waiting.length).toBe(1);
    // It was made without this one.
    const seen: number[] = [];
    control.use({ name: 'late', instantiated: ({ generation }) => void seen.push(generation) });
    expect(() => wasm.count()).toThrow(expect.objectContaining({ code: 'REVIVE_RECOVERING' }));
    expect(engine.waiting.length).toBe(2);
    engine.arrive();
    await tick();
    expect(control.state).toBe('recovering');
    engine.arrive();
    await tick();
    expect([control.state, wasm.count(), wasm.count()]).toEqual(['running', 1, 2]);
    expect(control.generation).toBe(seen.at(-1));
  });

  it('I5: a program of which no instance can be made keeps nobody busy', async () => {
    const { app, module, wasm } = setUp();
    app.boot(module);
    vi.spyOn(WebAssembly, 'Instance').mockImplementation(function refused() {
      throw new RangeError('out of memory');
    });
    const asked = vi.spyOn(WebAssembly, 'instantiate').mockRejectedValue(new RangeError('out of memory') as never);
    expect(() => wasm.die()).toThrow();
    for (let n = 0; n < 20; n++) await tick();
    expect(asked.mock.calls.length).toBeLessThan(3);
  });
});

describe('an instance that the program made and did not give the module of', () => {
  function byHand(load?: () => Promise<WebAssembly.Module>) {
    const module = new WebAssembly.Module(BYTES);
    const { factory, description } = plainModule(module, {}, 'plain');
    const app = revive(factory, { ...description, ...(load && { load }) });
    const imports = app.prepare();
    app.bootFrom(new WebAssembly.Instance(module, imports).exports, undefined, imports, false);
    return { app, module, wasm: app.wasm as unknown as Exports };
  }

  it('I2, I7: has the module read once, and is replaced by a fresh one', async () => {
    const load = vi.fn(async () => new WebAssembly.Module(BYTES));
    const { app, wasm } = byHand(load);
    expect(wasm.count()).toBe(1);
    expect(() => wasm.die()).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
    const recovered = new Promise((resolve) => app.control.on('recovered', resolve));
    expect(() => wasm.count()).toThrow(expect.objectContaining({ code: 'REVIVE_RECOVERING', retryable: true }));
    await recovered;
    expect(wasm.count()).toBe(1);
    expect(() => wasm.die()).toThrow();
    expect(wasm.count()).toBe(1);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('I2: is replaced by a fresh one, whatever was announced while it served', () => {
    const module = new WebAssembly.Module(BYTES);
    const { factory, description } = plainModule(module, {}, 'plain');
    const app = revive(factory, description);
    const wasm = app.wasm as unknown as Exports;
    const imports = app.prepare();
    app.bootFrom(new WebAssembly.Instance(module, imports).exports, module, imports, false);
    app.bootFrom({}, module, imports, false);
    wasm.count();
    expect(() => wasm.die()).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
    expect(wasm.count()).toBe(1);
  });

  it('I9: serves on when it is reset and the module can not be read', async () => {
    for (const load of [undefined, () => Promise.reject(new Error('404'))]) {
      const { app, wasm } = byHand(load);
      wasm.count();
      expect(() => app.control.reset()).toThrow(expect.objectContaining({ code: load ? 'REVIVE_RECOVERING' : 'REVIVE_NO_MODULE' }));
      await tick();
      expect(() => app.control.reset()).toThrow(expect.objectContaining({ code: 'REVIVE_NO_MODULE' }));
      expect([app.control.state, wasm.count()]).toEqual(['running', 2]);
    }
  });

  it('I1: says what to give where the module can not be read', async () => {
    const load = vi.fn(() => Promise.reject(new Error('404')));
    const { app, wasm } = byHand(load);
    expect(() => wasm.die()).toThrow();
    for (let n = 0; n < 10; n++) await tick();
    expect(app.control.state).toBe('retired');
    expect(() => wasm.count()).toThrow(
      expect.objectContaining({ code: 'REVIVE_NO_MODULE', message: expect.stringContaining('__wbg_set_wasm(exports, module)') }),
    );
    expect(load).toHaveBeenCalledTimes(1);
  });
});

describe('generated code of another version', () => {
  it('I9: is refused in words that say what to do, also where it says nothing of its version', () => {
    const { factory, description } = plainModule(new WebAssembly.Module(BYTES), {}, 'plain');
    const { contract, generatedBy, ...unversioned } = description;
    expect([contract, generatedBy]).not.toContain(undefined);
    for (const given of [unversioned as typeof description, { ...description, contract: 99, generatedBy: '9.9.9' }]) {
      expect(() => revive(factory, given)).toThrow(
        expect.objectContaining({
          code: 'REVIVE_CONTRACT_MISMATCH',
          message: expect.stringMatching(/^plain was transformed by (?!.*undefined).*transform wasm-bindgen's output again/),
        }),
      );
    }
  });
});

describe('a module with the record of a crate', () => {
  const built = (record: string): WebAssembly.Module => {
    const content = new TextEncoder().encode(`\u000bwasm_revive${record}\n`);
    return new WebAssembly.Module(new Uint8Array([...BYTES, 0, content.length, ...content]));
  };
  const managed = (record: string) => {
    const module = built(record);
    const { factory, description } = plainModule(module, {}, 'plain');
    const app = revive(factory, description);
    return { app, module, wasm: app.wasm as unknown as Exports };
  };

  it.each(PAIRS)('I9: %s is refused before anything of it runs where it does not match %s', (crate, npm) => {
    const { app, module, wasm } = managed(`${crate} 99.0.0 1`);
    const refused = { code: 'REVIVE_VERSION_MISMATCH', message: expect.stringMatching(`${crate} 99\\.0\\.0.* ${npm} `) };
    expect(() => app.boot(module)).toThrow(expect.objectContaining(refused));
    expect(() => wasm.count()).toThrow(expect.objectContaining({ code: 'REVIVE_NOT_READY' }));
    expect(app.control.state).toBe('idle');
  });

  it('I9: is refused where it was made asynchronously, and calls say why', async () => {
    const engine = refuseNow();
    const { app, module, wasm } = managed('wasm-revive 99.0.0 1');
    const booted = app.boot(module);
    engine.arrive();
    const refused = expect.objectContaining({ code: 'REVIVE_VERSION_MISMATCH' });
    await expect(booted).rejects.toEqual(refused);
    expect(() => wasm.count()).toThrow(refused);
  });

  it('I9: a plugin that its crate does not match is refused, and leaves everything as it was', () => {
    const { app, module, wasm } = managed('of-somebody 1.2.0 1');
    app.boot(module);
    const heard: string[] = [];
    const plugin = (version: string): Plugin => ({
      name: version,
      package: { name: '@of/somebody', version, crate: 'of-somebody' },
      failed: () => void heard.push(version),
    });
    expect(() => app.control.use(plugin('2.0.0'))).toThrow(expect.objectContaining({ code: 'REVIVE_VERSION_MISMATCH' }));
    expect(() => app.control.use({ ...plugin('1.0.0'), package: null } as unknown as Plugin)).toThrow(TypeError);
    app.control.use(plugin('1.0.0'));
    expect(() => wasm.die()).toThrow();
    expect([heard, wasm.count()]).toEqual([['1.0.0'], 1]);
  });
});

describe('options', () => {
  it('I9: a getter can not give another value than the one that was checked', () => {
    const { control } = setUp();
    let asked = 0;
    const options = {
      get maxRestarts() {
        return asked++ === 0 ? 3 : -1;
      },
    };
    expect(() => control.configure(options)).not.toThrow();
    expect(asked).toBe(1);
  });
});

describe('an instance that can not be made', () => {
  const serving = () => {
    const { app, module, wasm, control } = setUp();
    app.boot(module);
    return { wasm, control, lose: () => expect(() => wasm.die()).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' })) };
  };
  const refuses = (error: unknown): void => {
    vi.spyOn(WebAssembly, 'Instance').mockImplementation(function refused() {
      throw error;
    });
    vi.spyOn(WebAssembly, 'instantiate').mockRejectedValue(error as never);
  };

  it.each([
    ['an import that does not fit', new WebAssembly.LinkError('Import #0')],
    ['code that the engine does not compile', new WebAssembly.CompileError('invalid opcode')],
    ['no memory', new RangeError('Out of memory: Cannot allocate Wasm memory for new instance')],
    ['something that is no error', 'no error'],
    ['nothing', undefined],
  ])('I1, I5: %s: callers and those who wait get a ReviveError, and the next call tries again', async (_, cause) => {
    const { wasm, control, lose } = serving();
    lose();
    refuses(cause);
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    try {
      const { ready } = control;
      const codes: unknown[] = [];
      for (let n = 0; n < 4; n++) {
        try {
          wasm.count();
        } catch (error) {
          codes.push((error as { code?: string }).code);
        }
        await tick();
      }
      expect(new Set(codes)).toEqual(
        new Set(cause instanceof RangeError ? ['REVIVE_RECOVERING', 'REVIVE_NO_INSTANCE'] : ['REVIVE_NO_INSTANCE']),
      );
      await expect(ready).rejects.toMatchObject({ code: 'REVIVE_NO_INSTANCE', cause, retryable: true });
      expect(control.state).toBe('recovering');
      vi.restoreAllMocks();
      await expect(control.ready).resolves.toBeUndefined();
      expect(wasm.count()).toBe(1);
      await tick();
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', unhandled);
    }
  });

  it('I1: with a full stack: callers get an error with a code', async () => {
    const { wasm, control, lose } = serving();
    lose();
    const seen = new Set<string>();
    // From every depth, up to the last that there is.
    const down = (): void => {
      try {
        down();
      } catch {
        // The deepest comes first.
      }
      if (control.state === 'running') return;
      try {
        wasm.count();
      } catch (error) {
        seen.add((error as { code?: string; name: string }).code ?? (error as Error).name);
      }
    };
    down();
    expect(control.state).toBe('running');
    expect(wasm.count()).toBeGreaterThan(0);
    for (const code of seen) expect(['REVIVE_NO_INSTANCE', 'RangeError']).toContain(code);
  });

  it('I5: `ready` is resolved while an instance serves, and before the first one waits for it', async () => {
    const { app, module, control } = setUp();
    let served = false;
    const waits = control.ready.then(() => {
      served = true;
    });
    await tick();
    expect(served).toBe(false);
    app.boot(module);
    await waits;
    await control.ready;
  });

  it('I2: a call in between says when to come again, and what to wait for', async () => {
    const { wasm, lose } = serving();
    const engine = refuseNow();
    lose();
    let error: { retryAfter?: number; ready?: Promise<void> } = {};
    try {
      wasm.count();
    } catch (thrown) {
      error = thrown as typeof error;
    }
    expect(error).toMatchObject({ code: 'REVIVE_RECOVERING', retryable: true, message: expect.stringContaining(`${error.retryAfter} ms`) });
    engine.arrive();
    await error.ready;
    expect(wasm.count()).toBe(1);
  });
});

describe('a module that is disposed of', () => {
  const DISPOSED = expect.objectContaining({ code: 'REVIVE_DISPOSED' });

  it('I1, I5: while its first instance is made asynchronously, refuses that and every call', async () => {
    const engine = refuseNow();
    const { app, module, wasm, control } = setUp();
    const booted = app.boot(module);
    await control.dispose();
    engine.arrive();
    await expect(booted).rejects.toEqual(DISPOSED);
    expect(() => wasm.count()).toThrow(DISPOSED);
    expect([control.state, control.generation]).toEqual(['disposed', 0]);
  });

  it('I5, I7: while a later one is made asynchronously, has none serve when it arrives, until it is reset', async () => {
    const { app, module, wasm, control } = setUp();
    app.boot(module);
    const engine = refuseNow();
    expect(() => wasm.die()).toThrow();
    expect(() => wasm.count()).toThrow(expect.objectContaining({ code: 'REVIVE_RECOVERING' }));
    await control.dispose();
    engine.arrive();
    await tick();
    expect(() => wasm.count()).toThrow(DISPOSED);
    expect(control.state).toBe('disposed');
    control.reset();
    expect(() => wasm.count()).toThrow(expect.objectContaining({ code: 'REVIVE_RECOVERING' }));
    engine.arrive();
    await tick();
    expect([control.state, wasm.count()]).toEqual(['running', 1]);
  });

  it('I3: by a plugin that looks at an instance, has that not serve', async () => {
    const { app, module, wasm, control } = setUp();
    app.boot(module);
    let disposed: Promise<void> | undefined;
    control.use({
      name: 'disposes',
      instantiated() {
        disposed = control.dispose();
      },
    });
    expect(() => wasm.die()).toThrow();
    expect(() => wasm.count()).toThrow(expect.objectContaining({ code: 'REVIVE_DRAINING' }));
    await disposed;
    expect(() => wasm.count()).toThrow(DISPOSED);
    expect(control.generation).toBe(1);
  });

  it('I6: keeps none in reserve, not even one that was about to be made', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const { app, module, wasm, control } = setUp();
    app.boot(module);
    const seen: WeakRef<object>[] = [];
    control.use({ name: 'sees', instantiated: ({ exports }) => void (exports && seen.push(new WeakRef(exports))) });
    expect(() => wasm.die()).toThrow();
    wasm.count();
    await control.dispose();
    expect(seen.length).toBe(2);
    for (let n = 0; n < 8; n++) {
      await tick();
      gc();
    }
    expect(seen.filter((exports) => exports.deref())).toEqual([]);
  });

  it('I5: by listeners of all that happens, ends once', async () => {
    const { app, module, wasm, control } = setUp();
    app.boot(module);
    const disposed: Promise<void>[] = [];
    for (const event of ['failure', 'recovered', 'drained'] as const) control.on(event, () => void disposed.push(control.dispose()));
    expect(() => wasm.die()).toThrow();
    await Promise.all(disposed);
    expect(() => wasm.count()).toThrow(DISPOSED);
    control.reset();
    await control.dispose();
    expect([control.state, disposed.length]).toEqual(['disposed', 2]);
  });
});

describe('recycling', () => {
  it('I5, I7: where instances are made asynchronously, waits for the next one and has it serve', async () => {
    const { app, module, wasm, control } = setUp();
    app.boot(module);
    const engine = refuseNow();
    const failed = vi.fn();
    control.on('recycleFailed', failed);
    control.configure({ recycle: { turns: 2 } });
    expect([wasm.count(), wasm.count()]).toEqual([1, 2]);
    await tick();
    expect([wasm.count(), engine.waiting.length, control.generation]).toEqual([3, 1, 1]);
    engine.arrive();
    await tick();
    expect(wasm.count()).toBe(4);
    await tick();
    expect([wasm.count(), control.generation > 1, failed.mock.calls]).toEqual([1, true, []]);
  });

  it('I7: counts each turn once, also of instances that run nothing when they start', async () => {
    const { app, module, wasm, control } = setUp();
    app.boot(module);
    control.configure({ recycle: { turns: 2 } });
    // The first generation was made before anybody asked.
    control.reset();
    const counted: number[] = [];
    for (let n = 0; n < 6; n++) {
      counted.push(wasm.count());
      await tick();
    }
    expect(counted).toEqual([1, 2, 1, 2, 1, 2]);
  });

  it('I6: leaves nothing behind', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const { app, module, wasm, control } = setUp();
    app.boot(module);
    const seen: WeakRef<object>[] = [];
    control.use({ name: 'sees', instantiated: ({ exports }) => void (exports && seen.push(new WeakRef(exports))) });
    control.configure({ recycle: { turns: 1 } });
    for (let n = 0; n < 50; n++) {
      wasm.count();
      await tick();
    }
    for (let n = 0; n < 8; n++) {
      await tick();
      gc();
    }
    expect(seen.length).toBe(50);
    expect(seen.filter((exports) => exports.deref()).length).toBeLessThan(3);
  });
});

import { describe, expect, it, vi } from 'vitest';
import { defaultPlugins, type Plugin, plainModule, revive } from '../src/index.js';
import { BYTES, type Exports, NUMBERS, type Numbers } from './plain-wasm.js';

function setUp(call: () => void = () => {}) {
  const module = new WebAssembly.Module(BYTES);
  const { factory, description } = plainModule(module, { env: { call } }, 'plain');
  const app = revive(factory, description);
  app.boot(module);
  return { app, wasm: app.wasm as unknown as Exports };
}

describe('revive, on a module without glue', () => {
  it('I1, I7: an abort is told, and the next call is served by a fresh instance', () => {
    const { app, wasm } = setUp();
    const { count } = wasm;
    expect([count(), count()]).toEqual([1, 2]);
    expect(() => wasm.die()).toThrow(
      expect.objectContaining({ code: 'REVIVE_ABORT', report: expect.objectContaining({ entrypoint: 'die', generation: 1 }) }),
    );
    expect(count()).toBe(1);
    expect(app.control.generation).toBe(2);
    expect(app.control.stats).toMatchObject({ failures: 1, recoveries: 1, inFlight: 0 });
  });

  it('I3: frames of an instance that aborted in a nested call never run on', () => {
    const { app, wasm } = setUp(() => {
      expect(() => wasm.die()).toThrow();
      expect(wasm.count()).toBe(1);
    });
    expect(() => wasm.callOut()).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
    // Had the frame run on, in the old instance or the new one, it would be above 100.
    expect(wasm.count()).toBe(2);
    expect(app.control.stats.failures).toBe(1);
  });

  it('lets an exception of an import through by identity, and reports it', () => {
    const error = new TypeError('mine');
    const { app, wasm } = setUp(() => {
      throw error;
    });
    const causes: unknown[] = [];
    app.control.on('failure', ({ failure, recovery }) => causes.push([failure.kind === 'aborted' && failure.cause, recovery]));
    expect(() => wasm.callOut()).toThrow(error);
    expect(causes).toEqual([['foreign-exception', 'keep']]);
    expect(app.control.generation).toBe(1);
  });

  it('I9: an import that the program does not give is missed in the words of the engine', () => {
    const { factory, description, module } = plainModule(BYTES, { env: {} });
    expect(() => revive(factory, description).boot(module)).toThrow(WebAssembly.LinkError);
  });

  it('a plugin that is added hears of turns from the next generation on', () => {
    const { app, wasm } = setUp();
    const heard: string[] = [];
    const plugin: Plugin = {
      name: 'listener',
      entered: (_, entrypoint) => heard.push(`entered ${entrypoint}`),
      committed: () => heard.push('committed'),
    };
    app.control.use(plugin);
    wasm.count();
    expect(heard).toEqual([]);
    app.control.reset();
    wasm.count();
    expect(heard).toEqual(['entered count', 'committed']);
  });

  it('every plugin can read an instance that is lost, before the program hears of it and whatever the others throw', () => {
    const { app, wasm } = setUp();
    const heard: unknown[] = [];
    const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
    app.control.use({
      name: 'clumsy',
      lost() {
        throw new Error('mine');
      },
    });
    app.control.use({
      name: 'reader',
      lost: (instance, report) => heard.push(Object.keys(instance.exports ?? {}), instance.state, report.entrypoint),
    });
    app.control.on('failure', () => heard.push('told'));
    expect(() => wasm.die()).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
    expect(heard).toEqual([['count', 'die', 'callOut'], 'lost', 'die', 'told']);
    expect(errors.mock.calls).toEqual([['wasm-revive: the plugin clumsy threw:', new Error('mine')]]);
    expect(wasm.count()).toBe(1);
    // Nothing was lost.
    app.control.reset();
    expect(heard).toHaveLength(4);
    errors.mockRestore();
  });

  it('says what to do when it is called before it is there', () => {
    const module = new WebAssembly.Module(BYTES);
    const { factory, description } = plainModule(module, {}, 'plain');
    const { wasm } = revive(factory, description);
    expect(() => (wasm as unknown as Exports).count()).toThrow(
      expect.objectContaining({ code: 'REVIVE_NOT_READY', message: expect.stringContaining('boot(module)') }),
    );
  });

  it('I9: gives up a module whose instances fail as they start', () => {
    const { app, wasm } = setUp();
    app.control.configure({ maxRestarts: 2, withinMs: 60_000 });
    for (let i = 0; i < 3; i++) expect(() => wasm.die()).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
    expect(() => wasm.count()).toThrow(expect.objectContaining({ code: 'REVIVE_CRASH_LOOP', retryable: true }));
    expect(app.control.state).toBe('open');
    app.control.reset();
    expect(wasm.count()).toBe(1);
  });

  it('I1: a reset that makes up for a loss does not count against maxRestarts', () => {
    const { app, wasm } = setUp();
    app.control.configure({ maxRestarts: 1, withinMs: 60_000 });
    for (let i = 0; i < 3; i++) {
      expect(() => wasm.die()).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
      app.control.reset();
    }
    expect(() => wasm.die()).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
    expect(wasm.count()).toBe(1);
    expect(() => wasm.die()).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
    expect(() => wasm.count()).toThrow(expect.objectContaining({ code: 'REVIVE_CRASH_LOOP' }));
  });

  /** `cost` becomes 1 when it is made a number, and costs the instance; `entered` are the marks that lost instances have by which they say that one was entered. */
  function setUpNumbers(source: WebAssembly.Module | BufferSource) {
    const { factory, description, module } = plainModule(source, { env: { give: () => cost } }, 'numbers');
    const app = revive(factory, description);
    app.boot(module);
    const wasm = app.wasm as unknown as Numbers;
    const cost = {
      valueOf() {
        expect(() => wasm.die()).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
        return 1;
      },
    };
    const marks: WebAssembly.Global[] = [];
    app.control.use({ name: 'reader', lost: ({ exports }) => void marks.push(exports?.n as WebAssembly.Global) });
    return { wasm, cost, entered: () => marks.map(({ value }) => value as number) };
  }

  it('I3: an instance that is lost while an argument or a result becomes a number runs no further', () => {
    const { wasm, cost, entered } = setUpNumbers(NUMBERS);
    expect(() => wasm.take(cost)).toThrow(expect.objectContaining({ code: 'REVIVE_STALE_HANDLE' }));
    expect(() => wasm.ask()).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
    expect([entered(), wasm.take({ valueOf: () => '7' })]).toEqual([[0, 0], 7]);
  });

  it('I1: what it gives is nobody’s where the bytes, which say what a number is, were not given', () => {
    const { wasm, cost, entered } = setUpNumbers(new WebAssembly.Module(NUMBERS));
    expect(() => wasm.take(cost)).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT' }));
    // Note: this is what the bytes are for.
    expect([entered(), wasm.take(1)]).toEqual([[1], 1]);
  });

  it.each<[string, (hook: NonNullable<Plugin['threw']>) => Plugin]>([
    ['threw', (threw) => ({ name: 'first', threw })],
    ['failed', (threw) => ({ name: 'first', failed: (_, failure) => void threw(failure as never) })],
  ])('I1, I3: an instance that has trapped is entered by no plugin, be it the first of all (%s)', (_, first) => {
    const given: unknown[] = [];
    const calling = first(() => {
      try {
        given.push(app.wasm.take?.(7));
      } catch (error) {
        given.push((error as Error).message);
      }
      return undefined;
    });
    const { factory, description, module } = plainModule(NUMBERS, { env: { give: () => 0 } }, 'numbers');
    const app = revive(factory, description, { plugins: [calling, ...defaultPlugins()] }) as unknown as Omit<
      ReturnType<typeof revive>,
      'wasm'
    > & { readonly wasm: Partial<Numbers> };
    app.boot(module);
    const marks: unknown[] = [];
    app.control.use({ name: 'reader', lost: ({ exports }) => void marks.push((exports?.n as WebAssembly.Global | undefined)?.value) });
    const told: unknown[] = [];
    app.control.on('failure', ({ failure }) => told.push(failure.kind === 'aborted' && failure.cause));
    expect(app.wasm.die).toThrow(expect.objectContaining({ code: 'REVIVE_ABORT', message: expect.stringContaining('in die') }));
    expect(given).toEqual([expect.stringContaining('This call came while plugins were being asked about that, and did nothing.')]);
    expect([marks, told]).toEqual([[0], ['unreachable']]);
    expect(app.wasm.take?.(7)).toBe(7);
  });
});

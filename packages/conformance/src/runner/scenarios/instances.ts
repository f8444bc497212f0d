/** Engines that make no instance when they are asked to, or only asynchronously. */
import { codeOf, show } from '../checks.ts';
import type { Told } from '../fixtures.ts';
import { until } from '../runtime.ts';
import { type Scenario, thrownBy } from './scenario.ts';

/** In the words of Chromium, for a module of more than 8 MB on the main thread of a page. */
const MAIN_THREAD =
  'WebAssembly.Instance is disallowed on the main thread, if the buffer size is larger than 8MB. Use WebAssembly.instantiate.';

/** Has the engine refuse, until the function returned is called. */
function refuse(error: () => Error, asynchronously = false): () => void {
  const { Instance, instantiate } = WebAssembly;
  Object.assign(WebAssembly, {
    Instance: function refused() {
      throw error();
    },
    ...(asynchronously && { instantiate: () => Promise.reject(error()) }),
  });
  return () => Object.assign(WebAssembly, { Instance, instantiate });
}

/** What a call comes to while a fresh instance is being made. */
function isRecovering(error: unknown): true | string {
  const { code, retryable, cause, retryAfter = 0, ready } = error as Told;
  const isRight = code === 'REVIVE_RECOVERING' && retryable && retryAfter > 0 && ready instanceof Promise;
  return (isRight && codeOf(cause) === 'REVIVE_ABORT') || show(error);
}

/** A module that imports a function, and exports it. */
function importing(module: string, name: string, as: string): WebAssembly.Module {
  const section = (id: number, bytes: readonly number[]): number[] => [id, bytes.length, ...bytes];
  const text = (value: string): number[] => [value.length, ...new TextEncoder().encode(value)];
  return new WebAssembly.Module(
    new Uint8Array([
      ...[0, 97, 115, 109, 1, 0, 0, 0],
      ...section(1, [1, 0x60, 0, 0]),
      ...section(2, [1, ...text(module), ...text(name), 0, 0]),
      ...section(7, [1, ...text(as), 0, 0]),
    ]),
  );
}

export const INSTANCES: readonly Scenario[] = [
  {
    id: 'an instance of another module',
    invariants: ['I2', 'I9'],
    needs: ['compiling', "today's wasm-bindgen"],
    run({ ns }, checks) {
      const { __revive: control } = ns;
      const { Instance } = WebAssembly;
      // Note: the probe's class extends the engine's, and gives the engine copies of the imports.
      const Engines = Object.getPrototypeOf(Instance) as typeof Instance;
      /** Has the engine make one of another module in place of the next, and gives what a call comes to. */
      const callAfter = (other: (imports: WebAssembly.Imports) => WebAssembly.Module): Partial<Error> => {
        control.use({ name: 'drops what was in reserve' });
        thrownBy(() => ns.fail('abort'));
        Object.assign(WebAssembly, {
          Instance: function another(_: WebAssembly.Module, imports: WebAssembly.Imports) {
            return new Engines(other(imports), imports);
          },
        });
        try {
          return (thrownBy(() => ns.add(1, 2)) ?? {}) as Partial<Error>;
        } finally {
          Object.assign(WebAssembly, { Instance });
        }
      };
      const glue = (imports: WebAssembly.Imports): string => Object.keys(imports).find((module) => module.includes('_bg')) ?? '';
      const known = (imports: WebAssembly.Imports): string => Object.keys(imports[glue(imports)] ?? {})[0] ?? '';
      const others = {
        'it imports from a module that the glue is not': [() => importing('elsewhere', 'f', 'g'), 'It imports from "elsewhere"'],
        'it imports what the glue has not': [(imports) => importing(glue(imports), 'absent', 'g'), 'It imports "absent" from'],
        'it exports nothing of what is called': [(imports) => importing(glue(imports), known(imports), 'g'), '" to call, and exports "g"'],
      } as const satisfies Record<string, readonly [(imports: WebAssembly.Imports) => WebAssembly.Module, string]>;
      for (const [what, [other, words]] of Object.entries(others)) {
        const error = callAfter(other);
        checks.equal('I9', `it is refused: ${what}`, () => codeOf(error), 'REVIVE_VERSION_MISMATCH');
        checks.that('I9', `in plain words: ${what}`, () => error.message?.includes(words) || show(error));
        checks.equal('I2', `one of the module itself serves then: ${what}`, () => ns.bump(), 101);
      }
    },
  },
  {
    id: 'the engine makes instances only asynchronously',
    invariants: ['I1', 'I2', 'I5', 'I7', 'I8'],
    async run({ ns, runtime, probe }, checks) {
      const { __revive: control } = ns;
      const running = (): Promise<unknown> => until(runtime, () => control.state === 'running');
      control.use({ name: 'drops what was in reserve' });
      const allow = refuse(() => new RangeError(MAIN_THREAD));
      try {
        const { recoveries } = control.stats;
        thrownBy(() => ns.fail('abort'));
        const error = thrownBy(() => ns.add(1, 2));
        checks.that('I1', 'a call in between gets an error that says to repeat it', () => isRecovering(error));
        checks.that('I1', 'and so does the next', () => isRecovering(thrownBy(() => ns.add(1, 2))));
        checks.equal('I1', 'the state says so', () => control.state, 'recovering');
        await (error as Told).ready;
        checks.equal('I7', 'then a fresh instance serves', () => ns.bump(), 101);
        checks.equal('I7', 'it counts as one recovery', () => control.stats.recoveries, recoveries + 1);
        const made = probe.made();
        await until(runtime, () => probe.made() > made);
        await runtime.turn();
        thrownBy(() => ns.fail('abort'));
        checks.equal('I8', 'the next one waits in reserve: nobody waits for it', () => ns.bump(), 101);
        // Nobody calls.
        control.use({ name: 'drops what was in reserve' });
        thrownBy(() => ns.fail('abort'));
        await control.ready;
        checks.equal('I7', 'it is made when nobody calls, too', () => ns.bump(), 101);
        // The program meddles while one is being made.
        control.use({ name: 'drops what was in reserve' });
        thrownBy(() => ns.fail('abort'));
        thrownBy(() => ns.add(1, 2));
        checks.quiet('I5', 'reset() meanwhile is no error', () => control.reset());
        control.configure({ staleClosures: 'ignore' });
        control.use({ name: 'drops what is being made' });
        checks.quiet('I5', 'nor once more', () => control.reset());
        await running();
        checks.equal('I7', 'another one serves', () => ns.bump(), 101);
        const last = control.generation;
        await runtime.turn();
        checks.equal('I7', 'and stays', () => [control.generation - last, ns.bump()].join(), '0,102');
      } finally {
        allow();
      }
      control.use({ name: 'drops what was in reserve' });
      thrownBy(() => ns.fail('abort'));
      await running();
      checks.equal('I2', 'as the engine is again, nothing is left of it', () => ns.bump(), 101);
    },
  },
  ...(
    [
      ['there is no memory', () => new RangeError('WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory for new instance')],
      ['an import does not fit', () => new WebAssembly.LinkError('WebAssembly.Instance(): Import #0: function import requires a callable')],
    ] as const
  ).map(
    ([what, make]): Scenario => ({
      id: `no instance can be made: ${what}`,
      invariants: ['I1', 'I2', 'I5'],
      async run({ ns, runtime }, checks) {
        const { __revive: control } = ns;
        control.use({ name: 'drops what was in reserve' });
        const errors: Error[] = [];
        const allow = refuse(() => {
          const error = make();
          errors.push(error);
          return error;
        }, true);
        const caught: unknown[] = [];
        let waited: unknown;
        try {
          thrownBy(() => ns.fail('abort'));
          waited = await control.ready.catch(codeOf);
          for (let n = 0; n < 8; n++) {
            caught.push(thrownBy(() => ns.add(1, 2)));
            await runtime.turn();
          }
        } finally {
          allow();
        }
        checks.equal('I5', 'those who wait for an instance get the reason', () => waited, 'REVIVE_NO_INSTANCE');
        checks.that(
          'I1',
          'callers get errors with codes',
          () =>
            caught.every((error) => ['REVIVE_RECOVERING', 'REVIVE_NO_INSTANCE'].includes(String(codeOf(error)))) || caught.map(show).join(),
        );
        checks.that('I1', 'and the cause', () => {
          const told = caught.filter((error) => codeOf(error) === 'REVIVE_NO_INSTANCE');
          return (told.length > 2 && told.every((error) => errors.includes((error as Error).cause as Error))) || caught.map(show).join();
        });
        checks.equal('I5', 'that was no failure of the module', () => control.state, 'recovering');
        checks.equal('I2', 'as soon as one can be made, the next call is served', () => ns.bump(), 101);
      },
    }),
  ),
];

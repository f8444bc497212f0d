/** What the engine says when Wasm traps, and what is told of it. */
import { abortCause, isAbort } from '@wasm-revive/abort-detector';
import { show } from '../checks.ts';
import { CATCHABLE, catchModule, NO_TRAP, TRAPS, trapModule } from '../trap-messages.ts';
import { type Scenario, thrownBy } from './scenario.ts';

export const TRAP_MESSAGES: readonly Scenario[] = [
  {
    // So that nothing is left out for a lack that is none any more.
    id: 'the runtime compiles Wasm from bytes where its host says so',
    invariants: ['I1'],
    run({ runtime }, checks) {
      checks.equal('I1', 'it compiles', () => thrownBy(trapModule) === undefined, runtime.compiles);
    },
  },
  {
    id: "the engine's own words for every trap",
    invariants: ['I1'],
    needs: ['compiling'],
    run({ runtime: { engine } }, checks) {
      const module = trapModule();
      // No tail call: JavaScriptCore would make a loop of it.
      const recurse = (): number => 1 + recurse();
      // A new instance for each: after a trap none is to be entered again.
      const call = (name: string): void => {
        const { exports } = new WebAssembly.Instance(module, { js: { recurse } });
        (exports[name] as () => void)();
      };
      for (const { name, says, cause } of TRAPS) {
        const error = thrownBy(() => call(name)) as Error;
        const known = [says[engine]].flat();
        // JavaScriptCore goes on with ` (evaluating '…')`.
        checks.that('I1', `${name}: its words`, () => known.includes(error.message.split(' (')[0] ?? '') || show(error));
        checks.equal('I1', `${name}: is an abort`, () => isAbort(error), true);
        checks.equal('I1', `${name}: the cause`, () => abortCause(error), typeof cause === 'string' ? cause : cause[engine]);
      }
      checks.quiet('I1', `${NO_TRAP}: no trap`, () => call(NO_TRAP));
    },
  },
  {
    // Why a guard throws a real trap into the frames of a lost instance, and what destructors do where the stack is full.
    id: 'what a catch_all of Wasm sees of traps',
    invariants: ['I3'],
    needs: ['compiling'],
    run({ runtime: { engine } }, checks) {
      const recurse = (): number => 1 + recurse();
      const trapsOf = (): Record<string, () => void> =>
        new WebAssembly.Instance(trapModule(), { js: { recurse } }).exports as Record<string, () => void>;
      const throwOn = (name: string) => (): void => {
        const error = thrownBy(() => trapsOf()[name]?.());
        throw error;
      };
      const ways: Readonly<Record<keyof typeof CATCHABLE, (() => void) | undefined>> = {
        'a trap': trapsOf().unreachable,
        'a trap that JavaScript throws on': throwOn('unreachable'),
        'an exhausted stack of Wasm': trapsOf()['recursion of Wasm'],
        'an exhausted stack of Wasm that JavaScript throws on': throwOn('recursion of Wasm'),
        'an exhausted stack of JavaScript': recurse,
        'a RuntimeError that JavaScript made': () => {
          throw new WebAssembly.RuntimeError('unreachable');
        },
      };
      for (const [what, run] of Object.entries(ways)) {
        const { exports } = new WebAssembly.Instance(catchModule(), { js: { run } as WebAssembly.ModuleImports });
        let caught = false;
        thrownBy(() => {
          caught = (exports.caught as () => number)() === 1;
        });
        checks.equal('I3', `${what}: caught`, () => caught, CATCHABLE[what]?.[engine]);
      }
    },
  },
];

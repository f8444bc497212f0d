/** Start functions that fail, throw or use the module. The fixtures' own asks `globalThis.wasmReviveStart` how to start. */
import { codeOf, show } from '../checks.ts';
import type { Ground } from '../row.ts';
import { type Scenario, thrownBy } from './scenario.ts';

declare global {
  /** A kind of failure; `later` and a kind; `throw`; or an empty text. What the function throws goes through the start function. */
  var wasmReviveStart: (() => string) | undefined;
}

/** Loses the present instance, and counts how often the instances that follow are started like this, until `stop`. */
function startLike({ ns }: Ground, how: () => string): { count(): number; stop(): void } {
  let count = 0;
  globalThis.wasmReviveStart = () => {
    count++;
    return how();
  };
  thrownBy(() => ns.fail('abort'));
  return {
    count: () => count,
    stop() {
      globalThis.wasmReviveStart = undefined;
      if (ns.__revive.state !== 'running') ns.__revive.reset();
      ns.add(1, 2);
    },
  };
}

const ALWAYS_FAIL: readonly (readonly [kind: string, code: (panic: string) => string])[] = [
  ['abort', () => 'REVIVE_ABORT'],
  ['panic-message', (panic) => (panic === 'unwind' ? 'REVIVE_PANIC' : 'REVIVE_ABORT')],
];

export const STARTS: readonly Scenario[] = [
  ...ALWAYS_FAIL.map(
    ([kind, codeFor]): Scenario => ({
      id: `start fails in every instance: ${kind}`,
      invariants: ['I1', 'I2', 'I5', 'I7'],
      async run(ground, checks) {
        const { ns, panic } = ground;
        const { __revive: control } = ns;
        control.configure({ consecutiveFailures: undefined });
        const opened: unknown[] = [];
        const recoveries: string[] = [];
        const offs = [
          control.on('opened', (event) => opened.push(event)),
          control.on('failure', ({ recovery }) => recoveries.push(recovery)),
        ];
        const starts = startLike(ground, () => kind);
        checks.throwsCode('I1', 'the caller gets what start failed through', () => ns.add(1, 2), codeFor(panic));
        checks.equal('I7', 'an instance that has half started serves nobody', () => control.state, 'recovering');
        for (let n = 0; n < 20; n++) thrownBy(() => ns.add(1, 2));
        checks.throwsCode('I1', 'calls are refused in the end', () => ns.add(1, 2), 'REVIVE_CRASH_LOOP');
        checks.that('I5', 'it was started a few times at most', () => starts.count() <= 5 || `${starts.count()} times`);
        checks.equal('I1', 'listeners get one event of that', () => opened.length, 1);
        checks.equal('I1', 'no report says that an instance was kept', () => recoveries.includes('keep'), false);
        checks.equal('I1', 'the last report says that the module is retired', () => recoveries.at(-1), 'retire');
        for (const off of offs) off();
        starts.stop();
        control.configure({ consecutiveFailures: Number.POSITIVE_INFINITY });
        checks.equal('I2', 'reset() ends it', () => ns.bump(), 101);
      },
    }),
  ),
  {
    id: 'start leaves something behind that fails by itself, and nobody calls',
    invariants: ['I2', 'I5', 'I7'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const starts = startLike(ground, () => 'later abort');
      for (let n = 0; n < 30; n++) await runtime.turn();
      checks.that('I5', 'it is started again after pauses', () => starts.count() <= 3 || `${starts.count()} times in 30 turns`);
      globalThis.wasmReviveStart = undefined;
      checks.equal('I2', 'a call does not wait for the pause', () => ns.bump(), 101);
      starts.stop();
    },
  },
  ...(['throws on purpose', 'lets through what JavaScript throws'] as const).map(
    (how): Scenario => ({
      id: `start ${how}`,
      invariants: ['I1', 'I2', 'I7'],
      async run(ground, checks) {
        const { ns, runtime } = ground;
        const mine = new Error('thrown through start');
        const recovered: { readonly error?: unknown }[] = [];
        const off = ns.__revive.on('recovered', (event) => recovered.push(event));
        const starts = startLike(ground, () => {
          if (how === 'throws on purpose') return 'throw';
          throw mine;
        });
        for (let n = 1; n <= 7; n++) {
          if (n % 2 === 0) await runtime.turn();
          checks.equal('I2', `instance ${n} serves`, () => ns.bump(), 101);
          thrownBy(() => ns.fail('abort'));
        }
        checks.equal('I2', 'none was started in vain', () => starts.count(), 7);
        checks.that('I1', 'listeners get what start threw', () => {
          const errors = recovered.map(({ error }) => error);
          const isRight = (error: unknown): boolean =>
            how === 'throws on purpose' ? error instanceof Error && error.message === 'thrown by start on purpose' : error === mine;
          return errors.every(isRight) || errors.map(show).join();
        });
        off();
        starts.stop();
      },
    }),
  ),
  {
    id: 'start calls the module, and resets it',
    invariants: ['I2', 'I5', 'I7'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const { __revive: control } = ns;
      const { generation } = control;
      const seen: unknown[] = [];
      const once = startLike(ground, () => {
        seen.push(ns.bump());
        if (once.count() === 1) control.reset();
        return '';
      });
      checks.equal('I7', 'the instance that start asked for serves', () => ns.bump(), 102);
      checks.equal('I7', 'start was served by its own instance', () => seen.join(), '101,101');
      checks.equal('I7', 'two generations went by', () => control.generation, generation + 2);
      once.stop();
      const always = startLike(ground, () => {
        control.reset();
        return '';
      });
      thrownBy(() => ns.add(1, 2));
      await runtime.turn();
      checks.that('I5', 'a start that always resets is not followed by starts without end', () => always.count() < 50 || always.count());
      always.stop();
      checks.equal('I2', 'the next call is served', () => ns.bump(), 101);
    },
  },
  {
    id: 'start fails now and then',
    invariants: ['I1', 'I2'],
    run(ground, checks) {
      const { ns } = ground;
      const starts = startLike(ground, () => (starts.count() % 3 === 0 ? '' : 'abort'));
      for (let n = 0; n < 10; n++) {
        const errors = [thrownBy(() => ns.add(1, 2)), thrownBy(() => ns.add(1, 2))];
        checks.that(
          'I1',
          'the caller gets each failure',
          () => errors.every((error) => codeOf(error) === 'REVIVE_ABORT') || errors.map(show).join(),
        );
        checks.equal('I2', 'and is served by an instance that starts', () => ns.add(1, 2), 3);
        thrownBy(() => ns.fail('abort'));
      }
      starts.stop();
    },
  },
];

/** What tasks of the crates do in packages that were transformed with `--recovery rollback`: run only on those, by name. */
import { codeOf } from '../checks.ts';
import { until, Watched } from '../runtime.ts';
import { listen, type Scenario } from './scenario.ts';

const KINDS = ['abort', 'oom', 'stack-overflow', 'shadow-stack-overflow', 'out-of-bounds', 'indirect-call', 'arithmetic'] as const;

/** How many tasks run beside one that fails. */
const OTHERS = 8;

export const TASKS: readonly Scenario[] = [
  {
    id: 'a task that fails is the only one',
    invariants: ['I1', 'I2', 'I5', 'I7'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const { task_script: script, task_failing_in_drop: failingInDrop, task_guards: guards, task_total: total } = ns;
      if (script === undefined || failingInDrop === undefined || guards === undefined || total === undefined) {
        throw new Error('The package has no crates.');
      }
      const { failures, stop } = listen(ground);
      const [started, counter] = [ns.__revive.generation, new ns.Counter(1)];
      const next = (): Promise<void> => Promise.resolve();
      let [sum, recovered] = [total(), 0];
      for (const [round, kind] of KINDS.entries()) {
        const others = Array.from({ length: OTHERS }, () => new Watched(script('add wait add wait add', next)));
        const first = new Watched(script(`add ${kind}`, next));
        const later = new Watched(script(`add wait add ${kind}`, next));
        const inDrop = new Watched(failingInDrop('wait abort', next, kind));
        await until(runtime, () => [...others, first, later, inDrop].every(({ state }) => state !== 'pending'));
        for (const [which, task] of Object.entries({ first, later, inDrop })) {
          checks.equal('I1', `${kind}: the promise of the task that fails: ${which}`, () => codeOf(task.value), 'REVIVE_ABORT');
        }
        checks.equal('I2', `${kind}: the others`, () => others.map(({ value }) => value).join(), Array(OTHERS).fill(3).join());
        sum += 3 * OTHERS + 1;
        recovered++;
        checks.equal('I7', `${kind}: what was added`, () => total(), sum);
        // Of those whose own destructor fails, too, that is undone.
        checks.equal('I7', `${kind}: guards that are held, and were dropped`, () => [...guards()].join(), `${round + 1},${recovered}`);
        checks.equal('I7', `${kind}: an object`, () => counter.inc(), 2 + round);
      }
      checks.equal('I1', 'each failure was reported, once', () => failures.length, 4 * KINDS.length);
      checks.that('I1', 'each failure says so', () => failures.every(({ recovery }) => recovery === 'rollback'));
      checks.equal('I7', 'the same instance serves', () => ns.__revive.generation, started);
      checks.equal('I5', 'nothing is in flight', () => ns.__revive.stats.inFlight, 0);
      stop();
    },
  },
  {
    id: 'what a task that fails was to settle',
    invariants: ['I2', 'I5'],
    async run({ ns, runtime }, checks) {
      const { task_script: script } = ns;
      if (script === undefined) throw new Error('The package has no crates.');
      const next = (): Promise<void> => Promise.resolve();
      const run = async (text: string): Promise<void> => {
        const task = new Watched(script(text, next));
        await until(runtime, () => task.state !== 'pending');
        await runtime.turn();
      };
      for (const kind of KINDS) {
        const another = new Watched(ns.owe('new'));
        const taken = new Watched(ns.owe('new'));
        await run(`take wait ${kind}`);
        checks.equal(
          'I5',
          `${kind}: is rejected where the task held what settles it, and was dropped`,
          () => codeOf(taken.value),
          'REVIVE_ABORT',
        );
        const givenBack = new Watched(ns.owe('new'));
        await run(`wait take ${kind}`);
        checks.equal('I2', `${kind}: not where that it was given it is undone`, () => givenBack.state, 'pending');
        ns.pay('first');
        ns.pay('second');
        await until(runtime, () => another.state !== 'pending');
        checks.equal('I2', `${kind}: Rust settles that, and others`, () => `${givenBack.value},${another.value}`, 'first,second');
      }
      checks.equal('I5', 'nothing is in flight', () => ns.__revive.stats.inFlight, 0);
      checks.equal('I5', 'nothing reaches the process', () => runtime.takeUncaught().length, 0);
    },
  },
];

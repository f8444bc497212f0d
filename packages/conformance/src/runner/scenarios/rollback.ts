/** What packages do that were transformed with `--recovery rollback`: run only on those, by name. */
import { codeOf } from '../checks.ts';
import { deferred, Watched } from '../runtime.ts';
import { listen, type Scenario, thrownBy } from './scenario.ts';

const KINDS = ['abort', 'oom', 'stack-overflow', 'shadow-stack-overflow', 'out-of-bounds', 'indirect-call', 'arithmetic'] as const;

/** How often each of them. */
const ROUNDS = 5;

export const ROLLBACK: readonly Scenario[] = [
  {
    id: 'nothing is left of a call that failed, and everything else goes on',
    invariants: ['I1', 'I2', 'I3', 'I4', 'I5', 'I7'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const { failures, stop } = listen(ground);
      const gate = deferred<string>();
      const pending = new Watched(ns.wait_for(gate.promise));
      const [counter, eater, ticker, adder] = [new ns.Counter(5), new ns.Counter(1), new ns.Ticker(0), ns.length_adder()];
      const { tick } = ticker;
      adder('four');
      ns.remember('key', 'value');
      const started = ns.__revive.generation;
      for (let round = 1; round <= ROUNDS * KINDS.length; round++) {
        const kind = KINDS[round % KINDS.length] ?? 'abort';
        const food = new ns.Counter(2);
        let made: { get(): number } | undefined;
        const error = thrownBy(() =>
          ns.nested(() => {
            made = new ns.Counter(9);
            eater.eat(food);
            counter.inc();
            ticker.free();
            ns.remember('key', 'x'.repeat(5000));
            ns.fail(kind);
          }),
        );
        checks.equal('I1', `${kind}: the caller is told`, () => codeOf(error), 'REVIVE_ABORT');
        checks.equal('I7', `${kind}: an object that was used`, () => counter.inc(), 5 + round);
        checks.equal('I7', `${kind}: an object that was used up`, () => food.get(), 2);
        checks.equal('I7', `${kind}: a closure whose owner was freed`, () => tick(), round);
        checks.that('I7', `${kind}: the value that Rust has of it`, () => ticker.tick === tick);
        checks.equal('I7', `${kind}: a closure`, () => adder(''), 4);
        checks.equal('I7', `${kind}: what Rust remembers`, () => ns.recall('key'), 'value');
        checks.equal('I4', `${kind}: an object that was made`, () => codeOf(thrownBy(() => made?.get())), 'REVIVE_STALE_HANDLE');
        food.free();
      }
      checks.equal('I7', 'the same instance serves', () => ns.__revive.generation, started);
      checks.equal('I1', 'each failure was reported, once', () => failures.length, ROUNDS * KINDS.length);
      gate.resolve('settled');
      await runtime.turn();
      checks.equal('I5', 'a promise that was pending all the time', () => pending.value, 'settled');
      checks.that('I1', 'each failure says so', () => failures.every(({ recovery }) => recovery === 'rollback'));
      stop();
    },
  },
];

/** A module that links the wasm-revive crates: what it can tell and ask for. */
import { codeOf, show } from '../checks.ts';
import { deferred, until, Watched } from '../runtime.ts';
import { listen, type Scenario, thrownBy } from './scenario.ts';

export const REVIVE: readonly Scenario[] = [
  {
    id: 'an allocation that failed and was handled is not blamed for what comes later',
    invariants: ['I1', 'I2'],
    run(ground, checks) {
      const { ns } = ground;
      const { failures, stop } = listen(ground);
      checks.equal('I2', 'the allocation fails', () => ns.try_reserve?.(1 << 30), false);
      checks.equal('I2', 'that is no failure', () => failures.length, 0);
      thrownBy(() => ns.fail('unreachable'));
      checks.that(
        'I1',
        'the trap after it has its own cause',
        () => /^unreachable$|^abort$/.test(failures[0]?.failure.cause ?? '') || show(failures[0]?.failure),
      );
      checks.equal('I1', 'and no allocation', () => failures[0]?.failure.allocation, undefined);
      stop();
    },
  },
  {
    id: 'a panic that Rust catches itself is no failure',
    invariants: ['I2', 'I7'],
    run(ground, checks) {
      const { ns, panic } = ground;
      if (panic === 'abort') return void checks.equal('I2', 'under panic=abort there is no such thing', () => panic, 'abort');
      const { failures, stop } = listen(ground);
      const generation = ns.__revive.generation;
      checks.that('I7', 'it is what Rust says', () => /panic-message/.test(ns.catch_failure?.('panic-message') ?? ''));
      checks.equal('I2', 'nothing is told', () => failures.length, 0);
      thrownBy(() => ns.fail('unreachable'));
      checks.equal('I2', 'and it is not blamed for what comes later', () => failures[0]?.failure.panic, undefined);
      ns.add(1, 2);
      checks.equal('I7', 'one generation went by', () => ns.__revive.generation, generation + 1);
      stop();
    },
  },
  {
    id: 'Rust asks for a fresh instance',
    invariants: ['I2', 'I4', 'I5', 'I7'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const { failures, stop } = listen(ground);
      const generation = ns.__revive.generation;
      const counter = new ns.Counter(1);
      ns.bump();
      const gate = deferred<void>();
      const watched = new Watched(ns.wait_for(gate.promise));
      await runtime.turn();
      checks.equal('I2', 'the call that asks ends well', () => ns.ask_for_reinit?.(), true);
      checks.equal('I7', 'the next call is served by a fresh instance', () => ns.count(), 100);
      checks.equal('I7', 'one generation went by', () => ns.__revive.generation, generation + 1);
      checks.throwsCode('I4', 'a handle of the old one is stale', () => counter.inc(), 'REVIVE_STALE_HANDLE');
      await until(runtime, () => watched.state !== 'pending');
      checks.that(
        'I5',
        'the call in flight is told REVIVE_INSTANCE_LOST',
        () => codeOf(watched.value) === 'REVIVE_INSTANCE_LOST' || show(watched.value),
      );
      checks.equal('I2', 'that is no failure', () => failures.length, 0);
      gate.resolve();
      stop();
    },
  },
  {
    id: 'a task with a name that fails',
    invariants: ['I1', 'I5'],
    async run({ ns, panic, runtime }, checks) {
      const failing = new Watched(ns.fail_in_task?.('panic-message', Promise.resolve()));
      await until(runtime, () => failing.state !== 'pending');
      checks.equal('I5', 'its promise rejects', () => failing.state, 'rejected');
      checks.that('I1', 'with the failure', () => /^REVIVE_(?:PANIC|ABORT)$/.test(String(codeOf(failing.value))) || show(failing.value));
      const fine = new Watched(ns.fail_in_task?.('none', Promise.resolve()));
      await until(runtime, () => fine.state !== 'pending');
      checks.equal('I5', 'another one resolves', () => typeof fine.value, 'number');
      checks.that(
        'I1',
        "the failure has Rust's words",
        () => String((failing.value as Error).message).includes('panic-message') || `${panic}: ${show(failing.value)}`,
      );
    },
  },
];

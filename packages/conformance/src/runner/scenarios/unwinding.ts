/** Rust that is built for unwinding: imports that unwind, and async methods that change what they belong to. */
import { codeOf, show } from '../checks.ts';
import { deferred, until, Watched } from '../runtime.ts';
import { collect, listen, type Scenario, thrownBy } from './scenario.ts';

const THROWN: readonly unknown[] = [
  new Error('of the program'),
  Object.freeze({ code: 'REVIVE_ABORT' }),
  'text',
  0,
  null,
  undefined,
  Symbol('s'),
];

/** Of a module that links the crate: what JavaScript throws out of an import unwinds Rust. */
export const UNWINDING_IMPORTS: readonly Scenario[] = [
  {
    id: 'a JavaScript exception out of an import that unwinds',
    invariants: ['I1', 'I2', 'I7'],
    needs: ['crates'],
    run(ground, checks) {
      const { ns, panic } = ground;
      const { failures, stop } = listen(ground);
      const { generation } = ns.__revive;
      // Under panic=abort no destructor runs, and the cell stays borrowed.
      for (const thrown of panic === 'unwind' ? THROWN : THROWN.slice(0, 1)) {
        globalThis.wasmReviveRanOn = [];
        const caught = thrownBy(() => {
          ns.unwind_from?.(() => {
            throw thrown;
          });
        });
        checks.that('I1', 'its caller gets the very value', () => Object.is(caught, thrown) || show(caught));
        if (panic === 'unwind') {
          checks.equal('I7', 'destructors have run', () => globalThis.wasmReviveRanOn?.join(), 'unwinding drop');
          checks.that('I7', 'what was borrowed is free', () => Number(ns.unwind_from?.(() => 1)) > 0);
        }
      }
      checks.equal('I7', 'the instance is kept', () => ns.__revive.generation, generation);
      if (panic === 'unwind') checks.equal('I2', 'none of it is a failure', () => failures.length, 0);
      else checks.equal('I1', 'it is told', () => failures[0]?.failure.cause, 'foreign-exception');
      stop();
      ns.__revive.reset();
    },
  },
  {
    id: 'a JavaScript exception that Rust catches',
    invariants: ['I2', 'I7'],
    needs: ['crates', 'unwind'],
    run(ground, checks) {
      const { ns } = ground;
      const { failures, stop } = listen(ground);
      for (const thrown of THROWN) {
        const caught = ns.catch_unwind_from?.(() => {
          throw thrown;
        });
        checks.that('I7', 'it is the very value', () => Object.is(caught, thrown) || show(caught));
      }
      checks.equal('I2', 'none of it is a failure', () => failures.length, 0);
      const trap = thrownBy(() => ns.fail('unreachable'));
      checks.equal('I2', 'nor blamed for what comes later', () => codeOf(trap), 'REVIVE_ABORT');
      checks.equal('I2', 'which is told once', () => failures.length, 1);
      stop();
    },
  },
  {
    id: 'a panic in the words of a string that Rust has caught before',
    invariants: ['I1'],
    needs: ['crates', 'unwind'],
    run(ground, checks) {
      const { ns } = ground;
      const { failures, stop } = listen(ground);
      const words = 'the message of panic-message';
      ns.catch_unwind_from?.(() => {
        throw words;
      });
      const error = thrownBy(() => ns.fail('panic-message'));
      checks.equal('I1', 'the caller gets the code', () => codeOf(error), 'REVIVE_PANIC');
      checks.equal('I1', 'it is told', () => failures.map(({ failure }) => failure.panic?.message).join(), words);
      stop();
    },
  },
  {
    id: 'a panic inside of an import that unwinds',
    invariants: ['I1', 'I2', 'I7'],
    needs: ['crates', 'unwind'],
    run(ground, checks) {
      const { ns } = ground;
      const { failures, stop } = listen(ground);
      globalThis.wasmReviveRanOn = [];
      const caught = thrownBy(() => ns.unwind_from?.(() => ns.unwind_from?.(() => ns.fail('panic-message'))));
      checks.equal('I1', 'the outermost caller gets it', () => codeOf(caught), 'REVIVE_PANIC');
      checks.equal('I2', 'it is told once', () => failures.length, 1);
      // The inner call meets the cell that the outer one has borrowed, and panics for that.
      checks.equal('I7', 'destructors of both calls have run', () => globalThis.wasmReviveRanOn?.join(), 'unwinding drop,unwinding drop');
      checks.that('I7', 'what was borrowed is free', () => Number(ns.unwind_from?.(() => 1)) > 0);
      stop();
    },
  },
  {
    id: 'an abort inside of an import that unwinds, under frames that would catch it',
    invariants: ['I1', 'I2', 'I3'],
    needs: ['crates'],
    run(ground, checks) {
      const { ns, probe } = ground;
      const { failures, stop } = listen(ground);
      for (const kind of ['abort', 'unreachable', 'stack-overflow', 'oom', 'out-of-bounds']) {
        globalThis.wasmReviveRanOn = [];
        probe.takeViolations();
        const caught = thrownBy(() => ns.catch_unwind_from?.(() => ns.fail(kind)));
        checks.equal('I1', `${kind}: the caller is told`, () => codeOf(caught), 'REVIVE_ABORT');
        checks.equal('I3', `${kind}: no destructor and no catch of Rust's ran`, () => globalThis.wasmReviveRanOn?.join(), '');
        checks.equal('I3', `${kind}: no instruction of the dead instance ran`, () => probe.takeViolations().join(), '');
        globalThis.wasmReviveRanOn = [];
        const swallowed = thrownBy(() =>
          ns.catch_unwind_from?.(() => {
            thrownBy(() => ns.fail(kind));
            throw new Error('instead');
          }),
        );
        checks.equal('I1', `${kind}: JavaScript that swallows it makes no difference`, () => codeOf(swallowed), 'REVIVE_ABORT');
        checks.equal('I3', `${kind}: nor does Rust run then`, () => globalThis.wasmReviveRanOn?.join(), '');
        checks.equal('I2', `${kind}: the next call is served`, () => ns.unwind_from?.(() => 1), 1);
      }
      checks.equal('I1', 'each is told once', () => failures.length, 10);
      stop();
    },
  },
  {
    id: 'a JavaScript exception in a later poll, out of an import that unwinds',
    invariants: ['I1', 'I2', 'I5', 'I7'],
    needs: ['crates', 'unwind'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const { failures, stop } = listen(ground);
      const { generation } = ns.__revive;
      const [gate, other] = [deferred<void>(), deferred<string>()];
      const bystander = new Watched(ns.wait_for(other.promise));
      for (const thrown of THROWN) {
        const failing = new Watched(
          ns.unwind_later?.(gate.promise, () => {
            throw thrown;
          }),
        );
        const fine = new Watched(ns.unwind_later?.(gate.promise, () => 1));
        gate.resolve();
        await until(runtime, () => failing.state !== 'pending' && fine.state !== 'pending');
        checks.equal('I5', 'its promise rejects', () => failing.state, 'rejected');
        checks.that('I1', 'with the very value', () => Object.is(failing.value, thrown) || show(failing.value));
        checks.equal('I2', 'the one polled after it resolves', () => fine.state, 'resolved');
      }
      other.resolve('on time');
      await until(runtime, () => bystander.state !== 'pending');
      checks.equal('I2', 'a call that was in flight all the time resolves', () => bystander.value, 'on time');
      checks.equal('I7', 'the instance is kept', () => ns.__revive.generation, generation);
      checks.equal('I2', 'none of it is a failure', () => failures.length, 0);
      stop();
    },
  },
  {
    id: 'a JavaScript exception in a task that nobody waits for, out of an import that unwinds',
    invariants: ['I1', 'I2', 'I5', 'I7'],
    needs: ['crates', 'unwind'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const { failures, stop } = listen(ground);
      const { generation } = ns.__revive;
      const gate = deferred<void>();
      ns.spawn_unwind?.(gate.promise, () => {
        throw new Error('of the program');
      });
      const after = new Watched(ns.wait_for(gate.promise));
      gate.resolve();
      await until(runtime, () => after.state !== 'pending');
      checks.equal('I2', 'the task behind it goes on', () => after.state, 'resolved');
      checks.equal('I1', 'it is told as the panic that it was', () => failures[0]?.failure.kind, 'unwound');
      checks.equal('I1', 'in its own words', () => failures[0]?.failure.panic?.message, 'of the program');
      checks.equal('I7', 'the instance is kept', () => ns.__revive.generation, generation);
      checks.equal('I5', 'nothing reaches the process', () => runtime.takeUncaught().length, 0);
      stop();
    },
  },
];

/** What wasm-bindgen throws, and Rust says, when one panic meets another. */
const DOUBLE = /the (?:first|second) panic/;

/** Rust that aborts then says so at last, and without the crates that may be all that is known. */
const ANY_OF_TWO = /the (?:first|second) panic|panic in a destructor during cleanup/;

/** A destructor that panics while a panic unwinds is an abort, as on other targets: Rust newer than 1.96 aborts, older Rust goes on. */
export const DOUBLE_PANICS: readonly Scenario[] = [
  {
    id: 'a panic in a destructor while a panic unwinds',
    invariants: ['I1', 'I2', 'I3', 'I4', 'I5', 'I7'],
    async run(ground, checks) {
      const { ns, panic, runtime } = ground;
      const isKnown = ns.fail_marked !== undefined || panic === 'abort';
      const { failures, stop } = listen(ground);
      const ways: readonly [string, () => unknown][] = [
        ['function', () => ns.fail('double-panic')],
        ['method', () => new ns.Faller('none').fail_mut('double-panic')],
        ['closure', () => ns.failing_closure()('double-panic')],
        ['nested call', () => ns.nested(() => ns.fail('double-panic'))],
      ];
      for (const [what, fire] of ways) {
        failures.length = 0;
        const counter = new ns.Counter(1);
        const { generation } = ns.__revive;
        const error = thrownBy(fire);
        // A nested call's error goes on through Rust frames, which is told, too.
        const kinds = failures.map(({ failure }) => failure.kind);
        checks.equal('I1', `${what}: it is told as it is`, () => codeOf(error), 'REVIVE_ABORT');
        checks.that(
          'I1',
          `${what}: with Rust's words`,
          () => (isKnown ? DOUBLE : ANY_OF_TWO).test((error as Error).message) || show(error),
        );
        checks.that('I1', `${what}: the report says so`, () => kinds.includes('aborted') || show(kinds));
        checks.equal('I2', `${what}: the next call is served`, () => ns.add(1, 2), 3);
        checks.equal('I7', `${what}: by a fresh instance`, () => ns.__revive.generation, generation + 1);
        checks.throwsCode('I4', `${what}: handles of the old one are stale`, () => counter.get(), 'REVIVE_STALE_HANDLE');
      }
      const { generation } = ns.__revive;
      const later = new Watched(ns.fail_later_poll('double-panic', Promise.resolve()));
      await until(runtime, () => later.state !== 'pending');
      checks.equal('I5', 'in a poll: its promise rejects', () => later.state, 'rejected');
      await until(runtime, () => ns.__revive.generation > generation);
      checks.equal('I7', 'in a poll: the instance is replaced', () => ns.__revive.generation, generation + 1);
      stop();
    },
  },
];

/** Of a module that links the crates. */
export const CAUGHT_IN_DROP: readonly Scenario[] = [
  {
    id: 'a panic that a destructor catches while a panic unwinds is none of it',
    invariants: ['I2', 'I7'],
    needs: ['crates', 'unwind'],
    run(ground, checks) {
      const { ns } = ground;
      const { generation } = ns.__revive;
      checks.throwsCode('I2', 'the panic is told as one', () => ns.panic_past_a_caught_one?.(), 'REVIVE_PANIC');
      ns.add(1, 2);
      checks.equal('I7', 'the instance is kept', () => ns.__revive.generation, generation);
    },
  },
];

/** Of any module. */
export const UNWIND_SAFE: readonly Scenario[] = [
  {
    id: 'a panic that drops what was to settle a promise',
    invariants: ['I1', 'I2', 'I5'],
    isLong: true,
    needs: ['gc'],
    async run(ground, checks) {
      const { ns, panic } = ground;
      const [fails, waits] = [deferred<void>(), deferred<string>()];
      const promise = new Watched(ns.promise_that_fails('panic-message', fails.promise));
      const bystander = new Watched(ns.promise_of(waits.promise));
      fails.resolve();
      await collect(ground);
      checks.equal('I5', 'the promise is rejected', () => promise.state, 'rejected');
      if (panic === 'abort') return void checks.equal('I2', 'and so is the other', () => codeOf(bystander.value), 'REVIVE_INSTANCE_LOST');
      checks.equal('I1', 'as a panic', () => codeOf(promise.value), 'REVIVE_PANIC');
      checks.equal('I2', 'another that is pending goes on', () => bystander.state, 'pending');
      waits.resolve('done');
      await collect(ground);
      checks.equal('I2', 'and resolves', () => bystander.value, 'done');
    },
  },
  {
    id: 'an async method that changes what it belongs to',
    invariants: ['I1', 'I2', 'I5', 'I7'],
    async run(ground, checks) {
      const { ns, panic, runtime } = ground;
      const notebook = new ns.Notebook();
      const gate = deferred<void>();
      const writing = new Watched(notebook.write('a', gate.promise, 'none'));
      await runtime.turn();
      const second = new Watched(notebook.write('b', gate.promise, 'none'));
      await until(runtime, () => second.state !== 'pending');
      checks.that('I2', 'it can not be entered twice', () => codeOf(second.value) === undefined && second.state === 'rejected');
      gate.resolve();
      await until(runtime, () => writing.state !== 'pending');
      checks.equal('I7', 'it writes', () => writing.value, 1);
      const failing = new Watched(notebook.write('c', gate.promise, 'panic-message'));
      await until(runtime, () => failing.state !== 'pending');
      checks.that('I1', 'a panic in it is told', () => String((failing.value as Error).message).includes('panic') || show(failing.value));
      if (panic === 'abort') return void checks.throwsCode('I7', 'the handle is gone', () => notebook.pages(), 'REVIVE_STALE_HANDLE');
      checks.equal('I7', 'what the panic left half changed is known to be', () => notebook.pages(), undefined);
      notebook.repair();
      checks.equal('I7', 'and can be taken as it is', () => notebook.pages(), 2);
      checks.equal('I7', 'a closure can own it', () => notebook.writer()('d'), 3);
    },
  },
  {
    id: 'Rust throws on purpose in a later poll',
    invariants: ['I2', 'I5'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const gate = deferred<void>();
      const throwing = new Watched(ns.fail_later_poll('no such kind', gate.promise));
      gate.resolve();
      await until(runtime, () => throwing.state !== 'pending');
      checks.equal('I5', 'its promise rejects', () => throwing.state, 'rejected');
      checks.equal('I2', 'the next call is served', () => ns.add(1, 2), 3);
      checks.equal('I5', 'nothing reaches the process', () => runtime.takeUncaught().length, 0);
    },
  },
];

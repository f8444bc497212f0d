/** Errors that are no failures, or not this instance's. */
import { codeOf, show } from '../checks.ts';
import { Watched } from '../runtime.ts';
import { listen, type Scenario, thrownBy } from './scenario.ts';

export const ERRORS: readonly Scenario[] = [
  {
    id: 'errors that Rust throws on purpose',
    invariants: ['I1', 'I2', 'I7'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const { failures, stop } = listen(ground);
      const generation = ns.__revive.generation;
      const value = { any: 'object' };
      checks.equal('I1', 'Err(JsValue): the same value', () => thrownBy(() => ns.throw_value(value)), value);
      const said = (run: () => unknown): unknown => {
        const error = thrownBy(run);
        return error instanceof Error ? `${error.name} ${error.message} ${String(codeOf(error))}` : error;
      };
      checks.equal('I1', 'Err(JsError)', () => said(() => ns.check(-1)), 'Error negative undefined');
      checks.equal(
        'I1',
        'a RangeError of the program',
        () => said(() => ns.throw_range_error()),
        'RangeError out of range on purpose undefined',
      );
      checks.equal('I1', 'throw_str', () => said(() => ns.throw_text('text')), 'Error text undefined');
      checks.equal('I1', 'an error of std', () => said(() => ns.parse_number('no')), 'Error invalid float literal undefined');
      checks.equal(
        'I1',
        'an error that Rust catches from JavaScript',
        () =>
          ns.catch_from(() => {
            throw value;
          }),
        value,
      );
      const watched = new Watched(ns.reject('rejected on purpose'));
      await runtime.turn();
      await runtime.turn();
      checks.equal('I1', 'a rejection', () => (watched.value as Error).message, 'rejected on purpose');
      const reason = new Error('reason');
      const rejected = Promise.reject(reason);
      // Rust looks at it in its first poll, a microtask later; workerd would have told it as unhandled by then.
      rejected.catch(() => {});
      const passedOn = new Watched(ns.wait_for(rejected));
      await runtime.turn();
      await runtime.turn();
      checks.equal('I1', 'a rejection passed on', () => passedOn.value, reason);
      checks.equal('I2', 'no failure is told', () => failures.length, 0);
      checks.equal('I7', 'the instance is kept', () => ns.__revive.generation, generation);
      stop();
    },
  },
  {
    id: 'errors that JavaScript throws through Rust frames',
    invariants: ['I1', 'I2', 'I7'],
    run(ground, checks) {
      const { ns } = ground;
      const { failures, stop } = listen(ground);
      const generation = ns.__revive.generation;
      // A trap and an exhausted stack of somebody else's are no failures of this instance.
      const errors: readonly [string, unknown][] = [
        ['an Error', new Error('mine')],
        ["another module's trap", new WebAssembly.RuntimeError('unreachable')],
        ['a string', 'text'],
        ['undefined', undefined],
        ['an object', { code: 'REVIVE_ABORT' }],
      ];
      for (const [what, mine] of errors) {
        let caught: unknown = 'nothing';
        try {
          ns.nested(() => {
            throw mine;
          });
        } catch (error) {
          caught = error;
        }
        checks.equal('I1', `${what}: the caller gets it back`, () => caught, mine);
      }
      checks.equal(
        'I1',
        'each is told as a taint',
        () => failures.map(({ failure }) => failure.cause).join(),
        Array(errors.length).fill('foreign-exception').join(),
      );
      checks.equal('I7', 'the instance is kept', () => ns.__revive.generation, generation);
      checks.equal('I2', 'the next call is served', () => ns.add(1, 2), 3);
      failures.length = 0;
      const reason = new Error('the same as last time');
      const throwReason = (): never => {
        throw reason;
      };
      for (let n = 0; n < 3; n++) thrownBy(() => ns.nested(() => ns.nested(throwReason)));
      checks.equal('I1', 'the same error in three calls, through frames of two: told three times', () => failures.length, 3);
      failures.length = errors.length;
      checks.equal(
        'I2',
        'a caught one is no failure',
        () => {
          ns.catch_from(() => {
            throw new WebAssembly.RuntimeError('unreachable');
          });
          return failures.length;
        },
        errors.length,
      );
      stop();
    },
  },
  {
    id: 'errors that JavaScript throws through Rust frames, where that is to cost the instance',
    invariants: ['I1', 'I2', 'I3', 'I4'],
    run(ground, checks) {
      const { ns, probe } = ground;
      const { __revive: control } = ns;
      const { failures, stop } = listen(ground);
      const { generation } = control;
      const counter = new ns.Counter(1);
      const mine = new Error('mine');
      const callback = (): never => {
        throw mine;
      };
      globalThis.wasmReviveRanOn = [];
      control.configure({ foreignExceptions: 'recover' });
      // The frames further out are those of a lost instance by the time it comes to them. With the crates, they would catch it.
      const outer = ns.catch_unwind_from ?? ns.nested;
      const caught = thrownBy(() => outer(() => ns.nested(callback)));
      control.configure({ foreignExceptions: 'keep' });
      checks.equal('I1', 'the caller gets its own error', () => caught, mine);
      checks.equal(
        'I1',
        'it is told once, as what it is',
        () => failures.map(({ failure, recovery }) => `${failure.cause} ${recovery}`).join(),
        'foreign-exception fresh',
      );
      checks.equal('I3', 'no destructor ran, and nothing else', () => globalThis.wasmReviveRanOn?.join(), '');
      checks.equal('I3', 'nor any instruction after it', () => probe.takeViolations().join(), '');
      checks.throwsCode('I4', 'what pointed into the instance is stale', () => counter.inc(), 'REVIVE_STALE_HANDLE');
      checks.equal('I2', 'the next call is served', () => ns.add(1, 2), 3);
      checks.equal('I2', 'by a fresh instance', () => control.generation, generation + 1);
      const ofAbort = thrownBy(() =>
        ns.nested(() => {
          throw (thrownBy(() => ns.fail('abort')) as Error).cause;
        }),
      );
      checks.equal('I1', 'who throws the cause of an abort on gets the abort', () => codeOf(ofAbort), 'REVIVE_ABORT');
      control.configure({ foreignExceptions: 'recover' });
      const swallowed = thrownBy(() => ns.nested(() => thrownBy(() => ns.nested(callback))));
      control.configure({ foreignExceptions: 'keep' });
      checks.equal('I1', 'where it was swallowed, the caller further out gets an abort', () => codeOf(swallowed), 'REVIVE_ABORT');
      ns.add(1, 2);
      const { generation: kept } = control;
      thrownBy(() => ns.nested(callback));
      checks.equal('I2', 'which is kept when that is wanted again', () => control.generation, kept);
      stop();
    },
  },
  {
    id: 'an error of a lost instance passing through the next',
    invariants: ['I1', 'I2'],
    run(ground, checks) {
      const { ns } = ground;
      const old = thrownBy(() => ns.fail('abort'));
      const generation = ns.__revive.generation;
      const error = thrownBy(() =>
        ns.nested(() => {
          throw old;
        }),
      );
      checks.equal('I1', 'the caller gets it back', () => error, old);
      checks.equal(
        'I2',
        'a promise rejected with it is no failure',
        () =>
          ns.catch_from(() => {
            throw old;
          }),
        old,
      );
      checks.that('I2', 'the instance it passed through is kept', () => {
        ns.add(1, 2);
        return ns.__revive.generation === Math.max(generation, ns.__revive.generation) && ns.__revive.generation <= generation + 1;
      });
    },
  },
  {
    id: 'a foreign exception leaves the shadow stack where it was',
    invariants: ['I6'],
    isLong: true,
    run({ ns }, checks) {
      // Rust's stack is 1 MiB, a frame here some dozen bytes: frames that are never given back would fill it.
      const times = 1_000;
      const mine = new Error('mine');
      let wrong: unknown;
      for (let n = 0; n < times && wrong === undefined; n++) {
        const error = thrownBy(() =>
          ns.nested_deep(() => {
            throw mine;
          }, 40),
        );
        if (error !== mine) wrong = `at ${n}: ${show(error)}`;
      }
      checks.equal('I6', `${times} exceptions through 40 levels later, calls are as before`, () => wrong, undefined);
      checks.equal('I6', 'and so is the instance', () => ns.echo('echo'), 'echo');
    },
  },
];

/** JavaScript exceptions that leave Rust frames, and the instance with them: what the runtime puts right, and what it reports. */
import { codeOf, show } from '../checks.ts';
import { listen, type Scenario, thrownBy } from './scenario.ts';

function throwing(error: unknown): () => never {
  return () => {
    throw error;
  };
}

/** As often as it takes to move the stack pointer, 16 bytes each time, across all of the module's static data. */
const TIMES = 3_000;

export const FOREIGN: readonly Scenario[] = [
  {
    id: 'exceptions through calls for which glue holds a place on a stack',
    invariants: ['I2', 'I6', 'I7'],
    isLong: true,
    run(ground, checks) {
      const { ns } = ground;
      const mine = new Error('mine');
      const fine = (): number => 0;
      const failing = (): unknown => thrownBy(() => ns.nested_text(throwing(mine), 1));
      // While glue converts an argument, it holds its place already.
      const converted = (): string =>
        ns.nested_text(fine, {
          valueOf() {
            failing();
            return 5;
          },
        } as never);
      const both = (): never => {
        failing();
        throw mine;
      };
      // A handle that can't be taken: glue fails before it has a place, and gives one back.
      const refused = (): unknown => {
        const counter = new ns.Counter(1);
        const pointer: unknown = Reflect.get(counter, '__wbg_ptr');
        Object.defineProperty(counter, '__wbg_ptr', { get: () => pointer, set: throwing(mine) });
        return thrownBy(() => counter.split());
      };
      const stories: Readonly<Record<string, readonly [run: () => unknown, expected: unknown]>> = {
        'a call that answers in text fails': [failing, mine],
        'one fails inside of another': [() => ns.nested_text(failing, 3), '3'],
        'one fails while an argument of another is converted': [converted, '5'],
        'both fail': [() => thrownBy(() => ns.nested_text(both, 3)), mine],
        'glue itself fails before it has taken a place': [refused, mine],
      };
      const { generation } = ns.__revive;
      const { stop } = listen(ground);
      ns.remember('before', 'all of it');
      for (const [what, [run, expected]] of Object.entries(stories)) {
        let wrong: string | undefined;
        for (let n = 0; n < TIMES && wrong === undefined; n++) {
          const got = run();
          if (!Object.is(got, expected)) wrong = `at ${n}: ${show(got)}`;
          else if (ns.nested_text(fine, n) !== String(n)) wrong = `at ${n}, in the next call`;
        }
        checks.equal('I6', `${what}, ${TIMES} times: calls are as before`, () => wrong, undefined);
      }
      checks.equal('I7', 'the instance is kept', () => ns.__revive.generation, generation);
      checks.equal('I7', 'with all that it had', () => ns.recall('before'), 'all of it');
      checks.throwsCode('I2', 'static data is what it was: the next panic is one', () => ns.fail('out-of-bounds'), 'REVIVE_ABORT');
      stop();
    },
  },
  {
    id: 'an exception that JavaScript has swallowed, thrown once more',
    invariants: ['I1'],
    run(ground, checks) {
      const { ns } = ground;
      const { failures, stop } = listen(ground);
      const reported = (run: () => unknown): number => {
        failures.length = 0;
        thrownBy(run);
        return failures.length;
      };
      for (const mine of [new Error('mine'), 'text', undefined]) {
        const fails = throwing(mine);
        const swallowed = (): unknown => thrownBy(() => ns.nested(fails));
        const passedOn = (): unknown => ns.nested(fails);
        const what = show(mine);
        checks.equal('I1', `${what}: swallowed inside of another call: reported once`, () => reported(() => ns.nested(swallowed)), 1);
        checks.equal('I1', `${what}: in the next turn it is a new failure`, () => reported(passedOn), 1);
        checks.equal('I1', `${what}: through frames of three: once`, () => reported(() => ns.nested(() => ns.nested(passedOn))), 1);
        checks.equal('I1', `${what}: and once more`, () => reported(() => ns.nested(passedOn)), 1);
        checks.equal(
          'I1',
          `${what}: swallowed, then thrown by another import: twice`,
          () => reported(() => ns.nested_both(swallowed, fails)),
          2,
        );
        checks.equal(
          'I1',
          `${what}: swallowed, then passed through another call: twice`,
          () => reported(() => ns.nested_both(swallowed, passedOn)),
          2,
        );
        checks.equal(
          'I1',
          `${what}: caught by Rust, then thrown: twice`,
          () => reported(() => ns.nested_both(() => ns.nested_catching(passedOn), fails)),
          2,
        );
        const other = (): unknown => thrownBy(() => ns.nested(throwing(new Error('another'))));
        const again = (): void => {
          const caught = thrownBy(passedOn);
          other();
          throw caught;
        };
        checks.equal('I1', `${what}: held while another one passes, then thrown on: each once`, () => reported(() => ns.nested(again)), 2);
      }
      stop();
    },
  },
  {
    id: 'a stack that JavaScript has filled by itself',
    invariants: ['I1', 'I2', 'I7'],
    run(ground, checks) {
      const { ns } = ground;
      const { failures, stop } = listen(ground);
      const counter = new ns.Counter(1);
      const { generation } = ns.__revive;
      let deep: unknown[] = [];
      for (let n = 0; n < 300_000; n++) deep = [deep];
      const dig = (): number => dig() + 1;
      const ways: Readonly<Record<string, () => unknown>> = { 'a value too deep for JSON': () => JSON.stringify(deep), 'a recursion': dig };
      for (const [what, fill] of Object.entries(ways)) {
        failures.length = 0;
        // What the engine makes of it, where no Rust is near. (It may be able to write any depth.)
        const plain = thrownBy(fill);
        const caught = thrownBy(() => ns.nested(fill));
        checks.equal('I1', `${what}: the caller gets the engine's own error`, () => show(caught), show(plain));
        checks.equal('I1', `${what}: which is none of ours`, () => codeOf(caught), undefined);
        const causes = plain === undefined ? '' : 'foreign-exception';
        checks.equal('I1', `${what}: reported as what it is`, () => failures.map(({ failure }) => failure.cause).join(), causes);
        checks.equal(
          'I1',
          `${what}: Rust can catch it`,
          () => show(thrownBy(() => ns.catch_from(fill)) ?? ns.catch_from(fill)),
          show(plain),
        );
        // V8 lets no Wasm catch a full stack, so that where Rust itself catches (newer glue under panic=unwind), it is an exception through Rust.
        const isCaught = thrownBy(() => ns.catch_from(fill)) === undefined;
        const others = failures.length - (plain === undefined ? 0 : 1);
        checks.that('I1', `${what}: nothing is reported of what Rust catches`, () => !isCaught || others === 0 || show(others));
        checks.equal('I7', `${what}: the instance is kept`, () => ns.__revive.generation, generation);
      }
      checks.equal('I2', 'and with it what pointed into it', () => counter.get(), 1);
      stop();
    },
  },
];

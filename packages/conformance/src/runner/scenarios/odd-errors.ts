/** What a program throws through Rust frames that can't be looked at as other errors can. */
import type { Ground } from '../row.ts';
import { until, Watched } from '../runtime.ts';
import { ORDINARY } from './ordinary-errors.ts';
import { listen, type Scenario } from './scenario.ts';

/** Errors, by what they are, at which a guard can't look as at others. */
const ODD: readonly string[] = [
  'an error whose message can not be read',
  'an error whose stack can not be read',
  'an error whose name can not be read',
  'an error with a stack that is no text',
  'a frozen error',
  'an object without a prototype',
  'a proxy that lets nothing be read',
  'undefined',
  'a symbol',
];

const HOSTILE_ERRORS: Readonly<Record<string, ((ground: Ground) => unknown) | undefined>> = {
  ...Object.fromEntries(ODD.map((what) => [what, ORDINARY[what]])),
  'an error whose message is no text': () => Object.assign(new RangeError(), { message: 5 }),
  'an object that has no text': () => ({
    toString() {
      throw new Error('no text');
    },
  }),
  // Glue asks it of what a catch import throws, so that there it is no ordinary error.
  'a proxy that does not say what it is': () =>
    new Proxy(
      {},
      {
        getPrototypeOf() {
          throw new Error('refused');
        },
      },
    ),
};

export const ODD_ERRORS: readonly Scenario[] = Object.entries(HOSTILE_ERRORS).map(
  ([what, make]): Scenario => ({
    id: `thrown through Rust frames: ${what}`,
    invariants: ['I1', 'I2', 'I5', 'I7'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const mine = make?.(ground);
      const callback = (): never => {
        throw mine;
      };
      const { failures, stop } = listen(ground);
      const { generation } = ns.__revive;
      let caught: unknown = 'nothing';
      try {
        ns.nested(callback);
      } catch (error) {
        caught = error;
      }
      checks.that('I1', 'the caller gets it back', () => Object.is(caught, mine));
      checks.equal('I1', 'it is told, as what it is', () => failures.map(({ failure }) => failure.cause).join(), 'foreign-exception');
      checks.quiet('I1', 'the report is JSON', () => JSON.stringify(failures));
      checks.equal('I7', 'the instance is kept', () => ns.__revive.generation, generation);
      const waiting = new Watched(ns.wait_for(new Promise(() => {})));
      const global = globalThis as { wasmReviveThrown?: unknown };
      global.wasmReviveThrown = mine;
      const polled = new Watched(ns.fail_later_poll('js-exception', Promise.resolve()));
      await until(runtime, () => polled.state !== 'pending' && waiting.state !== 'pending');
      delete global.wasmReviveThrown;
      checks.equal('I5', 'in a poll, its promise rejects', () => polled.state, 'rejected');
      checks.equal('I5', 'and so do those that can not be kept', () => waiting.state, 'rejected');
      checks.equal('I2', 'the next call is served', () => ns.add(1, 2), 3);
      stop();
    },
  }),
);

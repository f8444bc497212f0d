/** What leaves Rust while Rust is panicking, whoever threw it: out of a destructor, or out of the panic hook. */
import { codeOf, show } from '../checks.ts';
import { until, Watched } from '../runtime.ts';
import { listen, type Scenario, thrownBy } from './scenario.ts';

export const PANICKING: readonly Scenario[] = [
  {
    id: 'what is thrown while Rust panics is told as the panic that it ends',
    invariants: ['I1', 'I2', 'I5', 'I7'],
    async run(ground, checks) {
      const { ns, panic, runtime } = ground;
      const crates = ns.fail_marked !== undefined;
      const { failures, stop } = listen(ground);
      const thrown = new TypeError('outstanding read');
      const throws = (): never => {
        throw thrown;
      };
      const ofAnother = thrownBy(() => ns.fail('panic-message'));
      thrownBy(() => ns.add(1, 2));
      await runtime.turn();
      const throwsPanic = (): never => {
        throw ofAnother;
      };
      const swallowing = (run: () => void) => (): void => {
        thrownBy(run);
      };
      const thenThrows = (run: () => void) => (): void => {
        thrownBy(run);
        throws();
      };
      // Writes over what the panic left in memory.
      const thenCalls = (run: () => void) => (): void => {
        run();
        for (let length = 1; length < 64; length++) thrownBy(() => ns.echo('#'.repeat(length)));
      };
      const thenFails = (run: () => void) => (): void => {
        run();
        thrownBy(() => ns.throw_text('text'));
      };
      const ways: readonly (readonly [string, () => unknown])[] = [
        ['an import in a destructor', () => ns.panic_past('calling', throws)],
        ['throw_str in a destructor', () => ns.panic_past('text', throws)],
        ['an import in the panic hook', () => ns.panic_in_hook('calling', throws)],
        ['an import in the panic hook that throws the panic of another module', () => ns.panic_in_hook('calling', throwsPanic)],
        [
          'one that has swallowed what Rust threw there',
          () =>
            ns.panic_in_hook(
              'calling',
              thenThrows(() => ns.throw_text('text')),
            ),
        ],
        ['throw_str in the panic hook', () => ns.panic_in_hook('text', throws)],
        ['a nested call', () => ns.nested(() => ns.panic_past('calling', throws))],
        ['a nested call with a hook', () => ns.nested(() => ns.panic_in_hook('calling', throws))],
        ['a nested call that JavaScript swallows', () => ns.nested(swallowing(() => ns.panic_past('calling', throws)))],
        ['one with a hook', () => ns.nested(swallowing(() => ns.panic_in_hook('text', throws)))],
        ['one after which Rust goes on', () => ns.nested(thenCalls(swallowing(() => ns.panic_in_hook('calling', throws))))],
        ['one after which another call fails', () => ns.nested(thenFails(swallowing(() => ns.panic_in_hook('text', throws))))],
        ...(crates ? [['an import that unwinds', () => ns.panic_past('unwinding', throws)] as const] : []),
      ];
      for (const [what, fire] of ways) {
        failures.length = 0;
        const { generation } = ns.__revive;
        const error = thrownBy(fire);
        const isSwallowed = panic === 'unwind' && error === undefined;
        // It is known when no frame is left. Nobody can be thrown to then.
        if (!isSwallowed) checks.equal('I1', `${what}: its caller gets REVIVE_ABORT`, () => codeOf(error), 'REVIVE_ABORT');
        checks.equal('I2', `${what}: the next call is served by Rust that does not panic`, () => ns.panicking(), false);
        checks.equal(
          'I1',
          `${what}: it is told once, as a panic`,
          () => failures.map(({ failure }) => failure.cause).join(),
          'panic-abort',
        );
        const words = failures[0]?.failure.panic;
        checks.that(
          'I1',
          `${what}: in Rust's words`,
          () => /^the panic (?:past|with a hook that is) [\w…]+$/.test(words?.message ?? '') || show(words),
        );
        checks.equal('I7', `${what}: by a fresh instance`, () => ns.__revive.generation, generation + 1);
      }
      const { generation } = ns.__revive;
      const later = new Watched(ns.panic_past_later('calling', throws, Promise.resolve()));
      await until(runtime, () => later.state !== 'pending');
      checks.equal('I5', 'in a poll: its promise rejects', () => later.state, 'rejected');
      checks.that(
        'I1',
        "in a poll: in Rust's words",
        () => String((later.value as Error).message).includes('the panic past calling') || show(later.value),
      );
      await until(runtime, () => ns.__revive.generation > generation);
      checks.equal('I7', 'in a poll: the instance is replaced', () => ns.panicking(), false);
      stop();
    },
  },
  {
    id: 'what is thrown and caught while Rust panics, or thrown afterwards, costs nothing',
    invariants: ['I1', 'I2', 'I7'],
    async run(ground, checks) {
      const { ns, panic, runtime } = ground;
      const { failures, stop } = listen(ground);
      const throws = (): never => {
        throw new Error('of the program');
      };
      const unwinds = panic === 'unwind';
      const ways: readonly (readonly [string, () => unknown])[] = [
        ['an import that catches, in a destructor', () => ns.panic_past('catching', throws)],
        ['an import that catches, in the panic hook', () => ns.panic_in_hook('catching', throws)],
        ['a destructor that calls JavaScript', () => ns.panic_past('calling', () => {})],
        ['a hook that calls JavaScript', () => ns.panic_in_hook('calling', () => {})],
        ['a destructor that calls Rust again', () => ns.panic_past('calling', () => ns.add(1, 2))],
        // Under panic=abort no destructor runs.
        ['a destructor that has Rust throw on purpose', () => ns.panic_past('calling', () => thrownBy(() => ns.throw_text('text')))],
        ['a destructor with an exception through Rust', () => ns.panic_past('calling', () => thrownBy(() => ns.fail('js-exception')))],
      ];
      for (const [what, fire] of ways) {
        failures.length = 0;
        const { generation } = ns.__revive;
        const error = thrownBy(fire);
        checks.equal('I1', `${what}: it is an ordinary panic`, () => codeOf(error), unwinds ? 'REVIVE_PANIC' : 'REVIVE_ABORT');
        await runtime.turn();
        checks.equal('I7', `${what}: which unwinds, or not`, () => ns.__revive.generation, generation + (unwinds ? 0 : 1));
        checks.equal('I2', `${what}: Rust does not panic any more`, () => ns.panicking(), false);
      }
      const { generation } = ns.__revive;
      ns.catch_own_panic();
      thrownBy(() => ns.fail('panic-message'));
      checks.equal('I2', 'the next call is served', () => ns.add(1, 2), 3);
      const kept = ns.__revive.generation;
      checks.equal('I7', 'panics that were caught are over', () => kept, generation + (unwinds ? 0 : 1));
      failures.length = 0;
      thrownBy(() => ns.fail('js-exception'));
      checks.equal(
        'I1',
        'an exception after them is what it is',
        () => failures.map(({ failure }) => failure.cause).join(),
        'foreign-exception',
      );
      checks.equal('I7', 'and costs nothing', () => ns.__revive.generation, kept);
      stop();
    },
  },
  {
    id: 'what follows while Rust may be left panicking',
    invariants: ['I1', 'I2', 'I7'],
    run(ground, checks) {
      const { ns, panic } = ground;
      const { failures, stop } = listen(ground);
      const throws = (): never => {
        throw new Error('of the program');
      };
      const leave = (): void => void thrownBy(() => ns.panic_in_hook('calling', throws));
      thrownBy(() =>
        ns.nested(() => {
          leave();
          thrownBy(() => ns.nested(throws));
          thrownBy(() => ns.throw_text('text'));
        }),
      );
      checks.equal('I2', 'with more that is thrown: the next call is served by Rust that does not panic', () => ns.panicking(), false);

      // Through Rust, such an error is wrapped in an exception of Wasm's.
      thrownBy(() => ns.nested(() => void thrownBy(() => ns.panic_in_hook('text', throws))));
      ns.panicking();
      checks.equal('I1', 'with nothing more: what was thrown is told as what it is', () => failures.at(-1)?.failure.trap?.name, 'Error');

      failures.length = 0;
      const { generation } = ns.__revive;
      const served: unknown[] = [];
      const stopCalling = ns.__revive.on('failure', () => served.push(thrownBy(() => ns.add(1, 2)) ?? ns.add(1, 2)));
      thrownBy(() =>
        ns.nested(() => {
          leave();
          ns.fail('out-of-bounds');
        }),
      );
      stopCalling();
      const causes = panic === 'unwind' ? 'foreign-exception,out-of-bounds' : 'panic-abort,out-of-bounds';
      checks.equal(
        'I1',
        'with an abort: each failure is told once, in order',
        () => failures.map(({ failure }) => failure.cause).join(),
        causes,
      );
      checks.equal('I2', 'with an abort: listeners are served by a fresh instance', () => served.join(), '3,3');
      checks.equal('I7', 'with an abort: the instance is replaced', () => ns.__revive.generation > generation, true);
      stop();
    },
  },
];

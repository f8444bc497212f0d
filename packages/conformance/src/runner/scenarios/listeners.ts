/** Listeners that do more than listen: they fail the module, reset it, call it, leave. */
import { show } from '../checks.ts';
import type { Ground } from '../row.ts';
import { catchLog, type Scenario, thrownBy } from './scenario.ts';

type What = 'fails the module' | 'resets the module';

function does({ ns }: Ground, what: What): () => void {
  return what === 'fails the module' ? () => void thrownBy(() => ns.fail('abort')) : () => ns.__revive.reset();
}

export const LISTENERS: readonly Scenario[] = [
  ...(['fails the module', 'resets the module'] as const).flatMap((what): Scenario[] => [
    {
      id: `a listener of recovered ${what}, once`,
      invariants: ['I2', 'I4', 'I7'],
      async run(ground, checks) {
        const { ns, runtime } = ground;
        const { __revive: control } = ns;
        for (const who of ['a call', 'nobody']) {
          const { generation } = control;
          const off = control.on('recovered', () => {
            off();
            does(ground, what)();
          });
          thrownBy(() => ns.fail('abort'));
          if (who === 'nobody') await runtime.turn();
          checks.equal('I7', `recovered by ${who}: the next call finds the initial state`, () => ns.bump(), 101);
          checks.equal('I7', `recovered by ${who}: and so does the one after it go on`, () => ns.bump(), 102);
          checks.equal('I7', `recovered by ${who}: two generations went by`, () => control.generation, generation + 2);
          const counter = new ns.Counter(1);
          checks.equal('I4', `recovered by ${who}: handles are of the one that serves`, () => counter.inc(), 2);
          await runtime.turn();
          checks.equal('I7', `recovered by ${who}: which stays`, () => ns.bump(), 103);
        }
      },
    },
    ...(['recovered', 'failure'] as const).map(
      (event): Scenario => ({
        id: `a listener of ${event} ${what}, always`,
        invariants: ['I2', 'I5'],
        async run(ground, checks) {
          const { ns, runtime } = ground;
          const { __revive: control } = ns;
          control.configure({ consecutiveFailures: undefined });
          await catchLog(async () => {
            let calls = 0;
            const listener = (): void => {
              calls++;
              does(ground, what)();
            };
            const off = event === 'recovered' ? control.on('recovered', listener) : control.on('failure', listener);
            thrownBy(() => ns.fail('abort'));
            for (let n = 0; n < 5; n++) {
              thrownBy(() => ns.add(1, 2));
              await runtime.turn();
            }
            checks.that('I5', 'it is not called without end', () => calls < 60 || `${calls} times`);
            off();
            control.configure({ consecutiveFailures: Number.POSITIVE_INFINITY });
            if (control.state !== 'running') control.reset();
            checks.equal('I2', 'without it, the next call is served', () => ns.bump() > 100, true);
          });
        },
      }),
    ),
  ]),
  {
    id: 'all listeners get all events, in the order in which they happened',
    invariants: ['I1', 'I2'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const { __revive: control } = ns;
      const seen: string[] = [];
      const note = (who: string) => (event: { readonly generation: number; readonly ms?: number }) =>
        void seen.push(`${who} ${event.ms === undefined ? 'failure' : 'recovered'} ${event.generation - first}`);
      const first = control.generation;
      const offs = [
        control.on('failure', () => void ns.add(1, 2)),
        control.on('failure', note('a')),
        control.on('recovered', note('a')),
        control.on('failure', note('b')),
        control.on('recovered', note('b')),
      ];
      control.configure({ onFailure: note('onFailure') });
      thrownBy(() => ns.fail('abort'));
      await runtime.turn();
      checks.equal(
        'I1',
        'though the first has called the module',
        () => seen.join(),
        'a failure 0,b failure 0,onFailure failure 0,a recovered 1,b recovered 1',
      );
      for (const off of offs) off();
      control.configure({ onFailure: () => {} });
      seen.length = 0;
      const offLate = [
        control.on('failure', () => {
          for (const off of offLate) off();
          offLate.push(control.on('failure', note('late')));
        }),
        control.on('failure', note('left')),
      ];
      thrownBy(() => ns.fail('abort'));
      checks.equal('I1', 'one that has left gets nothing, one that has come gets the next', () => seen.join(), '');
      for (const off of offLate) off();
      ns.add(1, 2);
    },
  },
  {
    id: 'a listener throws through the module while an exception is on its way out',
    invariants: ['I1', 'I2', 'I5'],
    async run({ ns, panic, runtime }, checks) {
      const { __revive: control } = ns;
      let failures = 0;
      let throws = true;
      const throwing = (message: string) => (): never => {
        throw new Error(message);
      };
      const off = control.on('failure', () => {
        failures++;
        if (!throws) return;
        throws = false;
        thrownBy(() => ns.nested(throwing('of the listener')));
      });
      const thrown = thrownBy(() => ns.nested_deep(throwing('of the program'), 3));
      checks.equal('I1', 'the thrower gets its own', () => (thrown as Error).message, 'of the program');
      checks.equal('I1', 'each is reported once', () => failures, 2);
      [failures, throws] = [0, true];
      ns.fail_in_microtask('js-exception', false);
      await runtime.turn();
      checks.equal('I1', 'each is reported once, where the event loop entered', () => failures, 2);
      checks.equal('I5', 'and nothing reaches the process', () => runtime.takeUncaught().map(show).join(), '');
      const { generation } = control;
      [failures, throws] = [0, true];
      ns.spawn_fail('panic-any', Promise.resolve());
      await runtime.turn();
      // Under panic=abort the listener throws through the fresh instance.
      const lost = panic === 'abort' ? 1 : 0;
      checks.equal('I2', 'what a listener throws tears no poll', () => control.generation - generation, lost);
      checks.equal('I1', 'and each is reported once, in a poll', () => failures, 2);
      off();
    },
  },
  {
    id: 'a listener of stale calls what is stale',
    invariants: ['I4', 'I5'],
    async run({ ns }, checks) {
      await catchLog(async () => {
        const adder = ns.length_adder();
        let calls = 0;
        const off = ns.__revive.on('stale', () => {
          calls++;
          adder('b');
        });
        thrownBy(() => ns.fail('abort'));
        checks.equal('I4', 'the call returns undefined', () => adder('a'), undefined);
        checks.that('I5', 'and ends', () => calls < 100 || show(calls));
        off();
      });
    },
  },
  {
    id: 'a plugin that calls the module while an instance is made, and one that refuses it',
    invariants: ['I2', 'I5', 'I9'],
    async run({ ns, runtime }, checks) {
      const { __revive: control } = ns;
      let mode: 'rest' | 'call' | 'refuse' = 'call';
      const seen: unknown[] = [];
      control.use({
        name: 'meddler',
        instantiated() {
          if (mode === 'call') seen.push((thrownBy(() => ns.add(1, 2)) as { code?: string } | undefined)?.code);
          if (mode === 'refuse') throw new Error('refused');
        },
      });
      thrownBy(() => ns.fail('abort'));
      checks.equal('I2', 'the call that needs the instance is served', () => ns.bump(), 101);
      checks.that(
        'I5',
        'what the plugin calls meanwhile is refused',
        () => seen.length > 0 && seen.every((code) => code === 'REVIVE_RECOVERING'),
      );
      await runtime.turn();
      mode = 'refuse';
      control.use({ name: 'drops what was in reserve' });
      thrownBy(() => ns.fail('abort'));
      const error = thrownBy(() => ns.add(1, 2)) as { code?: string; cause?: { message?: string } };
      checks.that(
        'I9',
        'a refusal reaches the caller',
        () => (error.code === 'REVIVE_NO_INSTANCE' && error.cause?.message === 'refused') || show(error),
      );
      mode = 'rest';
      checks.equal('I2', 'nothing is left of it', () => ns.bump(), 101);
    },
  },
  {
    id: 'a listener that listens again',
    invariants: ['I5'],
    run({ ns }, checks) {
      const { __revive: control } = ns;
      let heard = 0;
      let stop = (): void => {};
      const listener = (): void => {
        heard++;
        stop();
        if (heard < 1_000) stop = control.on('failure', () => listener());
      };
      stop = control.on('failure', () => listener());
      thrownBy(() => ns.fail('abort'));
      stop();
      checks.equal('I5', 'it hears of each failure once', () => heard, 1);
    },
  },
  {
    id: 'a program that fails whenever it has recovered',
    invariants: ['I5'],
    async run({ ns, runtime }, checks) {
      const { __revive: control } = ns;
      // An end, for else this would have none where it doesn't hold.
      const enough = 3_000;
      let recovered = 0;
      const stop = control.on('recovered', () => {
        if (++recovered < enough) thrownBy(() => ns.fail('abort'));
      });
      thrownBy(() => ns.fail('abort'));
      await runtime.turn();
      stop();
      checks.that('I5', 'the event loop gets its turn', () => recovered < enough || `after ${recovered} recoveries`);
      checks.equal('I5', 'the next call is served', () => ns.add(1, 2), 3);
    },
  },
];

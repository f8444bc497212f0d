/** Instances that are made ahead of need, as the program says. */
import { until } from '../runtime.ts';
import { listen, type Scenario, thrownBy } from './scenario.ts';

/** How many turns of the event loop may pass until a timer is due: Bun makes a thousand in a millisecond. */
const PATIENCE = 50_000;

export const STANDBY: readonly Scenario[] = [
  {
    id: 'instances are made ahead, and started, as the program says',
    invariants: ['I1', 'I2', 'I3', 'I7', 'I8'],
    async run(ground, checks) {
      const { ns, runtime, probe } = ground;
      const { __revive: control } = ns;
      const failures = listen(ground);
      control.configure({ standby: 0 });
      let started = 0;
      const count = (): string => {
        started++;
        return '';
      };
      control.reset();
      ns.bump();
      const made = probe.made();
      try {
        control.configure({ standby: 2 });
        await until(runtime, () => probe.made() >= made + 2, PATIENCE);
        for (let n = 0; n < 3; n++) await runtime.turn();
        checks.equal('I8', 'two stand by, before anything has failed', () => probe.made(), made + 2);
        const entered = probe.entries();
        await runtime.turn();
        checks.equal('I3', 'nothing of them runs', () => probe.entries(), entered);
        for (let n = 0; n < 2; n++) {
          thrownBy(() => ns.fail('abort'));
          checks.equal('I7', `one serves at once, as new, after failure ${n + 1}`, () => ns.bump(), 101);
        }
        checks.equal('I8', 'no call has made one', () => probe.made(), made + 2);
        control.configure({ standby: { count: 1, maxBytes: 1 } });
        await runtime.turn();
        const none = probe.made();
        thrownBy(() => ns.fail('abort'));
        ns.bump();
        for (let n = 0; n < 3; n++) await runtime.turn();
        checks.equal('I8', 'none stands by where its memory is too big', () => probe.made(), none + 1);

        if (ns.ledger === undefined) await startedAhead();
        else await notStartedAhead();
      } finally {
        failures.stop();
        globalThis.wasmReviveStart = undefined;
        control.configure({ standby: undefined });
        control.reset();
      }
      checks.equal('I2', 'the next call is served', () => ns.bump(), 101);

      /** Of a module whose start function uses none of what the program persists. */
      async function startedAhead(): Promise<void> {
        globalThis.wasmReviveStart = count;
        control.configure({ standby: { count: 1, started: true } });
        await until(runtime, () => started > 0, PATIENCE);
        checks.equal('I7', 'one that is started ahead does not take the place of the one that serves', () => ns.bump(), 102);
        thrownBy(() => ns.fail('abort'));
        checks.equal('I7', 'it serves the next call', () => [ns.bump(), ns.starts(), started].join(), '101,1,1');
        await until(runtime, () => started > 1, PATIENCE);

        const { generation } = control;
        failures.failures.length = 0;
        let tried = 0;
        globalThis.wasmReviveStart = () => {
          tried++;
          return 'abort';
        };
        control.configure({ standby: { count: 1, started: true } });
        await until(runtime, () => tried > 0, PATIENCE);
        for (let n = 0; n < 3; n++) await runtime.turn();
        checks.equal(
          'I2',
          'one that fails as it is started ahead harms nobody',
          () => [ns.bump(), control.generation].join(),
          `102,${generation}`,
        );
        checks.equal('I1', 'it is reported, and not tried again at once', () => [failures.failures.length, tried].join(), '1,1');
      }

      /** What is persisted may change until it serves, so that one which has used it is thrown away. */
      async function notStartedAhead(): Promise<void> {
        globalThis.wasmReviveStart = count;
        control.configure({ standby: { count: 1, started: true } });
        await until(runtime, () => started > 0, PATIENCE);
        checks.equal('I7', 'one that is started ahead does not take the place of the one that serves', () => ns.bump(), 102);
        thrownBy(() => ns.fail('abort'));
        checks.equal('I7', 'where it has used what is persisted, another one serves', () => [ns.bump(), started].join(), '101,2');
      }
    },
  },
];

/** The control handle: reset, supervision, options, listeners. */
import { codeOf, show } from '../checks.ts';
import { deferred, until, Watched } from '../runtime.ts';
import { catchLog, type Scenario, thrownBy } from './scenario.ts';

export const CONTROL: readonly Scenario[] = [
  {
    id: 'reset() on an idle instance',
    invariants: ['I2', 'I4', 'I5', 'I7'],
    async run({ ns, runtime }, checks) {
      const { __revive: control } = ns;
      const generation = control.generation;
      const counter = new ns.Counter(1);
      const adder = ns.length_adder();
      ns.bump();
      const gate = deferred<void>();
      const watched = new Watched(ns.wait_for(gate.promise));
      await runtime.turn();
      control.reset();
      checks.equal('I7', 'the next generation serves at once', () => control.generation, generation + 1);
      checks.equal('I7', 'it is in its initial state', () => ns.count(), 100);
      checks.throwsCode('I4', 'a handle of the old one is stale', () => counter.inc(), 'REVIVE_STALE_HANDLE');
      checks.quiet('I4', 'free() of the old handle', () => counter.free());
      // The old instance goes when no frame of it can be on the stack.
      await runtime.turn();
      checks.equal('I4', 'a closure of the old one returns undefined', () => adder('a'), undefined);
      await until(runtime, () => watched.state !== 'pending');
      checks.that(
        'I5',
        'the call in flight is told REVIVE_INSTANCE_LOST',
        () => codeOf(watched.value) === 'REVIVE_INSTANCE_LOST' || show(watched.value),
      );
      gate.resolve();
    },
  },
  {
    id: 'reset() from a callback, with frames on the stack',
    invariants: ['I1', 'I2', 'I4', 'I7'],
    async run({ ns, runtime }, checks) {
      const { __revive: control } = ns;
      const generation = control.generation;
      const counter = new ns.Counter(1);
      const adder = ns.length_adder();
      globalThis.wasmReviveRanOn = [];
      let inside: unknown;
      let stale: unknown;
      const result = ns.nested_catching(() => {
        control.reset();
        inside = ns.bump();
        stale = thrownBy(() => counter.inc());
        return 'the end';
      });
      checks.equal('I7', 'the next generation serves inside the callback', () => inside, 101);
      checks.that('I4', 'there, a handle of the old one is stale', () => codeOf(stale) === 'REVIVE_STALE_HANDLE' || show(stale));
      // No failure: the turn that was interrupted ends well, on its own instance.
      checks.equal('I2', 'the outer call ends well', () => result, 'the end');
      checks.equal('I2', 'its frames ran to their end', () => globalThis.wasmReviveRanOn?.join(), 'nested_catching,nested_catching drop');
      checks.equal('I7', 'one generation went by', () => control.generation, generation + 1);
      checks.equal('I7', 'the new instance was not harmed', () => ns.bump(), 102);
      await runtime.turn();
      checks.equal('I4', 'a closure of the old one returns undefined', () => adder('a'), undefined);
    },
  },
  {
    id: 'too many failures: crash loop, and its end',
    invariants: ['I1', 'I2'],
    async run({ ns, runtime }, checks) {
      const { __revive: control } = ns;
      control.configure({ maxRestarts: 2, withinMs: 60_000 });
      const opened: unknown[] = [];
      const off = control.on('opened', (event) => opened.push(event));
      let stop: (() => void) | undefined;
      try {
        for (let n = 0; n < 3; n++) {
          thrownBy(() => ns.fail('abort'));
          await runtime.turn();
        }
        const error = thrownBy(() => ns.add(1, 2));
        checks.that('I1', 'a call is refused with REVIVE_CRASH_LOOP', () => codeOf(error) === 'REVIVE_CRASH_LOOP' || show(error));
        checks.that(
          'I1',
          'the error says what failed last',
          () => codeOf((error as Error).cause) === 'REVIVE_ABORT' || show((error as Error).cause),
        );
        checks.equal('I1', 'the state says so', () => control.state, 'open');
        thrownBy(() => ns.add(1, 2));
        checks.equal('I1', 'listeners hear of it once, not at every refused call', () => opened.length, 1);
        control.reset();
        checks.equal('I2', 'reset() ends it', () => ns.add(1, 2), 3);
        thrownBy(() => ns.fail('abort'));
        control.reset();
        for (let n = 0; n < 2; n++) thrownBy(() => ns.fail('abort'));
        checks.equal('I2', 'reset() right after a failure is no restart that counts', () => ns.add(1, 2), 3);
        control.reset();
        // Now that call hears of it which no longer gets an instance.
        stop = control.on('opened', () => control.reset());
        for (let n = 0; n < 3 && control.state !== 'open'; n++) thrownBy(() => ns.fail('abort'));
        checks.equal('I2', 'a listener that resets the module ends it for the very call that told it', () => ns.add(1, 2), 3);
      } finally {
        off();
        stop?.();
        control.configure({ maxRestarts: Number.POSITIVE_INFINITY, withinMs: 10_000 });
        if (control.state !== 'running') control.reset();
      }
    },
  },
  {
    id: 'stale closures that are to throw',
    invariants: ['I4'],
    run({ ns }, checks) {
      const { __revive: control } = ns;
      const adder = ns.length_adder();
      const stale: string[] = [];
      const off = control.on('stale', ({ entrypoint }) => stale.push(entrypoint));
      thrownBy(() => ns.fail('abort'));
      adder('a');
      checks.equal('I4', 'a call of one is told by an event', () => stale.length, 1);
      control.configure({ staleClosures: 'throw' });
      checks.throwsCode('I4', 'a call of one throws where that is wanted', () => adder('a'), 'REVIVE_STALE_HANDLE');
      checks.quiet('I4', 'letting go of one does not', () => adder._wbg_cb_unref?.());
      control.configure({ staleClosures: 'ignore' });
      checks.equal('I4', 'and returns undefined again', () => adder('a'), undefined);
      off();
    },
  },
  {
    id: 'options and events that there are not',
    invariants: ['I9'],
    run({ ns }, checks) {
      const { __revive: control } = ns;
      const refused: readonly (readonly [what: string, run: () => unknown])[] = [
        ['an option that there is not', () => control.configure({ maxRestart: 1 } as object)],
        ['a limit that is none', () => control.configure({ maxRestarts: -1 })],
        ['a breaker that is never closed', () => control.configure({ consecutiveFailures: 0 })],
        ['a pause that is none', () => control.configure({ backoffMs: 0 })],
        ['less than none made ahead', () => control.configure({ standby: -1 })],
        ['a bound that is none', () => control.configure({ standby: { count: 1, maxByte: 5 } as unknown as number })],
        ['a window that is none', () => control.configure({ withinMs: Number.NaN })],
        ['a value that an option has not', () => control.configure({ staleClosures: 'boom' as 'throw' })],
        ['an event that there is not', () => control.on('fail' as 'failure', () => {})],
        ['a listener that is none', () => control.on('failure', undefined as unknown as () => void)],
        ['a plugin that is none', () => control.use(undefined as unknown as { name: string })],
        ['a plugin without a name', () => control.use({} as { name: string })],
        ['a hook that is none', () => control.use({ name: 'broken', failed: 'fresh' } as unknown as { name: string })],
      ];
      for (const [what, run] of refused) checks.that('I9', `${what} is refused`, () => thrownBy(run) instanceof TypeError);
      checks.quiet('I9', 'and what comes after it is not', () => control.use({ name: 'nothing' }));
      checks.equal('I9', 'nothing has changed', () => ns.add(1, 2), 3);
    },
  },
  {
    id: 'onFailure that throws',
    invariants: ['I1', 'I2', 'I5'],
    async run({ ns, runtime }, checks) {
      const { __revive: control } = ns;
      try {
        await catchLog(async (logged) => {
          control.configure({
            onFailure() {
              throw new Error('the listener is broken');
            },
          });
          const error = thrownBy(() => ns.fail('abort'));
          checks.that('I1', 'the caller gets the failure, not the listener', () => codeOf(error) === 'REVIVE_ABORT' || show(error));
          checks.equal('I2', 'the next call is served', () => ns.add(1, 2), 3);
          checks.equal('I1', "the listener's own error is not swallowed", () => logged.length, 1);
          control.configure({
            async onFailure() {
              throw new Error('an async listener is broken');
            },
          });
          runtime.takeUncaught();
          thrownBy(() => ns.fail('abort'));
          await runtime.turn();
          checks.equal('I5', 'nor does an async one reach the process', () => runtime.takeUncaught().length, 0);
          checks.equal('I1', 'its error is told, too', () => logged.length, 2);
        });
      } finally {
        control.configure({ onFailure: () => {} });
      }
    },
  },
  {
    id: 'a failure listener that uses the module',
    invariants: ['I2', 'I7'],
    async run({ ns, runtime }, checks) {
      const { __revive: control } = ns;
      const generation = control.generation;
      let inside: unknown;
      const off = control.on('failure', () => {
        inside = ns.bump();
      });
      thrownBy(() => ns.fail('abort'));
      off();
      await runtime.turn();
      checks.equal('I2', 'it is served by the fresh instance', () => inside, 101);
      checks.equal('I7', 'which goes on serving', () => ns.bump(), 102);
      checks.equal('I7', 'one generation went by', () => control.generation, generation + 1);
    },
  },
  {
    id: 'the fresh instance is there before anybody calls',
    invariants: ['I8'],
    async run({ ns, runtime, probe }, checks) {
      thrownBy(() => ns.fail('abort'));
      await runtime.turn();
      const made = probe.made();
      checks.equal('I8', 'the module is running', () => ns.__revive.state, 'running');
      ns.add(1, 2);
      checks.equal('I8', 'the next call makes no instance', () => probe.made(), made);
    },
  },
  {
    id: 'after a failure, another instance is kept in reserve',
    invariants: ['I3', 'I7', 'I8'],
    async run({ ns, runtime, probe }, checks) {
      thrownBy(() => ns.fail('abort'));
      ns.add(1, 2);
      const [made, entered] = [probe.made(), probe.entries()];
      await runtime.turn();
      checks.equal('I8', 'it is made off the path of a call', () => probe.made(), made + 1);
      checks.equal('I3', 'nothing of it runs', () => probe.entries(), entered);
      const { generation } = ns.__revive;
      thrownBy(() => ns.fail('abort'));
      checks.equal('I7', 'it serves the next call, as new', () => ns.bump(), 101);
      checks.equal('I7', 'and was started once', () => ns.starts(), 1);
      checks.equal('I8', 'the call made none', () => probe.made(), made + 1);
      checks.equal('I7', 'one generation went by', () => ns.__revive.generation, generation + 1);
    },
  },
  {
    id: 'there is no memory for an instance in reserve',
    invariants: ['I2', 'I5'],
    async run({ ns, runtime }, checks) {
      thrownBy(() => ns.fail('abort'));
      ns.add(1, 2);
      await runtime.turn();
      // The reserve is used up, and no other can be made.
      thrownBy(() => ns.fail('abort'));
      ns.add(1, 2);
      const { Instance } = WebAssembly;
      Object.assign(WebAssembly, {
        Instance: function refuse() {
          throw new RangeError('WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory for new instance');
        },
      });
      await runtime.turn();
      Object.assign(WebAssembly, { Instance });
      checks.equal('I2', 'the instance that serves goes on', () => ns.add(1, 2), 3);
      thrownBy(() => ns.fail('abort'));
      checks.equal('I2', 'the next one is made when it is needed', () => ns.add(1, 2), 3);
    },
  },
];

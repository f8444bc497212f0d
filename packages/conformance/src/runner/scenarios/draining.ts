/** Instances that finish what is in flight on them before they end: `drain()`, `dispose()`, `evict(key, { drain: true })` and the option `recycle`. */
import { codeOf } from '../checks.ts';
import type { Control, Fixtures } from '../fixtures.ts';
import { deferred, until, Watched } from '../runtime.ts';
import { listen, type Scenario, thrownBy } from './scenario.ts';

const never = (): Promise<never> => new Promise(() => {});

/** The next event of a name. */
function next(control: Control, name: 'recycled' | 'drained'): Promise<unknown> {
  return new Promise((resolve) => {
    const stop = control.on(name as 'drained', (event) => {
      stop();
      resolve(event);
    });
  });
}

export const DRAINING: readonly Scenario[] = [
  {
    id: 'instances that are drained, disposed of and recycled',
    invariants: ['I1', 'I2', 'I3', 'I4', 'I5', 'I7'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const { __revive: control } = ns;
      const { failures, stop } = listen(ground);
      const [a, b] = [control.instance('a'), control.instance('b')];

      for (const [name, one, key] of [
        ['the default instance', ns, undefined],
        ['a sibling', a, 'a'],
      ] as const) {
        one.count();
        const waits = deferred<string>();
        const [flight, lost] = [new Watched(one.wait_for(waits.promise)), new Watched(one.fail_later_poll('abort', waits.promise))];
        const [alone, old] = [deferred<string>(), new one.Counter(1)];
        // Until it has one to replace.
        const recycled = next(control, 'recycled');
        control.configure({ recycle: { turns: 1 } });
        one.bump();
        const { reason, from, generation } = (await recycled) as { reason: string; from: number; generation: number };
        control.configure({ recycle: undefined });
        checks.equal('I7', `${name} is recycled`, () => [reason, generation > from, one.count()].join(), 'turns,true,100');
        const fresh = new Watched(one.wait_for(alone.promise));
        checks.equal(
          'I2',
          `${name}: what is in flight on the old one goes on`,
          () => [flight, lost].map(({ state }) => state).join(),
          'pending,pending',
        );
        checks.equal('I4', `${name}: which serves its handles`, () => old.inc(), 2);
        checks.throwsCode('I4', `${name}: and nobody else’s`, () => new one.Counter(1).add(old), 'REVIVE_STALE_HANDLE');
        const drained = next(control, 'drained');
        waits.resolve('done');
        const { callsLost } = (await drained) as { callsLost: number };
        await until(runtime, () => flight.state !== 'pending' && lost.state !== 'pending');
        checks.equal('I5', `${name}: a failure costs what is in flight on it`, () => [callsLost > 0, lost.state].join(), 'true,rejected');
        checks.equal('I1', `${name}: and is reported of the old one`, () => failures.at(-1)?.generation, from);
        checks.throwsCode('I3', `${name}: its handles are stale`, () => old.inc(), 'REVIVE_STALE_HANDLE');
        checks.equal('I2', `${name}: the fresh one goes on`, () => [fresh.state, one.bump()].join(), 'pending,101');
        alone.resolve('done');
        await until(runtime, () => fresh.state !== 'pending');
        checks.equal('I2', `${name}: with what is in flight on that`, () => fresh.value, 'done');

        if (key === undefined) continue;
        const last = deferred<string>();
        const owed = new Watched(one.wait_for(last.promise));
        const evicted = new Watched(control.evict(key, { drain: true }));
        await runtime.turn();
        checks.equal('I7', 'one is evicted, and the next call is served by another', () => one.count(), 100);
        checks.equal('I5', 'not before it has finished', () => [owed.state, evicted.state].join(), 'pending,pending');
        last.resolve('done');
        await until(runtime, () => owed.state !== 'pending');
        checks.equal('I5', 'which it does', () => owed.value, 'done');
        control.evict(key);
      }

      const gate = deferred<string>();
      const all: readonly Fixtures[] = [ns, b];
      const flights = all.map((one) => new Watched(one.wait_for(gate.promise)));
      const handles = all.map((one) => new one.Counter(1));
      const drained = control.drain();
      for (const call of [...all.map((one) => () => one.bump()), ...handles.map((handle) => () => handle.inc())]) {
        checks.throwsCode('I1', 'while it is drained, no call is admitted', call, 'REVIVE_DRAINING');
      }
      checks.equal('I4', 'handles can be freed', () => thrownBy(() => handles.map((handle) => handle.free())), undefined);
      gate.resolve('done');
      await drained;
      await until(runtime, () => flights.every(({ state }) => state !== 'pending'));
      checks.equal('I5', 'calls in flight finish', () => flights.map(({ value }) => value).join(), 'done,done');
      control.reset();
      checks.equal('I7', 'a reset ends that', () => [control.state, ns.count()].join(), 'running,100');

      const endless = all.map((one) => new Watched(one.wait_for(never())));
      await control.dispose({ drainMs: 1 });
      checks.equal(
        'I5',
        'what has no end is rejected when the module is disposed of',
        () => endless.map(({ value }) => codeOf(value)).join(),
        'REVIVE_INSTANCE_LOST,REVIVE_INSTANCE_LOST',
      );
      for (const one of all) checks.throwsCode('I1', 'of which nothing can be called', () => one.bump(), 'REVIVE_DISPOSED');
      control.reset();
      checks.equal('I7', 'until it is reset', () => all.map((one) => one.bump()).join(), '101,101');
      control.evict('b');
      checks.equal('I5', 'nothing reaches the process', () => runtime.takeUncaught().length, 0);
      stop();
    },
  },
];

/** Plugins that decide what is done, and plugins that break down. */
import { codeOf, show } from '../checks.ts';
import type { View } from '../fixtures.ts';
import { until, Watched } from '../runtime.ts';
import { catchLog, collect, listen, type Scenario, thrownBy } from './scenario.ts';

export const PLUGINS: readonly Scenario[] = [
  {
    id: 'plugins that decide, and that break down',
    invariants: ['I1', 'I2', 'I3', 'I5'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const { __revive: control } = ns;
      const { failures, stop } = listen(ground);
      let wanted: () => 'keep' | 'fresh' | 'retire' | undefined = () => undefined;
      const views = new Set<View>();
      control.use({
        name: 'policy',
        failed(instance) {
          views.add(instance);
          return wanted();
        },
        lost: (instance) => void views.add(instance),
      });
      const foreign = (): unknown =>
        thrownBy(() =>
          ns.nested(() => {
            throw new Error('mine');
          }),
        );
      const recoveriesOf = (fail: () => unknown, decide: typeof wanted): number => {
        const { recoveries } = control.stats;
        wanted = decide;
        fail();
        wanted = () => undefined;
        checks.equal('I2', 'the next call is served', () => ns.add(1, 2), 3);
        return control.stats.recoveries - recoveries;
      };
      const abort = (): unknown => thrownBy(() => ns.fail('abort'));
      checks.equal('I2', 'a foreign exception can cost the instance', () => recoveriesOf(foreign, () => 'fresh'), 1);
      checks.equal('I2', 'where it says nothing, the module decides', () => recoveriesOf(foreign, () => undefined), 0);
      checks.equal('I3', 'an instance that aborted is never kept', () => recoveriesOf(abort, () => 'keep'), 1);
      const torn = new Watched(ns.fail_first_poll('js-exception'));
      wanted = () => 'keep';
      await until(runtime, () => torn.state !== 'pending', 3);
      wanted = () => undefined;
      checks.equal('I5', 'a task whose poll was torn is not kept', () => codeOf(torn.value), 'REVIVE_ABORT');
      checks.equal('I2', 'the next call is served then, too', () => ns.add(1, 2), 3);
      await catchLog((logged) => {
        checks.equal(
          'I1',
          'one that throws is left out',
          () =>
            recoveriesOf(abort, () => {
              throw new Error('broken');
            }),
          1,
        );
        checks.equal('I1', 'so is one that wants what there is not', () => recoveriesOf(abort, () => 'freeze' as 'fresh'), 1);
        checks.equal('I1', 'and both are complained of', () => logged.length, 2);
      });
      checks.that('I1', 'and each report says what was done', () =>
        failures.every(({ recovery }) => recovery === 'keep' || recovery === 'fresh'),
      );
      checks.that('I1', 'each failure is told as what it is', () => failures.every(({ failure }) => failure.cause !== 'stack-overflow'));
      const reported = failures.length;
      let inside: unknown;
      const costly = (): number =>
        recoveriesOf(
          () => {
            checks.that('I1', 'where one costs the instance itself, the caller gets that', () => foreign() === inside || show(inside));
          },
          () => {
            wanted = () => undefined;
            inside = abort();
            return undefined;
          },
        );
      checks.equal('I2', 'and it is replaced once', costly, 1);
      checks.equal('I1', 'and reported once', () => failures.length - reported, 1);
      wanted = () => 'retire';
      abort();
      wanted = () => undefined;
      checks.throwsCode('I2', 'one can have the module retired', () => ns.add(1, 2), 'REVIVE_CRASH_LOOP');
      control.reset();
      checks.equal('I2', 'until it is reset', () => ns.add(1, 2), 3);
      const members = 'key,generation,state,module,exports,panicking,memoryBytes,callsInFlight';
      checks.that('I3', 'plugins get a view with what is documented, and nothing else', () =>
        [...views].every((view) => Reflect.ownKeys(view).join() === members && Object.getPrototypeOf(view) === null),
      );
      checks.equal(
        'I3',
        'and the same one of each instance',
        () => views.size,
        new Set([...views].map(({ generation }) => generation)).size,
      );
      stop();
    },
  },
  {
    id: 'instances that can not be made',
    invariants: ['I6'],
    isLong: true,
    needs: ['gc'],
    async run(ground, checks) {
      const { ns, probe } = ground;
      let refusing = true;
      ns.__revive.use({
        name: 'refuses',
        instantiated() {
          if (refusing) throw new Error('not this one');
        },
      });
      await collect(ground);
      const before = probe.liveMemories();
      thrownBy(() => ns.fail('abort'));
      for (let n = 0; n < 50; n++) thrownBy(() => ns.add(1, 2));
      await collect(ground);
      checks.that(
        'I6',
        'nothing of them is kept',
        () => probe.liveMemories() <= before || `${probe.liveMemories()} memories, ${before} before`,
      );
      refusing = false;
      checks.equal('I6', 'the next call is served when one can be made', () => ns.add(1, 2), 3);
      checks.that('I6', 'by a healthy instance', () => ns.bump() > 0 || show(ns.__revive.state));
    },
  },
];

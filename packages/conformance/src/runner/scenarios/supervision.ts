/** Failures without end: when the module is made anew no more, for how long, and what ends that. */
import { codeOf, show } from '../checks.ts';
import type { Fixtures, Told } from '../fixtures.ts';
import { type Scenario, thrownBy } from './scenario.ts';

/** Waits as long as a refused call says. */
async function retryAfter({ retryAfter: ms = 0 }: Told): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms + 5));
}

/** Has so many calls fail in a row, and gives what the next one gets. */
function failing(ns: Fixtures, times: number): Told {
  for (let n = 0; n < times; n++) thrownBy(() => ns.fail('abort'));
  return thrownBy(() => ns.add(1, 2)) as Told;
}

export const SUPERVISION: readonly Scenario[] = [
  {
    id: 'too many failures in a row: a breaker opens, lets one try, and closes',
    invariants: ['I1', 'I2'],
    async run({ ns, runtime }, checks) {
      const { __revive: control } = ns;
      // Long enough for a machine that has much else to do.
      control.configure({ consecutiveFailures: 3, backoffMs: 300 });
      const seen: string[] = [];
      const note =
        (name: string) =>
        ({ instance = '', attempt = '' }: { instance?: string; attempt?: number | '' }): void =>
          void seen.push(`${name}${attempt}${instance}`);
      const offs = [control.on('opened', note('opened')), control.on('probing', note('probing')), control.on('closed', note('closed'))];
      try {
        for (let n = 0; n < 12; n++) {
          thrownBy(() => ns.fail('abort'));
          checks.equal('I2', `a call after failure ${n + 1} is served`, () => ns.bump(), 101);
        }
        checks.equal('I2', 'where every second call goes well, nothing is refused', () => [control.state, ...seen].join(), 'running');
        const inFlight = (): unknown => ns.wait_for(new Promise(() => {})).catch(() => {});
        offs.push(control.on('recovered', inFlight));
        for (let n = 0; n < 6; n++) {
          thrownBy(() => ns.fail('abort'));
          thrownBy(() => ns.bump());
        }
        offs.pop()?.();
        checks.equal('I2', 'nor where a listener has a call in flight on each instance', () => [control.state, ...seen].join(), 'running');
        let polled = inFlight;
        offs.push(control.on('recovered', () => polled()));
        for (let n = 0; n < 4; n++) {
          polled = () => ns.wait_often(() => ns.fail('abort'), 1).catch(() => {});
          thrownBy(() => ns.fail('abort'));
          thrownBy(() => ns.bump());
          polled = inFlight;
          await runtime.turn();
        }
        offs.pop()?.();
        checks.equal('I2', 'nor where the second one fails in the middle of a poll', () => [ns.bump(), ...seen].join(), '101');
        const first = failing(ns, 3);
        checks.equal('I1', 'after three in a row, the caller gets REVIVE_CRASH_LOOP', () => first.code, 'REVIVE_CRASH_LOOP');
        checks.that(
          'I1',
          'and when to come again',
          () => (Number(first.retryAfter) > 0 && first.retryable && first.message.includes(`${first.retryAfter} ms`)) || show(first),
        );
        checks.equal('I1', 'the state says so', () => control.state, 'open');
        const waited: unknown = await control.ready.catch(codeOf);
        checks.equal('I5', 'who waits for an instance gets the same', () => waited, 'REVIVE_CRASH_LOOP');
        await retryAfter(first);
        const second = failing(ns, 1);
        checks.that('I2', 'one that fails opens it again, for longer', () => Number(second.retryAfter) > 200 || show(second));
        await retryAfter(second);
        checks.equal('I2', 'one that is served', () => ns.bump(), 101);
        await runtime.turn();
        checks.equal('I2', 'closes it', () => seen.join(), 'opened1,probing1,opened2,probing2,closed');
        checks.equal('I2', 'and calls are served as before', () => [failing(ns, 2), ns.bump()].join(), ',101');
        seen.length = 0;
        const sibling = control.instance('s');
        sibling.bump();
        checks.equal('I1', 'a sibling has one of its own', () => failing(sibling, 3).code, 'REVIVE_CRASH_LOOP');
        checks.equal('I2', 'which says whose it is', () => [...seen, ns.add(1, 2)].join(), 'opened1s,3');
        control.evict('s');
        checks.equal('I2', 'and ends when its key is evicted', () => [sibling.bump(), ...seen].join(), '101,opened1s,closeds');
      } finally {
        for (const off of offs) off();
        control.configure({ consecutiveFailures: Number.POSITIVE_INFINITY, backoffMs: undefined });
        control.evict('s');
        if (control.state !== 'running') control.reset();
      }
    },
  },
];

/** What plugins hear of turns and of failures. */
import { codeOf, show } from '../checks.ts';
import type { Report } from '../fixtures.ts';
import type { Ground } from '../row.ts';
import { until, Watched } from '../runtime.ts';
import { catchLog, listen, type Scenario, thrownBy } from './scenario.ts';

/** Adds a plugin that hears of turns, and gives what it has heard since it was asked last: `greet +` is a turn that was committed. */
function hearTurns({ ns }: Ground): () => string[] {
  let heard: string[] = [];
  ns.__revive.use({
    name: 'hears turns',
    entered: (_instance, entrypoint) => void heard.push(entrypoint),
    committed() {
      heard.push(`${heard.pop()} +`);
    },
  });
  ns.__revive.reset();
  heard = [];
  return () => heard.splice(0);
}

export const TURNS: readonly Scenario[] = [
  {
    id: 'a turn is one call of the user',
    invariants: ['I7', 'I8'],
    needs: ["today's wasm-bindgen"],
    async run(ground, checks) {
      const { ns, runtime, panic } = ground;
      const turns = hearTurns(ground);
      const one = (what: string, call: () => unknown, expected: readonly string[]): void => {
        thrownBy(call);
        checks.equal('I7', what, () => show(turns()), show(expected));
      };
      one('a number', () => ns.add(1, 2), ['add +']);
      one('a text, for which memory is allocated and freed', () => ns.echo('text'), ['echo +']);
      one('an error that Rust throws on purpose', () => ns.parse_number('none'), ['parse_number +']);
      one('what JavaScript calls in the middle', () => ns.nested(() => ns.echo('within')), ['nested +']);
      const counter = new ns.Counter(1);
      turns();
      one('a method', () => counter.inc(), ['Counter.inc +']);
      one('no turn, for an argument of another class', () => counter.add({} as never), []);
      one('the end of an object', () => counter.free(), ['Counter.free +']);
      const adder = ns.length_adder();
      turns();
      one('a closure', () => adder('text'), ['a closure +']);
      if (panic === 'unwind') one('a panic that was caught', () => ns.fail('panic-message'), ['fail +']);
      const waiting = ns.wait_for(Promise.resolve(1));
      checks.equal('I7', 'an async function, up to its first await', () => turns()[0], 'wait_for +');
      await waiting;
      await runtime.turn();
      const polls = turns();
      checks.that('I7', 'each of its polls', () => (polls.length > 0 && polls.every((turn) => turn.endsWith(' +'))) || show(polls));
      one('an abort', () => ns.fail('abort'), ['fail']);
      one('the next call', () => ns.add(1, 2), ['__wbindgen_start +', 'add +']);
    },
  },
  {
    id: 'what hooks throw reaches no caller',
    invariants: ['I2', 'I7'],
    async run({ ns }, checks) {
      // Plugins stay: the scenarios after this one are to have one that does nothing.
      let breaks = true;
      const refuse = (): void => {
        if (breaks) throw new Error('a hook');
      };
      ns.__revive.use({ name: 'breaks', entered: refuse, committed: refuse });
      await catchLog(() => ns.__revive.reset());
      await catchLog((logged) => {
        checks.equal('I2', 'a call is served', () => ns.echo('text'), 'text');
        checks.equal('I2', 'what they threw is logged', () => logged.length, 2);
      });
      breaks = false;
    },
  },
  {
    id: 'a hook that costs the instance which is being entered',
    invariants: ['I2', 'I3'],
    run({ ns }, checks) {
      let fails = false;
      ns.__revive.use({
        name: 'fails',
        entered() {
          if (!fails) return;
          fails = false;
          thrownBy(() => ns.fail('abort'));
        },
      });
      ns.__revive.reset();
      ns.add(1, 2);
      fails = true;
      checks.throwsCode('I3', 'it is entered no more', () => ns.add(1, 2), 'REVIVE_STALE_HANDLE');
      checks.equal('I2', 'the next call is served', () => ns.add(1, 2), 3);
    },
  },
  {
    id: 'a report is final before anybody sees it',
    invariants: ['I1', 'I7'],
    run({ ns }, checks) {
      const { __revive: control } = ns;
      const seen: string[] = [];
      const isFinal = (report: unknown): boolean => unfrozen(report, 'report').length === 0;
      const note = (who: string) => (report: unknown) => void seen.push(`${who} ${isFinal(report)} ${JSON.stringify(report)}`);
      control.use({ name: 'notes', lost: (_instance, report) => note('lost')(report) });
      control.configure({ maxRestarts: 1, withinMs: 60_000, onFailure: note('onFailure') });
      const stop = control.on('failure', note('listener'));
      const texts = (): string[] => seen.splice(0).map((text) => text.slice(text.indexOf(' ')));
      for (const [what, expected] of [
        ['the first abort', 'fresh'],
        ['one more than are allowed', 'retire'],
      ] as const) {
        const error = thrownBy(() => ns.fail('abort')) as { report: { recovery: string } };
        checks.equal('I1', `${what}: the caller reads what is done`, () => error.report.recovery, expected);
        const all = texts();
        checks.equal('I1', `${what}: everybody hears of it`, () => all.length, 3);
        checks.that(
          'I1',
          `${what}: and reads the same`,
          () => new Set([...all, ` true ${JSON.stringify(error.report)}`]).size === 1 || show(all),
        );
      }
      control.configure({ maxRestarts: Number.POSITIVE_INFINITY, onFailure: undefined });
      control.reset();
      stop();
      for (const kind of ['abort', 'panic-index', 'oom', 'js-exception']) {
        let report: unknown;
        const stopKind = control.on('failure', (told) => {
          report = told;
        });
        thrownBy(() => ns.fail(kind));
        stopKind();
        checks.equal('I1', `${kind}: nobody can change a part of it`, () => unfrozen(report, 'report').join(), '');
      }
    },
  },
  {
    id: 'a plugin that wants a fresh instance after a panic',
    invariants: ['I1', 'I7'],
    needs: ['unwind'],
    run({ ns }, checks) {
      const { __revive: control } = ns;
      let wanted: 'fresh' | undefined = 'fresh';
      control.use({ name: 'policy', failed: () => wanted });
      // The instance in reserve has no such plugin and is given up, and its number with it.
      control.reset();
      ns.bump();
      const { generation } = control;
      const error = thrownBy(() => ns.fail('panic-message')) as { report: { recovery: string } };
      checks.equal('I1', 'a panic after which a fresh instance is wanted', () => error.report.recovery, 'fresh');
      checks.equal('I7', 'is followed by one', () => ns.bump(), 101);
      checks.equal('I7', 'of the next generation', () => control.generation, generation + 1);
      wanted = undefined;
    },
  },
  {
    id: 'a plugin that wants no instance kept after a panic, with frames on the stack',
    invariants: ['I1', 'I2', 'I5', 'I7'],
    needs: ['unwind'],
    async run(ground, checks) {
      const { ns, runtime } = ground;
      const { __revive: control } = ns;
      let wanted: 'fresh' | 'retire' | undefined;
      control.use({ name: 'policy', failed: () => wanted });
      const nestedPanic = (): unknown =>
        ns.nested(() => {
          thrownBy(() => ns.fail('panic-message'));
          return 'the end';
        });
      wanted = 'retire';
      checks.equal('I2', 'the turn ends well', nestedPanic, 'the end');
      wanted = undefined;
      await runtime.turn();
      const refused = thrownBy(() => ns.add(1, 2)) as Error;
      checks.equal('I1', 'where it is retired, a call is refused', () => codeOf(refused), 'REVIVE_CRASH_LOOP');
      checks.equal('I1', 'which says what failed last', () => codeOf(refused.cause), 'REVIVE_INSTANCE_LOST');
      checks.that('I1', "in Rust's words", () => String((refused.cause as Error).message).includes('the message of panic-message'));
      control.reset();
      wanted = 'fresh';
      const { generation } = control;
      nestedPanic();
      wanted = undefined;
      await runtime.turn();
      checks.equal('I7', 'where a fresh one is wanted, it is made', () => control.generation, generation + 1);
      checks.equal('I7', 'and serves', () => ns.bump(), 101);
      // Each may be the last word that its caller gets.
      const { failures, stop } = listen(ground);
      wanted = 'fresh';
      const polled = [1, 2].map(() => new Watched(ns.fail_later_poll('panic-message', Promise.resolve())));
      await until(runtime, () => polled.every(({ state }) => state === 'rejected') && control.state === 'running');
      await runtime.turn();
      wanted = undefined;
      checks.equal('I1', 'of tasks that panic in one turn, each is reported', () => failures.length, 2);
      checks.that('I1', 'and each caller reads its report', () =>
        polled.every(({ value }) => failures.includes((value as { report: Report }).report)),
      );
      checks.equal('I2', 'then, too, a fresh instance serves', () => ns.bump(), 101);
      stop();
      // While it starts, in JavaScript that swallows it.
      globalThis.wasmReviveStart = () => {
        globalThis.wasmReviveStart = undefined;
        wanted = 'fresh';
        thrownBy(() => ns.fail('panic-message'));
        wanted = undefined;
        return '';
      };
      const before = control.generation;
      thrownBy(() => ns.fail('abort'));
      await runtime.turn();
      checks.equal('I7', 'in a start function: it is followed by one that nobody has to call for', () => control.generation, before + 2);
      checks.equal('I7', 'in a start function: which runs', () => control.state, 'running');
    },
  },
];

/** The parts of a report that can be changed, by their paths. */
function unfrozen(part: unknown, path: string): string[] {
  if (typeof part !== 'object' || part === null) return [];
  const within = Object.entries(part).flatMap(([key, value]) => unfrozen(value, `${path}.${key}`));
  return Object.isFrozen(part) ? within : [path, ...within];
}

/** Ways to fail as programs fail, and what is told of each: kind, cause, Rust's words, where. */
import { codeOf, show } from '../checks.ts';
import { ON_STACK, WAYS_TO_FAIL, type WayToFail } from '../corpus.ts';
import type { Report } from '../fixtures.ts';
import type { Ground } from '../row.ts';
import { listen, type Scenario, thrownBy } from './scenario.ts';

const FILE = 'fixtures/src/corpus.rs';

/** One scenario a way, and one that there are no others. */
export const CORPUS: readonly Scenario[] = [
  {
    id: 'ways to fail: the table has them all',
    invariants: ['I1'],
    run({ ns }, checks) {
      const known = WAYS_TO_FAIL.map(({ name }) => name).join();
      checks.equal('I1', 'those of the fixtures', () => [...lines(ns.ways_to_fail()).keys()].join(), known);
    },
  },
  ...WAYS_TO_FAIL.map(
    (way): Scenario => ({
      id: `ways to fail: ${way.name}`,
      invariants: ['I1', 'I2', 'I7'],
      run(ground, checks) {
        const { ns } = ground;
        const line = lines(ns.ways_to_fail()).get(way.name);
        const { failures, stop } = listen(ground);
        const { generation } = ns.__revive;
        const error = thrownBy(() => ns.fail_as(way.name));
        stop();
        const [report] = failures;
        const aborts = isAborted(way, ground);
        checks.equal('I1', 'it is told once', () => failures.length, 1);
        checks.equal('I1', 'the caller gets the code', () => codeOf(error), aborts ? 'REVIVE_ABORT' : 'REVIVE_PANIC');
        checks.equal('I1', 'the kind', () => report?.failure.kind, aborts ? 'aborted' : 'unwound');
        if (aborts) {
          const causes = way.causes ?? ['panic-abort'];
          checks.that('I1', 'the cause', () => causes.includes(report?.failure.cause ?? '') || show(report?.failure));
        }
        const told = toldOf(way, ground);
        if (told !== undefined) {
          const said = report?.failure.panic?.message;
          checks.that('I1', "Rust's words are in the report", () => told.message.test(said ?? '') || show(report?.failure.panic));
          checks.that('I1', 'and in the error', () => (error as Error).message.includes(said ?? '-') || show(error));
        }
        checks.equal('I1', 'the place', () => placeOf(report, line), told?.place ?? 'nowhere');
        checks.equal('I2', 'the next call is served', () => ns.add(1, 2), 3);
        checks.equal('I7', 'by the same instance, unless it aborted', () => ns.__revive.generation === generation, !aborts);
      },
    }),
  ),
];

function isAborted({ message, causes, abortsWhenShown }: WayToFail, ground: Ground): boolean {
  return ground.panic === 'abort' || message === undefined || causes !== undefined || abortsWhenShown === true;
}

/** What is told of a panic; undefined where nothing can be. */
function toldOf(way: WayToFail, ground: Ground): Pick<Required<WayToFail>, 'message' | 'place'> | undefined {
  const { name, message, place, abortsWhenShown } = way;
  if (message === undefined) return undefined;
  if (hasCrates(ground)) {
    if (!isAborted(way, ground)) return { message, place };
    // The hook panics while it asks for the words; what then aborts is on the stack. No hook hears of a panic that is resumed.
    if (abortsWhenShown) return { message, place: 'elsewhere' };
    return place === 'nowhere' ? undefined : { message, place };
  }
  if (!isAborted(way, ground)) return { message, place: 'nowhere' };
  if (NOT_ON_STACK.includes(name)) return undefined;
  // What Rust unwinds with has the words, and not the place.
  if (ground.panic === 'unwind') return { message, place: 'nowhere' };
  const there = place === 'nowhere' ? 'here' : place;
  return { message: ON_STACK.get(name) ?? message, place: there };
}

/** What isn't a message is thrown without one. */
const NOT_ON_STACK: readonly string[] = ['payload of a number', 'payload resumed'];

function hasCrates({ ns }: Ground): boolean {
  return ns.fail_marked !== undefined;
}

function placeOf(report: Report | undefined, line: number | undefined): string {
  const location = report?.failure.panic?.location;
  if (location === undefined) return 'nowhere';
  return location.file.endsWith(FILE) && location.line === line ? 'here' : 'elsewhere';
}

/** Of each way, where it stands. */
function lines(ways: readonly string[]): Map<string, number> {
  return new Map(ways.map((way) => [way.slice(way.indexOf(' ') + 1), Number.parseInt(way, 10)]));
}

/** Ways to fail as programs fail, and what is told of each: kind, cause, Rust's words, where. */
import { codeOf, show } from '../checks.ts';
import { WAYS_TO_FAIL, type WayToFail } from '../corpus.ts';
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
        if (hasWords(way, ground)) {
          const { message } = way;
          checks.that('I1', "Rust's words are in the report", () => message?.test(report?.failure.panic?.message ?? '') || show(report));
          checks.that(
            'I1',
            'and in the error',
            () => (error as Error).message.includes(report?.failure.panic?.message ?? '-') || show(error),
          );
        }
        checks.equal('I1', 'the place', () => placeOf(report, line), hasCrates(ground) && hasWords(way, ground) ? way.place : 'nowhere');
        checks.equal('I2', 'the next call is served', () => ns.add(1, 2), 3);
        checks.equal('I7', 'by the same instance, unless it aborted', () => ns.__revive.generation === generation, !aborts);
      },
    }),
  ),
];

function isAborted({ message, causes, abortsWhenShown }: WayToFail, ground: Ground): boolean {
  return ground.panic === 'abort' || message === undefined || causes !== undefined || (abortsWhenShown === true && hasCrates(ground));
}

/** What a panic said before an abort is known to the crates alone. The one that panics while it is shown can't be. */
function hasWords(way: WayToFail, ground: Ground): boolean {
  const { message, place, abortsWhenShown } = way;
  if (message === undefined) return false;
  if (!isAborted(way, ground)) return true;
  return hasCrates(ground) && !abortsWhenShown && place !== 'nowhere';
}

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

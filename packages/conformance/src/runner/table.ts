/** The rows, as data: the tests list them without running anything, the runner runs them by ID. */
import type { InvariantId } from '../invariants.ts';
import { type Expected, KINDS, type Kind, type PanicMode } from './kinds.ts';
import { type Given, isGiven } from './needs.ts';
import { expectedOn, WAYS, type Way } from './ways.ts';

/** A kind of failure by a way in. */
export interface TableRow {
  /** `abort via closure` */
  readonly id: string;
  readonly invariants: readonly InvariantId[];
  readonly kind: Kind;
  readonly way: Way;
  /** What has to come of it. */
  readonly expected: Expected;
}

const CHECKED: readonly InvariantId[] = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7'];
/** Where the instance is kept nothing becomes stale. */
const CHECKED_KEPT: readonly InvariantId[] = CHECKED.filter((id) => id !== 'I4');

/** Every row that there is for a panic mode, where that much is given. */
export function tableRows(panic: PanicMode, given: Given): TableRow[] {
  const rows: TableRow[] = [];
  for (const way of WAYS) {
    if (!isGiven(given, way)) continue;
    for (const kind of KINDS) {
      // What that is under panic=unwind depends on the version of Rust, and on whether the crates are there: a scenario of its own.
      if (kind.name === 'double-panic' && panic === 'unwind') continue;
      const expected = expectedOn(way, kind, panic);
      if (expected.class === 'foreign' && way.foreign === false) continue;
      // Note: these are told from each other, and from panics, by names and words that the standard library of older Rust doesn't have.
      if (/^(?:oom|abort|unreachable)$/.test(kind.name) && !given.has('newer wasm-bindgen')) continue;
      const name = kind.name === 'none' ? 'no failure' : kind.name;
      rows.push({ id: `${name} via ${way.name}`, invariants: expected.class === 'aborted' ? CHECKED : CHECKED_KEPT, kind, way, expected });
    }
  }
  return rows;
}

/**
 * Some of the rows, for a run that isn't the one of its engine that has them all. The turns that runs take, `turn` 0, 1, 2 …, have each pair of
 * a kind and a way in its turn; each run alone has
 * - each kind that differs from others only in the engine's words by three ways: one whose caller gets an exception, one whose promise is
 *   rejected, one that nobody waits for;
 * - each way with one of the other kinds of each outcome: the instance is lost, kept, or nothing failed.
 */
export function someRows(rows: readonly TableRow[], turn: number): TableRow[] {
  const groups = new Map<string, TableRow[]>();
  for (const row of rows) {
    const { kind, way, expected } = row;
    const key = kind.isNamedByEngine ? `${kind.name}: ${way.told}` : `${way.name}: ${expected.class}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  // Begun at another one in each group, for else the first run would have one kind by all ways.
  const some = new Set([...groups.values()].map((group, n) => group[(turn + n) % group.length]));
  return rows.filter((row) => some.has(row));
}

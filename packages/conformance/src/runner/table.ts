/** The rows, as data: the tests list them without running anything, the runner runs them by ID. */
import type { InvariantId } from '../invariants.ts';
import { KINDS, type Kind, type PanicMode } from './kinds.ts';
import { expectedOn, WAYS, type Way } from './ways.ts';

/** A kind of failure by a way in. */
export interface TableRow {
  /** `abort via closure` */
  readonly id: string;
  readonly invariants: readonly InvariantId[];
  readonly kind: Kind;
  readonly way: Way;
}

const CHECKED: readonly InvariantId[] = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7'];
/** Where the instance is kept nothing becomes stale. */
const CHECKED_KEPT: readonly InvariantId[] = CHECKED.filter((id) => id !== 'I4');

/** Every row that there is for a panic mode, where garbage can be collected on demand or not. */
export function tableRows(panic: PanicMode, gc: boolean): TableRow[] {
  const rows: TableRow[] = [];
  for (const way of WAYS) {
    if (way.needsGc && !gc) continue;
    for (const kind of KINDS) {
      // What that is under panic=unwind depends on the version of Rust, and on whether the crates are there: a scenario of its own.
      if (kind.name === 'double-panic' && panic === 'unwind') continue;
      const expected = expectedOn(way, kind, panic);
      if (expected.class === 'foreign' && way.foreign === false) continue;
      const name = kind.name === 'none' ? 'no failure' : kind.name;
      rows.push({ id: `${name} via ${way.name}`, invariants: expected.class === 'aborted' ? CHECKED : CHECKED_KEPT, kind, way });
    }
  }
  return rows;
}

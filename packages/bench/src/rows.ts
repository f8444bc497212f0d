import type { Fixture } from './fixture.ts';
import { isUntouched, type Variant } from './variants.ts';

/** What is called, again and again. */
export type RowName = 'empty' | 'string' | 'import' | 'handle' | 'method' | 'closure' | 'panic' | 'marked' | 'breadcrumb' | 'unwinding';

/** Calls something of the fixture `count` times. */
export type Loop = (count: number) => void;

interface Row {
  readonly title: string;
  /** Note: every row has a loop of its own, written out. One loop for all of them would share its feedback and inline none. */
  readonly loop: (fixture: Fixture) => Loop;
  /** Where it is measured; everywhere if it doesn't say. */
  readonly in?: (variant: Variant) => boolean;
}

/** Whether a variant has a row. */
export function isMeasured(row: RowName, variant: Variant): boolean {
  return ROWS[row].in?.(variant) ?? true;
}

/** With the crates and without: the second does the same without what the crates add. */
const withAndWithout = (variant: Variant): boolean => variant.glue === 'crates' || (variant.glue === 'revive' && isUntouched(variant));

const TEXT = 'a string of 32 ASCII characters.';

/** What is measured, in the order of the tables. */
export const ROWS: Record<RowName, Row> = {
  empty: {
    title: 'empty export',
    loop({ empty }) {
      return (count) => {
        for (let i = 0; i < count; i++) empty();
      };
    },
  },
  string: {
    title: 'string round trip',
    loop({ echo }) {
      return (count) => {
        let length = 0;
        for (let i = 0; i < count; i++) length += echo(TEXT).length;
        expectEqual(length, count * TEXT.length);
      };
    },
  },
  import: {
    title: 'import, called from Rust',
    loop({ ticks }) {
      // The loop is in Rust: one entry, many calls out of it.
      return (count) => expectEqual(ticks(count), count);
    },
  },
  handle: {
    title: 'create + free a handle',
    loop({ Counter }) {
      return (count) => {
        for (let i = 0; i < count; i++) new Counter(i).free();
      };
    },
  },
  method: {
    title: 'method call',
    loop({ Counter }) {
      const counter = new Counter(0);
      let counted = 0;
      return (count) => {
        let last = counted;
        for (let i = 0; i < count; i++) last = counter.inc();
        counted += count;
        // Rust counts to 2^32.
        expectEqual(last, counted % 2 ** 32);
      };
    },
  },
  closure: {
    title: 'Rust closure, called',
    loop({ increment }) {
      const closure = increment();
      return (count) => {
        let x = 0;
        for (let i = 0; i < count; i++) x = closure(x);
        expectEqual(x, count);
      };
    },
  },
  panic: {
    title: 'panic, caught',
    // Where panics are caught.
    in: (variant) => variant.panic === 'unwind' && variant.glue !== 'bare' && isUntouched(variant),
    loop({ panic }) {
      return (count) => {
        let caught = 0;
        for (let i = 0; i < count; i++) {
          try {
            panic(TEXT);
          } catch {
            caught++;
          }
        }
        expectEqual(caught, count);
      };
    },
  },
  marked: {
    title: 'empty export, with an entry mark',
    in: withAndWithout,
    loop({ empty, marked = empty }) {
      return (count) => {
        for (let i = 0; i < count; i++) marked();
      };
    },
  },
  breadcrumb: {
    title: 'empty export, with a breadcrumb',
    in: withAndWithout,
    loop({ empty, breadcrumb = empty }) {
      return (count) => {
        for (let i = 0; i < count; i++) breadcrumb();
      };
    },
  },
  unwinding: {
    title: 'import that may unwind',
    in: (variant) => variant.panic === 'unwind' && withAndWithout(variant),
    loop({ ticks, unwinding_ticks = ticks }) {
      return (count) => expectEqual(unwinding_ticks(count), count);
    },
  },
};

/** The names of {@link ROWS}. */
export const ROW_NAMES = Object.keys(ROWS) as readonly RowName[];

function expectEqual(found: number, expected: number): void {
  if (found !== expected) throw new Error(`The fixture gave ${found}, not ${expected}.`);
}

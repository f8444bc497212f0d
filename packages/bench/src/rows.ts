import type { Fixture } from './fixture.ts';

/** What is called, again and again. */
export type RowName = 'empty' | 'string' | 'import' | 'handle' | 'method' | 'closure';

/** Calls something of the fixture `count` times. */
export type Loop = (count: number) => void;

interface Row {
  readonly title: string;
  /** Note: every row has a loop of its own, written out. One loop for all of them would share its feedback and inline none. */
  readonly loop: (fixture: Fixture) => Loop;
}

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
};

/** The names of {@link ROWS}. */
export const ROW_NAMES = Object.keys(ROWS) as readonly RowName[];

function expectEqual(found: number, expected: number): void {
  if (found !== expected) throw new Error(`The fixture gave ${found}, not ${expected}.`);
}

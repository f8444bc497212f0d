/** Calls of functions, and of everything that leads to a failure. */
import type { Fixtures } from '../runner/fixtures.ts';
import type { Generation } from './generation.ts';
import type { CALLS, FAIL_WAYS } from './steps.ts';

/** A call that goes well, and what it gives in a generation, which remembers that it was made. @param between called where it is two */
export function innocent(
  ns: Fixtures,
  what: (typeof CALLS)[number],
  between: () => void,
): [run: () => unknown, value: (generation: Generation) => unknown] {
  switch (what) {
    case 'bump':
      return [() => ns.bump(), (generation) => ++generation.count];
    case 'count':
      return [() => ns.count(), ({ count }) => count];
    case 'bump_static':
      return [() => ns.bump_static(), (generation) => ++generation.calls];
    case 'remember':
      return [() => ns.remember('key', 'a note'), ({ notes }) => void notes.set('key', 'a note')];
    case 'recall':
      return [() => ns.recall('key'), ({ notes }) => notes.get('key')];
    case 'notes':
      return [() => ns.notes(), ({ notes }) => notes.size];
    case 'add':
      return [() => ns.add(2, 3), () => 5];
    case 'echo':
      return [() => ns.echo('écho 😀'), () => 'écho 😀'];
    case 'starts':
      return [() => ns.starts(), () => 1];
    case 'tally':
      return [() => ns.Dog.tally(), ({ dogs }) => dogs];
    case 'raise':
      return [
        () => {
          const { made } = ns.Animal;
          between();
          ns.Animal.made = made + 2;
        },
        (generation) => {
          generation.dogs += 2;
        },
      ];
  }
}

/** Ways into a failure: each is armed, which goes well, and then fired. */
export function failingWays(ns: Fixtures): Record<(typeof FAIL_WAYS)[number], (kind: string) => () => unknown> {
  return {
    fail: (kind) => () => ns.fail(kind),
    static: (kind) => () => ns.Faller.fail_static(kind),
    constructor: (kind) => () => new ns.Faller(kind),
    method: (kind) => {
      const faller = new ns.Faller('none');
      return () => faller.fail(kind);
    },
    'method-mut': (kind) => {
      const faller = new ns.Faller('none');
      return () => faller.fail_mut(kind);
    },
    'by-value': (kind) => {
      const faller = new ns.Faller('none');
      return () => faller.fail_by_value(kind);
    },
    getter: (kind) => {
      const faller = ns.Faller.armed(kind);
      return () => faller.trouble;
    },
    setter: (kind) => {
      const faller = new ns.Faller('none');
      return () => {
        faller.trouble = kind;
      };
    },
    once: (kind) => {
      const closure = ns.failing_once();
      return () => closure(kind);
    },
    drop: (kind) => {
      const bomb = new ns.DropBomb(kind);
      return () => bomb.free();
    },
  };
}

import type { ThrownKind } from './steps.ts';

const SAME = { everySame: true };

/** What the program throws. All but the two kinds of errors, made anew each time, are equal to those thrown before. */
export function makeThrown(kind: ThrownKind): unknown {
  switch (kind) {
    case 'error':
      return new Error('thrown by the program');
    case 'range-error':
      // As V8 says it of a full stack.
      return new RangeError('Maximum call stack size exceeded');
    case 'same-object':
      return SAME;
    case 'frozen':
      return Object.freeze(new Error('thrown by the program, frozen'));
    case 'text':
      return 'thrown by the program';
    case 'number':
      return 7;
    case 'undefined':
      return undefined;
    case 'null':
      return null;
  }
}

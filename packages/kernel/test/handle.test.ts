import { expect, it } from 'vitest';
import { LAST_GENERATION, pointerBase, spaceOf } from '../src/index.js';

it.each([0, 1, LAST_GENERATION - 1, -1, -2, -LAST_GENERATION])('I4: tells every address of space %d from every other', (space) => {
  const base = pointerBase(space);
  const last = base + 2 ** 32 - 1;
  expect([spaceOf(base + 1), spaceOf(last)]).toEqual([space, space]);
  expect([Number.isSafeInteger(base + 1), Number.isSafeInteger(last), (base + 12) | 0]).toEqual([true, true, 12]);
});

it('I4, I9: refuses a space whose pointers would not be exact', () => {
  for (const space of [LAST_GENERATION, 2 ** 24, 2 ** 40, -LAST_GENERATION - 1]) {
    expect(() => pointerBase(space)).toThrow(
      expect.objectContaining({ code: 'REVIVE_CRASH_LOOP', retryable: false, message: expect.stringContaining('Load the program again') }),
    );
  }
});

it('finds none for what points nowhere', () => {
  expect([0, Number.NaN, undefined, '1', 1n].map(spaceOf)).toEqual([undefined, undefined, undefined, undefined, undefined]);
});

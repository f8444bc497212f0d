import { expect, it } from 'vitest';
import { LAST_GENERATION, pointerBase, pointerGeneration } from '../src/index.js';

it('I4: tells every address of the last generation from every other', () => {
  const base = pointerBase(LAST_GENERATION);
  const last = base + 2 ** 32 - 1;
  expect(Number.isSafeInteger(last)).toBe(true);
  expect([pointerGeneration(base + 1), pointerGeneration(last)]).toEqual([LAST_GENERATION, LAST_GENERATION]);
});

it('I4, I9: refuses a generation whose pointers would not be exact', () => {
  for (const generation of [LAST_GENERATION + 1, 2 ** 24 + 1, 2 ** 40]) {
    expect(() => pointerBase(generation)).toThrow(
      expect.objectContaining({ code: 'REVIVE_CRASH_LOOP', retryable: false, message: expect.stringContaining('Load the program again') }),
    );
  }
});

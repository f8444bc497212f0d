import { expect, it } from 'vitest';
import { baseOf, LAST_GENERATION, pointerBase, siblingBase } from '../src/index.js';

it('I4: tells every address of the last generation from every other', () => {
  const base = pointerBase(LAST_GENERATION);
  const last = base + 2 ** 32 - 1;
  expect(Number.isSafeInteger(last)).toBe(true);
  expect([baseOf(base + 1), baseOf(last)]).toEqual([base, base]);
});

it('I4, I9: refuses a generation whose pointers would not be exact', () => {
  for (const generation of [LAST_GENERATION + 1, 2 ** 24 + 1, 2 ** 40]) {
    expect(() => pointerBase(generation)).toThrow(
      expect.objectContaining({ code: 'REVIVE_CRASH_LOOP', retryable: false, message: expect.stringContaining('Load the program again') }),
    );
  }
});

it('I4: siblings have pointers of their own, below zero, as exact as the others', () => {
  for (const number of [1, 2, LAST_GENERATION]) {
    const base = siblingBase(number);
    const last = base + 2 ** 32 - 1;
    expect(last).toBeLessThan(0);
    expect([baseOf(base + 1), baseOf(last), Number.isSafeInteger(base + 1)]).toEqual([base, base, true]);
  }
  expect(() => siblingBase(LAST_GENERATION + 1)).toThrow(expect.objectContaining({ code: 'REVIVE_CRASH_LOOP' }));
  expect([baseOf(0), baseOf(Number.NaN), baseOf('1')]).toEqual([undefined, undefined, undefined]);
});

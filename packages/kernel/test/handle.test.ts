import { expect, it } from 'vitest';
import { SPACES } from '../src/contract/handle.js';
import { pointerBase, spaceOf } from '../src/index.js';

it.each([0, 1, SPACES - 1, -1, -2, -SPACES])('I4: tells every address of space %d from every other', (space) => {
  const base = pointerBase(space);
  const last = base + 2 ** 32 - 1;
  expect([spaceOf(base + 1), spaceOf(last)]).toEqual([space, space]);
  expect([Number.isSafeInteger(base + 1), Number.isSafeInteger(last), (base + 12) | 0]).toEqual([true, true, 12]);
});

it('finds none for what points nowhere', () => {
  expect([0, Number.NaN, undefined, '1', 1n].map(spaceOf)).toEqual([undefined, undefined, undefined, undefined, undefined]);
});

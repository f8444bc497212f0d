import { describe, expect, test } from 'vitest';
import { median, quantile, spread } from '../src/statistics.ts';

describe('quantile', () => {
  test('lies between its neighbours', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([1, 2, 3, 4, 5], 0.25)).toBe(2);
    expect(quantile([10, 20], 0.99)).toBeCloseTo(19.9);
    expect(quantile([7], 0.99)).toBe(7);
  });

  test('of nothing is not a number', () => {
    expect(quantile([], 0.5)).toBeNaN();
  });
});

test('a spread is what it says', () => {
  expect(spread([1, 2, 3, 4, 5])).toEqual({ median: 3, p25: 2, p75: 4 });
  expect(median([5, 1, 3])).toBe(3);
});

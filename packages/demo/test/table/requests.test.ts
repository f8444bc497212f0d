import { describe, expect, test } from 'vitest';
import { POISONS } from '../../src/table/poison.ts';
import { makeRequests } from '../../src/table/requests.ts';

describe('the requests', () => {
  test('are the same for the same seed, and others for another', () => {
    expect(makeRequests(7, 200)).toEqual(makeRequests(7, 200));
    expect(makeRequests(7, 200)).not.toEqual(makeRequests(8, 200));
  });

  test('begin alike, however many there are', () => {
    expect(makeRequests(7, 300).slice(0, 100)).toEqual(makeRequests(7, 100));
  });

  test.each([1, 2, 3])('contain every poison and about a tenth of poison in all (seed %i)', (seed) => {
    const poisons = makeRequests(seed, 600).flatMap(({ poison }) => poison ?? []);
    expect(new Set(poisons)).toEqual(new Set(Object.keys(POISONS)));
    expect(poisons.length).toBeGreaterThan(35);
    expect(poisons.length).toBeLessThan(90);
  });

  test('of every kind occur among the good ones, but the ones that only poison does', () => {
    const kinds = new Set(makeRequests(1, 600).flatMap(({ work, poison }) => (poison ? [] : work.kind)));
    expect(kinds).not.toContain('transfer');
    expect(kinds).not.toContain('button');
    expect(kinds.size).toBe(15);
  });

  test('have formulas that are worth what they say they are', () => {
    const formulas = makeRequests(3, 600).flatMap(({ work, known }) =>
      work.kind === 'evaluate' && known !== undefined ? [[work.formula, known] as const] : [],
    );
    expect(formulas.length).toBeGreaterThan(20);
    for (const [formula, known] of formulas) {
      // Exact in doubles: few factors below ten.
      const value = new Function(`return ${formula}`)() as number;
      if (Number.isSafeInteger(value)) expect(String(value | 0), formula).toBe(known);
    }
  });

  test('have good articles that can be cut anywhere', () => {
    for (const { work, poison } of makeRequests(5, 600)) {
      if (poison !== undefined) continue;
      if (work.kind === 'excerpt') expect(work.source).toMatch(/^[\x20-\x7e\n]*$/);
      if (work.kind === 'publish') expect(work.body).toMatch(/^[\x20-\x7e\n]*$/);
    }
  });
});

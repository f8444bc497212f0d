import { beforeEach, describe, expect, test } from 'vitest';
import { UNKNOWN_SESSION } from '../../src/table/ask.ts';
import { StateModel } from '../../src/table/state-model.ts';

const RIGHT = { right: true, lost: 0 };
const WRONG = { right: false, lost: 0 };
const add = (amount: number) => ({ kind: 'add', id: 'a', amount }) as const;
const VISIT = { kind: 'visit' } as const;
const audit = (line: string) => ({ kind: 'audit', line }) as const;
const review = (count: number) => ({ kind: 'review', count, visitor: 'reads' }) as const;

let model: StateModel;
beforeEach(() => {
  model = new StateModel();
});

describe('sessions', () => {
  test('must have the balance that was acknowledged', () => {
    expect(model.check({ kind: 'open', id: 'a' }, 'opened')).toEqual(RIGHT);
    expect(model.check(add(5), '5')).toEqual(RIGHT);
    expect(model.check(add(5), '11')).toEqual(WRONG);
  });

  test('that are gone are lost with every write to them, once', () => {
    model.check({ kind: 'open', id: 'a' }, 'opened');
    model.check(add(5), '5');
    expect(model.check(add(1), UNKNOWN_SESSION)).toEqual({ right: true, lost: 2 });
    expect(model.check(add(1), UNKNOWN_SESSION)).toEqual(RIGHT);
    expect(model.acknowledged).toBe(2);
  });

  test('that never were are rightly unknown', () => {
    expect(model.check(add(1), UNKNOWN_SESSION)).toEqual(RIGHT);
    expect(model.check(add(1), '1')).toEqual(WRONG);
  });
});

describe('the counter', () => {
  test('counts on, or begins anew, which loses what was counted', () => {
    expect([1, 2, 3].map((count) => model.check(VISIT, String(count)))).toEqual([RIGHT, RIGHT, RIGHT]);
    expect(model.check(VISIT, '1')).toEqual({ right: true, lost: 3 });
    expect(model.check(VISIT, '2')).toEqual(RIGHT);
  });

  test('anything else is wrong', () => {
    model.check(VISIT, '1');
    expect(model.check(VISIT, '7')).toEqual(WRONG);
  });
});

describe('the audit log', () => {
  test('shows its last lines, newest first', () => {
    model.check(audit('one'), '1');
    model.check(audit('two'), '2');
    expect(model.check(review(1), '2 lines\ntwo')).toEqual(RIGHT);
    expect(model.check(review(9), '2 lines\ntwo\none')).toEqual(RIGHT);
    expect(model.check(review(9), '2 lines\none\ntwo')).toEqual(WRONG);
  });

  test('is lost whole', () => {
    model.check(audit('one'), '1');
    expect(model.check(review(1), '0 lines')).toEqual({ right: true, lost: 1 });
    model.check(audit('two'), '1');
    expect(model.check(audit('three'), '1')).toEqual({ right: true, lost: 1 });
  });
});

test('the inventory asks for everything, and knows what stands behind it', () => {
  model.check({ kind: 'open', id: 'a' }, 'opened');
  model.check(add(5), '5');
  model.check(VISIT, '1');
  model.check(audit('one'), '1');
  const inventory = model.inventory();
  expect(inventory.map((work) => [work.kind, model.writesBehind(work)])).toEqual([
    ['balance', 2],
    ['review', 1],
    ['visit', 1],
  ]);
});

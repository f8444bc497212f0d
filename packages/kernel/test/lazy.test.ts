import { describe, expect, it } from 'vitest';
import { lazyProperty } from '../src/report/lazy.js';

const counted = (): { record: { a: number; readonly b: number[] }; times: () => number } => {
  let times = 0;
  const withB = lazyProperty('b', (first: number) => {
    times++;
    return [first, 3];
  });
  return { record: withB({ a: 1 }, 2), times: () => times };
};

describe('a property that is worked out when it is read', () => {
  it('is not before', () => {
    expect(counted().times()).toBe(0);
  });

  it('is once', () => {
    const { record, times } = counted();
    expect(record.b).toBe(record.b);
    expect(times()).toBe(1);
  });

  it('is in JSON, in a structured clone and in a copy', () => {
    const plain = { a: 1, b: [2, 3] };
    expect(JSON.parse(JSON.stringify(counted().record))).toEqual(plain);
    expect(structuredClone(counted().record)).toEqual(plain);
    expect({ ...counted().record }).toEqual(plain);
  });
});

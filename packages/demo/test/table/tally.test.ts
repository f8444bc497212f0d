import { describe, expect, test } from 'vitest';
import type { Settled } from '../../src/table/messages.ts';
import type { Request } from '../../src/table/requests.ts';
import { percentile, shortcomings, tally } from '../../src/table/tally.ts';

const VARIANT = { recovery: 'revive', panic: 'abort' } as const;
const REQUESTS: Request[] = [0, 1, 2, 3].map((index) => ({ index, work: { kind: 'visit' } }));
const POISONED: Request[] = [...REQUESTS, { index: 4, work: { kind: 'button', button: 'abort' }, poison: 'abort button' }];

function settled(index: number, verdict: Settled['verdict'], more: Partial<Settled> = {}): Settled {
  return { index, verdict, ms: index + 1, attempts: 1, lostWrites: 0, acknowledged: index + 1, ...more };
}

describe('percentile', () => {
  test('is the nearest rank', () => {
    const values = [15, 20, 35, 40, 50];
    expect([0, 30, 40, 50, 100].map((percent) => percentile(values, percent))).toEqual([15, 20, 20, 35, 50]);
  });

  test('is nothing of nothing', () => {
    expect(percentile([], 50)).toBeUndefined();
  });
});

describe('tally', () => {
  test('counts each verdict, and the latency of what was served', () => {
    const heard = {
      settled: [
        settled(0, 'served'),
        settled(1, 'collateral', { ms: 999 }),
        settled(2, 'served', { attempts: 2, lostWrites: 2 }),
        settled(3, 'hung'),
        settled(4, 'failed'),
      ],
      uncaught: [{ error: { name: 'Error', message: 'nobody' }, after: 3 }],
      end: { recoveries: 1, lostAtEnd: 1 },
    };
    expect(tally(VARIANT, POISONED, heard)).toEqual({
      host: 'Node.js',
      variant: VARIANT,
      served: 2,
      failed: 1,
      collateral: 1,
      withInstance: 0,
      masked: 0,
      hung: 1,
      resent: 1,
      lostWrites: 3,
      acknowledged: 5,
      recoveries: 1,
      p50: 1,
      p99: 3,
      uncaught: 1,
      firstUncaught: 3,
      died: undefined,
    });
  });

  test('of a process that died: all it had not answered failed, and all it had acknowledged is gone', () => {
    const row = tally(VARIANT, POISONED, { settled: [settled(0, 'served'), settled(1, 'served')], uncaught: [], died: 'a trap' });
    expect(row).toMatchObject({ served: 2, collateral: 2, failed: 1, lostWrites: 2, acknowledged: 2, died: 'a trap' });
  });
});

describe('shortcomings', () => {
  const good = tally(VARIANT, REQUESTS, {
    settled: REQUESTS.map(({ index }) => settled(index, 'served')),
    uncaught: [],
    end: { recoveries: 0, lostAtEnd: 0 },
  });

  test('there are none when all was served', () => {
    expect(shortcomings(good)).toEqual([]);
  });

  test('lost state is none: the table shows it', () => {
    expect(shortcomings({ ...good, lostWrites: 4 })).toEqual([]);
  });

  test.each(['collateral', 'hung', 'masked', 'uncaught'] as const)('%s is one', (what) => {
    expect(shortcomings({ ...good, [what]: 1 })).toHaveLength(1);
  });

  test('a dead process is one', () => {
    expect(shortcomings({ ...good, died: 'exit code 1' })).toHaveLength(1);
  });

  test('on workerd, requests that fail with their instance are one with rollback alone', () => {
    const row = { ...good, host: 'workerd', withInstance: 2 } as const;
    expect(shortcomings(row)).toEqual([]);
    expect(shortcomings({ ...row, variant: { recovery: 'rollback', panic: 'abort' } })).toHaveLength(1);
  });
});

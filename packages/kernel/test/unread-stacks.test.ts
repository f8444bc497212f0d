/** Errors that a program keeps hold no memory of a lost instance (I6), and to see to that costs a panic nothing. */
import { describe, expect, it } from 'vitest';
import { UnreadStacks } from '../src/report/unread-stacks.js';

/** An error that counts how often its stack is read. */
function counting(): { error: object; reads: () => number } {
  let reads = 0;
  const error = {
    get stack() {
      reads++;
      return '';
    },
  };
  return { error, reads: () => reads };
}

describe('errors with unread stacks', () => {
  it('I6: are read off the path of whoever says so, in the job that made them and in later ones', async () => {
    const unread = new UnreadStacks();
    const earlier = counting();
    unread.add(earlier.error);
    await undefined;
    const now = counting();
    unread.add(now.error);
    unread.readSoon();
    expect([earlier.reads(), now.reads()]).toEqual([0, 0]);
    await undefined;
    await undefined;
    expect([earlier.reads(), now.reads()]).toEqual([1, 1]);
  });

  it('I6: one whose reading makes another is read, and so is the other', async () => {
    const unread = new UnreadStacks();
    const second = counting();
    let asked = 0;
    const first = {
      get stack() {
        if (asked++ === 0) unread.add(second.error);
        return '';
      },
    };
    unread.add(first);
    unread.readSoon();
    for (let n = 0; n < 5; n++) await undefined;
    unread.readSoon();
    for (let n = 0; n < 5; n++) await undefined;
    expect([asked, second.reads()]).toEqual([1, 1]);
  });

  it('I8: a loop of them reads none', async () => {
    const unread = new UnreadStacks();
    const all = Array.from({ length: 10_000 }, counting);
    for (const { error } of all) unread.add(error);
    await undefined;
    expect(all.every(({ reads }) => reads() === 0)).toBe(true);
    // Those of the end are remembered.
    unread.readSoon();
    await undefined;
    expect(all.slice(-1_024).every(({ reads }) => reads() === 1)).toBe(true);
  });

  it('I6: of many that a program keeps, job after job, the older ones are read', async () => {
    const unread = new UnreadStacks();
    const all = Array.from({ length: 5_000 }, counting);
    for (const { error } of all) {
      unread.add(error);
      await undefined;
    }
    unread.readSoon();
    await undefined;
    expect(all.every(({ reads }) => reads() === 1)).toBe(true);
  });
});

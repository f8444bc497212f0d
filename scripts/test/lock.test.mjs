import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { withLock } from '../lib/lock.mjs';
import { checkout } from './checkout.mjs';

test('one at a time, and the lock is gone afterwards', async () => {
  const file = path.join(checkout({}), 'lock');
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await sleep(20);
    inside--;
  };
  await Promise.all([withLock(file, work), withLock(file, work), withLock(file, work)]);
  expect(most).toBe(1);
  expect(fs.existsSync(file)).toBe(false);
});

test('a lock is given back when the work fails', async () => {
  const file = path.join(checkout({}), 'lock');
  await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(fs.existsSync(file)).toBe(false);
});

test('the lock of a process that has died is taken over', async () => {
  // Larger than any process id that Linux, macOS or Windows gives out.
  const folder = checkout({ lock: '99999999' });
  await expect(withLock(path.join(folder, 'lock'), async () => 'done')).resolves.toBe('done');
});

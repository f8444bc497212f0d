import { expect, test } from 'vitest';
import { Window } from '../../src/table/window.ts';

/** What has been admitted, in order. */
function watch() {
  const inside: string[] = [];
  const wait = (name: string, place: Promise<void>): void => void place.then(() => inside.push(name));
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { inside, wait, settle };
}

test('lets so many in, and the next when one leaves', async () => {
  const { inside, wait, settle } = watch();
  const window = new Window(2);
  for (const name of ['a', 'b', 'c', 'd']) wait(name, window.enter());
  await settle();
  expect(inside).toEqual(['a', 'b']);
  window.leave();
  await settle();
  expect(inside).toEqual(['a', 'b', 'c']);
});

test('who wants to be alone is next, waits for all to leave, and nobody comes in meanwhile', async () => {
  const { inside, wait, settle } = watch();
  const window = new Window(2);
  for (const name of ['a', 'b', 'c']) wait(name, window.enter());
  wait('alone', window.enterAlone());
  window.leave();
  await settle();
  expect(inside).toEqual(['a', 'b']);
  window.leave();
  await settle();
  expect(inside).toEqual(['a', 'b', 'alone']);
  window.leave();
  await settle();
  expect(inside).toEqual(['a', 'b', 'alone', 'c']);
});

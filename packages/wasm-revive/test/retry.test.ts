/** Calls that are run again, on the real output of the transform: `configure({ retry })`. */
import type { ReviveError } from '@wasm-revive/kernel';
import { afterEach, describe, expect, it } from 'vitest';
import { load, never, type Package, removeFolders, thrown } from './fixtures.js';

afterEach(removeFolders);

/** The fixtures, of which some calls are run again, and what is told meanwhile. */
function loadRepeating(idempotent: string[], attempts?: number, panic: 'abort' | 'unwind' = 'abort') {
  const pkg = load(panic);
  pkg.__revive.configure({ retry: { idempotent, ...(attempts !== undefined && { attempts }) } });
  const told: string[] = [];
  pkg.__revive.on('failure', (report) => void told.push(`failure in ${report.entrypoint}`));
  pkg.__revive.on('retried', ({ entrypoint, attempt, error }) => void told.push(`${entrypoint}, attempt ${attempt}, after ${error.code}`));
  return { pkg, told };
}

/** What a promise is rejected with. */
async function rejection(promise: Promise<unknown>): Promise<ReviveError> {
  try {
    await promise;
  } catch (error) {
    return error as ReviveError;
  }
  throw new Error('It was not rejected.');
}

/** A promise that is resolved from outside. */
function later<T>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let resolve = (_: T): void => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const abort = (pkg: Package): unknown => thrown(() => pkg.fail('abort'));

describe('a call that is run again', () => {
  it('I1: gives what the next instance gives, in the same call', () => {
    const { pkg, told } = loadRepeating(['nested_catching']);
    pkg.bump();
    let runs = 0;
    const result = pkg.nested_catching(() => {
      if (++runs === 1) pkg.fail('abort');
      return `run ${runs}, count ${pkg.count()}`;
    });
    expect(result).toBe('run 2, count 100');
    expect(told).toEqual(['failure in fail', 'nested_catching, attempt 1, after REVIVE_ABORT']);
  });

  it('I2: is run again once, however many attempts there may be, where it fails by itself', () => {
    const { pkg, told } = loadRepeating(['fail', 'Faller.fail_static'], 5);
    expect(abort(pkg)).toMatchObject({ code: 'REVIVE_ABORT', report: { entrypoint: 'fail' } });
    expect(told).toEqual(['failure in fail', 'fail, attempt 1, after REVIVE_ABORT', 'failure in fail']);
    expect(thrown(() => pkg.Faller.fail_static('abort'))).toMatchObject({ code: 'REVIVE_ABORT' });
    expect(told.length).toBe(6);
    expect(pkg.add(1, 2)).toBe(3);
  });

  it('I5: settles its promise with what a later attempt gives, where others have cost it its instance', async () => {
    const { pkg, told } = loadRepeating(['wait_for'], 3);
    const { promise, resolve } = later<string>();
    const call = pkg.wait_for(promise);
    for (let n = 0; n < 3; n++) {
      abort(pkg);
      await new Promise((done) => setImmediate(done));
    }
    resolve('there');
    expect(await call).toBe('there');
    expect(told.filter((line) => line.startsWith('wait_for'))).toEqual(
      [1, 2, 3].map((n) => `wait_for, attempt ${n}, after REVIVE_INSTANCE_LOST`),
    );
  });

  it('I1: says that it may be repeated, where there are no more attempts; another call’s error does not', async () => {
    const { pkg } = loadRepeating(['wait_for'], 0);
    const calls = [pkg.wait_for(never()), pkg.promise_of(never())].map(rejection);
    abort(pkg);
    expect((await Promise.all(calls)).map(({ code, retryable }) => [code, retryable])).toEqual([
      ['REVIVE_INSTANCE_LOST', true],
      ['REVIVE_INSTANCE_LOST', false],
    ]);
  });

  it('I2: is run again once where the event loop has failed: which call that was, nobody knows', async () => {
    const { pkg, told } = loadRepeating(['wait_for', 'fail_later_poll'], 5);
    const [innocent, poison] = [rejection(pkg.wait_for(never())), rejection(pkg.fail_later_poll('abort', Promise.resolve()))];
    expect([(await innocent).code, (await poison).code]).toEqual(['REVIVE_INSTANCE_LOST', 'REVIVE_INSTANCE_LOST']);
    expect(told.filter((line) => line.startsWith('failure')).length).toBe(2);
    // Alone in flight, it is the one that failed.
    expect(await rejection(pkg.fail_later_poll('abort', Promise.resolve()))).toMatchObject({ code: 'REVIVE_ABORT' });
    expect(told.filter((line) => line.startsWith('failure')).length).toBe(4);
  });

  it('I2: by a reset too, and goes to another instance of a pool', async () => {
    const { pkg } = loadRepeating(['wait_for']);
    const { promise, resolve } = later<number>();
    const calls = [pkg.wait_for(promise), pkg.wait_for(promise)];
    pkg.__revive.reset();
    await undefined;
    pkg.__revive.configure({ pool: { max: 2 } });
    resolve(1);
    expect(await Promise.all(calls)).toEqual([1, 1]);
    const owed = pkg.wait_for(never());
    owed.catch(() => {});
    pkg.bump();
    const counts: number[] = [];
    pkg.__revive.configure({ retry: { idempotent: ['nested_catching'] } });
    pkg.nested_catching(() => {
      counts.push(pkg.bump());
      if (counts.length === 1) pkg.fail('abort');
    });
    expect(counts).toEqual([102, 101]);
  });

  it('I4: is not run again where it was given an object of the instance that is gone', async () => {
    const { pkg, told } = loadRepeating(['wait_for']);
    // biome-ignore lint/suspicious/noThenProperty: Rust waits for it.
    const handle = Object.assign(new pkg.Counter(1), { then: () => never() });
    const call = rejection(pkg.wait_for(handle as never));
    await new Promise((done) => setImmediate(done));
    abort(pkg);
    expect(await call).toMatchObject({ code: 'REVIVE_INSTANCE_LOST', retryable: false });
    expect(told).toEqual(['failure in fail']);
  });

  it('I4: is not run again where what it was given is consumed', async () => {
    const { pkg, told } = loadRepeating(['wait_for']);
    const stream = Object.assign(never(), { locked: false });
    const call = rejection(pkg.wait_for(stream));
    stream.locked = true;
    abort(pkg);
    expect(await call).toMatchObject({ code: 'REVIVE_INSTANCE_LOST', retryable: false });
    expect(told).toEqual(['failure in fail']);
  });

  it('I1: gets its own error where the breaker refuses another attempt, which says so', async () => {
    const { pkg } = loadRepeating(['fail', 'wait_for']);
    pkg.__revive.configure({ maxRestarts: 0 });
    const call = rejection(pkg.wait_for(never()));
    const error = abort(pkg) as ReviveError;
    expect(error).toMatchObject({ code: 'REVIVE_ABORT', report: { entrypoint: 'fail' }, cause: { code: 'REVIVE_CRASH_LOOP' } });
    expect(error.message).toMatch(/^Rust aborted in fail: .* It was not run again: .* failed too often/);
    expect((error.cause as ReviveError).cause).toMatchObject({ code: 'REVIVE_ABORT' });
    expect(await call).toMatchObject({ code: 'REVIVE_INSTANCE_LOST', retryable: true, cause: { code: 'REVIVE_CRASH_LOOP' } });
  });

  it('I2: of a sibling goes to the next instance of its key', async () => {
    const { pkg, told } = loadRepeating(['wait_for', 'nested_catching']);
    const [a, b] = [pkg.__revive.instance('a'), pkg.__revive.instance('b')];
    const where: unknown[] = [];
    pkg.__revive.on('retried', ({ instance }) => void where.push(instance));
    const { promise, resolve } = later<number>();
    const calls = [a.wait_for(promise), b.wait_for(promise)];
    a.bump();
    expect(thrown(() => a.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT', report: { callsLost: 1 } });
    await undefined;
    resolve(1);
    expect(await Promise.all(calls)).toEqual([1, 1]);
    let runs = 0;
    a.nested_catching(() => ++runs === 1 && a.fail('abort'));
    expect([runs, a.count(), a.add(1, 2), where]).toEqual([2, 100, 3, ['a', 'a']]);
    expect(told).toEqual([
      'failure in fail',
      'wait_for, attempt 1, after REVIVE_INSTANCE_LOST',
      'failure in fail',
      'nested_catching, attempt 1, after REVIVE_ABORT',
    ]);
    pkg.__revive.configure({ retry: undefined });
    const lost = rejection(a.wait_for(never()));
    expect(thrown(() => a.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT' });
    expect(await lost).toMatchObject({ code: 'REVIVE_INSTANCE_LOST', retryable: false });
    // Also where its instance was there before.
    expect([a.bump(), a.bump()]).toEqual([101, 102]);
    pkg.__revive.configure({ retry: { idempotent: ['wait_for'] } });
    const again = a.wait_for(Promise.resolve(2));
    expect(thrown(() => a.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT' });
    expect(await again).toBe(2);
  });

  it('I2: is none whose promise was only passed on, and is rejected with the loss of another instance', async () => {
    const { pkg, told } = loadRepeating(['same']);
    const call = rejection(pkg.same(pkg.__revive.instance('a').wait_for(never())) as Promise<unknown>);
    abort(pkg);
    thrown(() => pkg.__revive.instance('a').fail('abort'));
    expect(await call).toMatchObject({ code: 'REVIVE_INSTANCE_LOST', retryable: false });
    expect(told).toEqual(['failure in fail', 'failure in fail']);
  });

  it('I2: is one that was in flight when another panicked, where a plugin wants a fresh instance for that', async () => {
    const { pkg, told } = loadRepeating(['wait_for', 'fail'], 1, 'unwind');
    pkg.__revive.use({ name: 'fresh', failed: () => 'fresh' });
    const { promise, resolve } = later<number>();
    const call = pkg.wait_for(promise);
    expect(thrown(() => pkg.fail('panic-message'))).toMatchObject({ code: 'REVIVE_PANIC' });
    resolve(1);
    expect(await call).toBe(1);
    expect(told).toEqual(['failure in fail', 'wait_for, attempt 1, after REVIVE_INSTANCE_LOST']);
  });

  it('I2: is not blamed for a panic that its instance has lived on after', async () => {
    const { pkg } = loadRepeating(['wait_for'], 3, 'unwind');
    expect(await rejection(pkg.fail_first_poll('panic-message'))).toMatchObject({ code: 'REVIVE_PANIC' });
    const { promise, resolve } = later<number>();
    const call = pkg.wait_for(promise);
    pkg.__revive.reset();
    await new Promise((done) => setImmediate(done));
    expect(await rejection(pkg.fail_first_poll('panic-message'))).toMatchObject({ code: 'REVIVE_PANIC' });
    pkg.__revive.reset();
    await new Promise((done) => setImmediate(done));
    resolve(1);
    expect(await call).toBe(1);
  });

  it('I7: is none that only panicked, or threw on purpose', async () => {
    const { pkg, told } = loadRepeating(['fail', 'throw_text', 'reject'], 5, 'unwind');
    expect(thrown(() => pkg.fail('panic-message'))).toMatchObject({ code: 'REVIVE_PANIC' });
    expect(thrown(() => pkg.throw_text('no'))).toMatchObject({ message: 'no' });
    expect((await rejection(pkg.reject('no'))).message).toBe('no');
    expect(told).toEqual(['failure in fail']);
  });
});

it('I9: refuses names that there are not, methods, and what is no number of attempts', () => {
  const pkg = load();
  const refuse = (retry: unknown): string => (thrown(() => pkg.__revive.configure({ retry } as never)) as Error).message;
  expect(refuse(true)).toBe('wasm-revive: retry has to be an object { idempotent, attempts }, idempotent being an array, not true.');
  expect(refuse({ idempotent: 'add' })).toContain('retry has to be an object { idempotent, attempts }, idempotent being an array');
  expect(refuse({ idempotent: ['add', 7] })).toContain('retry.idempotent has to be an array of names');
  expect(refuse({ idempotent: [], times: 3 })).toContain('there is no option "retry.times"');
  for (const attempts of [-1, 1.5, '1', Number.NaN])
    expect(refuse({ idempotent: [], attempts })).toContain('retry.attempts has to be a whole number from 0');
  expect(refuse({ idempotent: ['add', 'waitFor'] })).toBe(
    'wasm-revive: retry.idempotent has "waitFor", which the module does not export. Did you mean "wait_for"?',
  );
  expect(refuse({ idempotent: ['Conter.of'] })).toContain('Did you mean "Counter.of"');
  expect(refuse({ idempotent: ['Counter'] })).toContain('"new Counter"');
  expect(refuse({ idempotent: ['xyzzy'] })).toMatch(/does not export\.$/);
  expect(refuse({ idempotent: ['Counter.inc'] })).toContain('"Counter.inc", which is a method: its object is lost with the instance');
  pkg.__revive.configure({ retry: { idempotent: ['add', 'new Counter', 'Counter.of', 'Animal.tally'] } });
  pkg.__revive.configure({ retry: undefined });
  expect(abort(pkg)).toMatchObject({ code: 'REVIVE_ABORT' });
});

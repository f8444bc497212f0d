/** Calls that have crashed are kept out, on the real output of the transform. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { type Capsule, type Crashed, decodeArguments, type QuarantineOptions, quarantine, type ReviveError, shim } from '../src/index.js';
import { type Package as Fixtures, folder, load, RUNTIME, removeFolders, thrown, transformed, wasmFileOf } from './fixtures.js';

interface Package extends Omit<Fixtures, 'Faller' | 'fail'> {
  readonly Faller: {
    new (kind: string): { calls(): number; fail(kind: string): void };
    armed(kind: string): unknown;
    fail_static(kind: string): void;
  };
  bump_static(): number;
  fail(kind: string, ...more: unknown[]): void;
  fail_first_poll(kind: string, ...more: unknown[]): Promise<void>;
  timeout(ms: number): Promise<unknown>;
}

const VARIANTS = (['abort', 'unwind'] as const).flatMap((panic) => [
  { panic, recovery: undefined },
  { panic, recovery: 'rollback' as const },
]);

const WORKER = fileURLToPath(new URL('quarantine-worker.cjs', import.meta.url));

afterAll(removeFolders);

/** What a promise is rejected with. */
async function rejection(promise: Promise<unknown>): Promise<ReviveError> {
  return promise.then(
    () => expect.fail('it was not rejected'),
    (error: ReviveError) => error,
  );
}

const REFUSED = { name: 'ReviveError', code: 'REVIVE_QUARANTINED', retryable: false };
const ABORTED = { code: 'REVIVE_ABORT' };

describe.each(VARIANTS)('panic=$panic, recovery $recovery', ({ panic, recovery }) => {
  function setUp(options: QuarantineOptions = {}) {
    const pkg = load<Package>(panic, RUNTIME, 'fixtures', recovery);
    const capsules: Capsule[] = [];
    const told: Crashed[] = [];
    const keepOut = quarantine({
      changed: (entry) => told.push(entry),
      capsule: (capsule) => capsules.push(capsule),
      image: () => pkg.__revive.checkpoint(),
      ...options,
    });
    return { pkg, app: shim(() => pkg, { around: keepOut }), keepOut, capsules, told };
  }

  it('I2: the same call with the same arguments is refused after n crashes, and nothing of it runs', () => {
    const { app, pkg, told } = setUp({ after: 2 });
    const data = { id: 7, bytes: new Uint8Array([1, 2, 3]), at: new Date(0), tags: new Set(['a']) };
    for (let time = 0; time < 2; time++) expect(thrown(() => app.fail('abort', structuredClone(data)))).toMatchObject(ABORTED);
    const { failures } = pkg.__revive.stats;
    const key = told[0]?.key ?? '';
    for (let time = 0; time < 3; time++) {
      expect(thrown(() => app.fail('abort', structuredClone(data)))).toMatchObject({
        ...REFUSED,
        message: `fail was not run: with these arguments it has crashed 2 times (key ${key.slice(0, 16)}…). When that is mended, \`release('${key.slice(0, 16)}')\` of the quarantine lets it in again.`,
      });
    }
    expect(pkg.__revive.stats.failures).toBe(failures);
    // Other data, another path, and the module itself go on.
    expect(thrown(() => app.fail('abort', { ...data, id: 8 }))).toMatchObject(ABORTED);
    expect(thrown(() => app.Faller.fail_static('abort'))).toMatchObject(ABORTED);
    expect(app.fail('none', data)).toBeUndefined();
    expect(app.add(1, 2)).toBe(3);
    expect(told.map(({ path, crashes, isAsync }) => [path, crashes, isAsync])).toEqual([
      ['fail', 1, false],
      ['fail', 2, false],
      ['fail', 1, false],
      ['Faller.fail_static', 1, false],
    ]);
  });

  it('I2: three crashes are the default, and infinity never refuses', () => {
    for (const [after, refusedFrom] of [
      [undefined, 4],
      [Number.POSITIVE_INFINITY, 6],
    ] as const) {
      const { app } = setUp(after === undefined ? {} : { after });
      const codes = [1, 2, 3, 4, 5].map(() => (thrown(() => app.fail('abort')) as ReviveError).code);
      expect(codes.indexOf('REVIVE_QUARANTINED')).toBe(refusedFrom > 5 ? -1 : refusedFrom - 1);
    }
  });

  it('I5: a call that gives a promise is refused by one that is rejected', async () => {
    const { app, told } = setUp({ after: 2 });
    for (let time = 0; time < 2; time++) expect(await rejection(app.fail_first_poll('abort'))).toMatchObject(ABORTED);
    expect(await rejection(app.fail_first_poll('abort'))).toMatchObject({
      ...REFUSED,
      message: expect.stringContaining('fail_first_poll was not run'),
    });
    expect(await app.fail_first_poll('none')).toBeUndefined();
    expect(await app.ready(1)).toBe(2);
    expect(told.map(({ isAsync }) => isAsync)).toEqual([true, true]);
  });

  it('constructors and static methods are refused, methods of objects are not', () => {
    const { app, told, capsules } = setUp({ after: 1 });
    expect(thrown(() => new app.Faller('abort'))).toMatchObject(ABORTED);
    expect(thrown(() => new app.Faller('abort'))).toMatchObject(REFUSED);
    expect(thrown(() => app.Faller.fail_static('abort'))).toMatchObject(ABORTED);
    expect(thrown(() => app.Faller.fail_static('abort'))).toMatchObject(REFUSED);
    for (let time = 0; time < 3; time++) expect(thrown(() => new app.Faller('none').fail('abort'))).toMatchObject(ABORTED);
    expect(told.map(({ path }) => path)).toEqual(['new Faller', 'Faller.fail_static']);
    expect(capsules.at(-1)).toMatchObject({ path: 'Faller.fail', noArgs: 'it was called on a Faller' });
    expect(capsules.at(-1)).not.toHaveProperty('key');
  });

  it('a panic that unwound counts only where the program says so', () => {
    for (const panics of [undefined, true]) {
      const { app } = setUp({ after: 1, ...(panics && { panics }) });
      const isCounted = panics === true || panic === 'abort';
      const code = panic === 'abort' ? 'REVIVE_ABORT' : 'REVIVE_PANIC';
      expect(thrown(() => app.fail('panic-message'))).toMatchObject({ code });
      expect(thrown(() => app.fail('panic-message'))).toMatchObject({ code: isCounted ? 'REVIVE_QUARANTINED' : code });
    }
  });

  it('I2: what Rust throws on purpose, and calls that are lost through others, are innocent', async () => {
    const { app, keepOut, told } = setUp({ after: 1 });
    expect(thrown(() => app.throw_text('text'))).toMatchObject({ message: 'text' });
    expect(thrown(() => app.fail('js-exception'))).toBeInstanceOf(Error);
    const waiting = Promise.allSettled([app.timeout(100_000), app.reject('no')]);
    app.__revive.reset();
    expect((await waiting)[0]).toMatchObject({ reason: { code: 'REVIVE_INSTANCE_LOST' } });
    const inFlight = app.timeout(100_000).catch((error: ReviveError) => error.code);
    expect(thrown(() => app.fail('abort'))).toMatchObject(ABORTED);
    if (recovery === undefined) expect(await inFlight).toBe('REVIVE_INSTANCE_LOST');
    expect([told.map(({ path }) => path), keepOut.entries.length]).toEqual([['fail'], 1]);
    app.__revive.reset();
  });

  it('I2: where nobody knows which of the calls in flight has failed, none is blamed', async () => {
    const { app, told } = setUp({ after: 1 });
    const [failing, waiting] = [app.fail_first_poll('abort'), app.timeout(100_000).catch((error: ReviveError) => error.code)];
    // Only where the first poll belongs to the call's own turn is it known.
    const isKnown = recovery === 'rollback';
    expect(await rejection(failing)).toMatchObject({ code: isKnown ? 'REVIVE_ABORT' : 'REVIVE_INSTANCE_LOST' });
    expect(told.map(({ path }) => path)).toEqual(isKnown ? ['fail_first_poll'] : []);
    app.__revive.reset();
    expect(await waiting).toBe('REVIVE_INSTANCE_LOST');
  });

  it('I2: an error that passes through other calls is the call’s that failed', () => {
    const { app, told } = setUp({ after: 1 });
    const run = (): unknown => app.nested(() => app.fail('abort'));
    expect(thrown(run)).toMatchObject(ABORTED);
    expect(told.map(({ path }) => path)).toEqual(['fail']);
  });

  it('keeps the call’s own error, and the identity of what it gives, whatever the program’s code does', async () => {
    const error = thrown(() =>
      setUp({
        changed: () => {
          throw new Error('the store is gone');
        },
        capsule: () => Promise.reject(new Error('the disk is full')),
        image: () => {
          throw new Error('no image');
        },
      }).app.fail('abort'),
    );
    expect(error).toMatchObject(ABORTED);
    const { app } = setUp();
    const given = {};
    expect(app.same(given)).toBe(given);
    // Nobody has looked at it: that nobody handles it is reported as ever.
    const unhandled = new Promise((resolve) => process.once('unhandledRejection', resolve));
    void app.reject('nobody looks');
    expect(await unhandled).toMatchObject({ message: 'nobody looks' });
  });

  it('keeps them out in another process, with what a store has', () => {
    const { app, told } = setUp({ after: 2 });
    thrown(() => app.fail('abort', [1n]));
    thrown(() => app.fail('abort', [1n]));
    thrown(() => app.Faller.fail_static('abort'));
    const latest = [...new Map(told.map((entry) => [entry.key, entry])).values()];
    const file = join(folder(), 'store.json');
    writeFileSync(file, JSON.stringify(latest));
    const entry = wasmFileOf(transformed('nodejs', panic, RUNTIME, 'fixtures', recovery)).replace('_bg.wasm', '.js');
    const answers: unknown = JSON.parse(execFileSync(process.execPath, [WORKER, entry, file], { encoding: 'utf8' }));
    expect(answers).toEqual({
      failures: [0, 2],
      codes: ['REVIVE_QUARANTINED', 'REVIVE_ABORT', 'REVIVE_ABORT', 'REVIVE_QUARANTINED'],
      rejected: 'REVIVE_QUARANTINED',
      changed: [
        ['Faller.fail_static', 2],
        ['fail', 1],
      ],
    });
  });

  it('I6: remembers no more than it is allowed, and tells the store of what it forgets', () => {
    const { app, keepOut, told } = setUp({ after: 1, limit: 2 });
    for (const data of ['one', 'two', 'three']) thrown(() => app.fail('abort', data));
    expect(told.map(({ crashes }) => crashes)).toEqual([1, 1, 1, 0]);
    expect(told[3]?.key).toBe(told[0]?.key);
    expect(thrown(() => app.fail('abort', 'two'))).toMatchObject(REFUSED);
    expect(thrown(() => app.fail('abort', 'one'))).toMatchObject(ABORTED);
    expect(keepOut.entries.map(({ key }) => key)).toEqual([told[2]?.key, told[0]?.key]);
  });

  it('lets a call in again that was released', () => {
    const { app, keepOut, told } = setUp({ after: 1 });
    thrown(() => app.fail('abort'));
    const key = told[0]?.key ?? '';
    expect(thrown(() => app.fail('abort'))).toMatchObject(REFUSED);
    expect([keepOut.release(`${key.slice(0, 15)}${key[15] === '0' ? '1' : '0'}`), keepOut.release(key.slice(0, 16))]).toEqual([
      false,
      true,
    ]);
    expect(told.at(-1)).toEqual({ key, path: 'fail', crashes: 0, isAsync: false });
    expect(thrown(() => app.fail('abort'))).toMatchObject(ABORTED);
    expect(() => keepOut.release('')).toThrow(TypeError);
    expect(() => keepOut.learn([{ key: 'short' } as Crashed])).toThrow(TypeError);
    expect(() => quarantine({ after: 0 })).toThrow('The option `after` of a quarantine is 0');
  });

  it('I2: data that the program has changed before the promise was rejected refuses no call at once', async () => {
    const { app, capsules } = setUp({ after: 1 });
    const buffer = new Uint8Array([1, 2, 3]);
    const failing = app.fail_first_poll('abort', buffer);
    buffer.set([7, 7, 7]);
    expect(await rejection(failing)).toMatchObject(ABORTED);
    expect(capsules[0]).toMatchObject({ readLate: true });
    // The other data crashes by itself before it is refused.
    expect(await rejection(app.fail_first_poll('abort', buffer))).toMatchObject(ABORTED);
    expect(await rejection(app.fail_first_poll('abort', buffer))).toMatchObject(REFUSED);
    // From the first crash on, the arguments are read before the call.
    const again = new Uint8Array([1, 2, 3]);
    const second = app.fail_first_poll('abort', again);
    again.fill(0);
    expect(await rejection(second)).toMatchObject(ABORTED);
    expect(await rejection(app.fail_first_poll('abort', new Uint8Array([1, 2, 3])))).toMatchObject(REFUSED);
    expect(capsules.at(-1)).not.toHaveProperty('readLate');
    expect(decodeArguments(capsules.at(-1)?.args)).toEqual(['abort', new Uint8Array([1, 2, 3])]);
  });

  it('a capsule has all of the call, and is JSON', () => {
    const { app, pkg, capsules } = setUp();
    pkg.bump_static();
    const data = [undefined, -0, 2n ** 70n, new Map([['a', new Float32Array([0.5])]])];
    const error = thrown(() => app.fail('abort', data)) as ReviveError;
    const capsule = JSON.parse(JSON.stringify(capsules[0])) as Capsule;
    expect(capsule).toMatchObject({
      version: 1,
      module: 'wasm_revive_fixtures',
      build: expect.stringMatching(/^[0-9a-f]{16}$/),
      path: 'fail',
      key: expect.stringMatching(/^[0-9a-f]{64}$/),
      report: JSON.parse(JSON.stringify(error.report)) as unknown,
    });
    expect(decodeArguments(capsule.args)).toEqual(['abort', data]);
    const { image, imageHash, noImage } = capsule;
    if (recovery === undefined) {
      expect([image, noImage]).toEqual([undefined, 'the state before the call is gone (recovery: fresh)']);
      return;
    }
    const bytes = Buffer.from(image ?? '', 'base64');
    expect(imageHash).toBe(createHash('sha256').update(bytes).digest('hex'));
    const other = load<Package>(panic, RUNTIME, 'fixtures', recovery);
    other.__revive.restore(bytes);
    expect(other.bump_static()).toBe(pkg.bump_static());
    const within = setUp();
    thrown(() => within.app.nested(() => within.app.fail('abort')));
    expect(within.capsules.map((one) => one.noImage)).toEqual(['it was made within another call, which was still running']);
  });

  it('a capsule says why it has no arguments', () => {
    const { app, capsules } = setUp({ maxArgumentBytes: 1_000, after: 1 });
    expect(thrown(() => app.fail('abort', new app.Counter(1)))).toMatchObject(ABORTED);
    expect(thrown(() => app.fail('abort', () => {}))).toMatchObject(ABORTED);
    expect(thrown(() => app.fail('abort', 'a'.repeat(2_000)))).toMatchObject(ABORTED);
    expect(thrown(() => app.fail('abort', 'a'.repeat(2_000)))).toMatchObject(REFUSED);
    expect(capsules.map(({ noArgs }) => noArgs)).toEqual([
      '`arguments[1]` is a Counter',
      '`arguments[1]` is a function',
      'as JSON, the arguments are more than 1000 bytes',
    ]);
  });

  it('stands around a single call, without a shim', () => {
    const { pkg, keepOut } = setUp({ after: 1 });
    const fail = (kind: string): void => keepOut(() => pkg.fail(kind), 'fail', [kind]);
    expect(thrown(() => fail('abort'))).toMatchObject(ABORTED);
    expect(thrown(() => fail('abort'))).toMatchObject(REFUSED);
    expect(fail('none')).toBeUndefined();
  });
});

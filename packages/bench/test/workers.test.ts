import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import type { WorkerResult } from '../src/workers/measure.ts';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const run = promisify(execFile);

describe('npm run bench -- --only workers', () => {
  let found: readonly WorkerResult[];
  beforeAll(async () => {
    const { stdout } = await run(process.execPath, [MAIN, '--only', 'workers', '--quick', '--json'], { maxBuffer: 2 ** 24 });
    found = JSON.parse(stdout).workers;
  }, 300_000);

  test('measures what this package makes of a Worker, in both panic modes', () => {
    expect(found.map(({ kind, panic }) => `${kind} ${panic}`)).toEqual([
      'fresh abort',
      'rollback abort',
      'fresh unwind',
      'rollback unwind',
    ]);
    expect(found.every(({ peaceful, poisoned }) => peaceful.served > 0 && poisoned.served > 0)).toBe(true);
  });

  test('I2, I5: no request is lost but those that enter an object which fails, and none hangs', () => {
    for (const { peaceful, poisoned } of found) {
      expect(peaceful).toMatchObject({ collateral: 0, ofObject: 0, hung: 0, lost: [0, 0], unasked: 0 });
      expect(poisoned).toMatchObject({ collateral: 0, hung: 0, unharmed: 0 });
      expect(poisoned.lost[0]).toBe(0);
    }
  });

  test('I7: with rollback, nothing is lost at all', () => {
    for (const { kind, poisoned } of found) {
      if (kind === 'rollback') expect(poisoned).toMatchObject({ ofObject: 0, lost: [0, 0], unasked: 0 });
    }
  });
});

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { discardStaging, leaveStaging, openStaging, STAGING, takeOverStaging } from '../src/write/staging.js';

let staging: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  staging = join(mkdtempSync(join(tmpdir(), 'wasm-revive-staging-')), STAGING);
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill();
  rmSync(join(staging, '..'), { recursive: true, force: true });
});

interface Owner {
  readonly pid?: number | undefined;
  readonly thread?: number;
  readonly minutesAgo?: number;
  readonly host?: string;
}

/** Opens the folder as another thread or process, or at another time, or on another machine. */
function openedBy({ pid = process.pid, thread = 99, minutesAgo = 0, host }: Owner): void {
  openStaging(staging);
  const [mark = ''] = readdirSync(staging);
  const [name, , , time, own] = mark.split('.');
  renameSync(join(staging, mark), join(staging, `${name}.${pid}.${thread}.${Number(time) - minutesAgo * 60_000}.${host ?? own}.txt`));
}

/** A process that is there for some seconds. */
function running(): ChildProcess {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 30_000)'], { stdio: 'ignore' });
  children.push(child);
  return child;
}

describe('a staging folder is left alone', () => {
  it.each([
    ['when this process is at work on it, in another thread', () => ({})],
    ['when another process is', () => ({ pid: running().pid })],
    ['when a process of another user is', () => ({ pid: 1 })],
    ['when one of another machine may be', () => ({ host: '01234567' })],
  ])('%s', (_when, by) => {
    openedBy(by());
    const before = readdirSync(staging);
    const busy = expect.objectContaining({
      code: 'REVIVE_BUSY',
      message: expect.stringMatching(/another run of wasm-revive \(process \d+/),
    });
    expect(() => takeOverStaging(staging)).toThrow(busy);
    expect(() => openStaging(staging)).toThrow(expect.objectContaining({ code: 'REVIVE_BUSY' }));
    expect(readdirSync(staging)).toEqual(before);
  });
});

describe('a staging folder is taken over', () => {
  it.each([
    ['from a process that has ended', () => ({ pid: spawnSync(process.execPath, ['--version']).pid })],
    ['from an earlier run of this thread', () => ({ thread: threadId })],
    ['from one whose id this process has by now', () => ({ minutesAgo: 4 })],
    ['after five minutes from whatever process', () => ({ pid: 1, minutesAgo: 6 })],
    ['after five minutes from another machine', () => ({ host: '01234567', minutesAgo: 6 })],
  ])('%s', (_when, by) => {
    openedBy(by());
    expect(takeOverStaging(staging)).toBe(true);
    expect(() => openStaging(staging)).toThrow(expect.objectContaining({ code: 'REVIVE_BUSY' }));
    discardStaging(staging);
    expect(takeOverStaging(staging)).toBe(false);
  });

  it.runIf(process.platform === 'linux')('from one whose id another process has by now', () => {
    openedBy({ pid: running().pid, minutesAgo: 1 });
    expect(takeOverStaging(staging)).toBe(true);
  });

  it.runIf(process.platform === 'linux')('from one that was killed and that its parent has not asked for', async () => {
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(parent);
    const pid = await new Promise<number>((resolve) => parent.stdout.once('data', (text) => resolve(Number(text))));
    await new Promise((resolve) => setTimeout(resolve, 300));
    openedBy({ pid });
    expect(takeOverStaging(staging)).toBe(true);
  });

  it('from a run that has said that it leaves it', () => {
    openStaging(staging);
    leaveStaging(staging);
    expect(takeOverStaging(staging)).toBe(true);
  });

  it('when it is empty', () => {
    mkdirSync(staging);
    expect(takeOverStaging(staging)).toBe(true);
    expect(readdirSync(staging)).toEqual([expect.stringMatching(/^made-by-wasm-revive\./)]);
  });
});

/** What the instances leave behind that aborted, on the real workerd: memory of the system, which only its garbage collector gives back. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { build } from './build-worker.ts';
import { start } from './workerd.ts';

const TASKS = `/proc/${process.pid}/task`;
const ABORTS = 40;
/** What one instance takes, in MiB. */
const INSTANCE = 33;

/** Processes that this one has started. */
function children(): number[] {
  return readdirSync(TASKS).flatMap((task) => readFileSync(`${TASKS}/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number));
}

/** Resident memory in MiB. */
function residentOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

// Without anything done for it there are thirty.
test.runIf(existsSync(TASKS)).each(['abort', 'unwind'] as const)(
  'aborts of instances of 32 MiB leave no more than a few of them in memory [I6], panic=%s',
  async (panic) => {
    const before = children();
    const worker = await start(build(panic, 'export default {};'));
    try {
      const [workerd] = children().filter((pid) => !before.includes(pid));
      if (workerd === undefined) throw new Error('workerd was not found among the processes that this test has started.');
      expect((await worker.get('/inc')).status).toBe(200);
      const idle = residentOf(workerd);
      let most = 0;
      for (let n = 0; n < ABORTS; n++) {
        expect((await worker.get('/touch/abort')).status).toBe(500);
        expect((await worker.get('/inc')).status).toBe(200);
        most = Math.max(most, residentOf(workerd));
      }
      expect((most - idle) / INSTANCE).toBeLessThan(8);
    } finally {
      await worker.miniflare.dispose();
    }
  },
);

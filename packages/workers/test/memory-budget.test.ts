/** What the instances of Durable Objects may take together, on the real workerd. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { build } from './build-worker.ts';
import { type Running, start } from './workerd.ts';

/** More than the budget has room for, with 32 MiB each. */
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

describe('a budget of memory', () => {
  const running: Running[] = [];
  afterAll(() => Promise.all(running.map(({ miniflare }) => miniflare.dispose())));

  /** Has each object count to one and take 32 MiB, and reads who has its memory still, the last one first. */
  const kept = async (options: string): Promise<string[]> => {
    const worker = await start(build('abort', `export default { ${options} };`));
    running.push(worker);
    for (const name of NAMES) expect((await worker.get(`/object/${name}/inc/touch`)).status).toBe(200);
    const found: string[] = [];
    for (const name of NAMES.toReversed()) {
      const { text } = await worker.get(`/object/${name}/`);
      // Whatever has become of its memory, it has its storage.
      expect(JSON.parse(text).stored).toBe(1);
      if (JSON.parse(text).count === 1) found.push(name);
    }
    return found;
  };

  test('objects that were used longest ago lose their memory, and are constructed anew [I6]', async () => {
    expect(await kept('')).toEqual(['h', 'g']);
  });

  test('it is as large as the option says, or is none', { timeout: 120_000 }, async () => {
    expect(await kept('revive: { memoryBudgetMiB: 200 }')).toEqual(['h', 'g', 'f', 'e', 'd']);
    expect(await kept('revive: { memoryBudgetMiB: undefined }')).toEqual(NAMES.toReversed());
  });

  /** Has objects take 32 MiB each, one after another, in a process that may take so much more than it does. Gives how many could. */
  const served = async (options: string, objects: number, mebibytes: number): Promise<number> => {
    const worker = await start(build('abort', `export default { ${options} };`));
    running.push(worker);
    await worker.get('/object/first/inc');
    limitMemory(workerdOf(), mebibytes);
    let served = 0;
    for (let nth = 0; nth < objects; nth++) {
      const status = await worker.get(`/object/${nth}/inc/touch`).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status !== 200) break;
      served++;
    }
    return served;
  };

  test('with it, a process that may not take more serves objects without an end; without it, no more than fit [I6]', {
    timeout: 120_000,
  }, async () => {
    expect(await served('', 16, 250)).toBe(16);
    expect(await served('revive: { memoryBudgetMiB: undefined }', 16, 250)).toBeLessThan(10);
  });
});

/** The process that miniflare has started last: workerd itself has no limit for what an isolate takes. */
function workerdOf(): number {
  const all = execFileSync('ps', ['-e', '-o', 'pid=,ppid=,comm='], { encoding: 'utf8' });
  const children = [...all.matchAll(/(\d+) +(\d+) +workerd$/gm)].filter(([, , parent]) => Number(parent) === process.pid);
  const last = children.at(-1)?.[1];
  if (last === undefined) throw new Error(`There is no workerd among the children of ${process.pid}.`);
  return Number(last);
}

/** What a process may write to is limited by the kernel (RLIMIT_DATA), to so much more than it has now: memories of Wasm are part of that once they are used. */
function limitMemory(pid: number, mebibytes: number): void {
  const now = Number(/VmData:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  execFileSync('prlimit', ['--pid', String(pid), `--data=${now * 1024 + mebibytes * 2 ** 20}`]);
}

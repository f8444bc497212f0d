/** What the instances of Durable Objects may take together, on the real workerd. */
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

  test('it is as large as the option says, or is none', async () => {
    expect(await kept('revive: { memoryBudgetMiB: 200 }')).toEqual(['h', 'g', 'f', 'e', 'd']);
    expect(await kept('revive: { memoryBudgetMiB: undefined }')).toEqual(NAMES.toReversed());
  });
});

/** Workflows in Rust, on the real workerd and with the runtime of Workflows that wrangler has: steps that abort are tried again. */
import { afterAll, describe, expect, test } from 'vitest';
import { build, type PanicMode } from './build-worker.ts';
import { type Running, start } from './workerd.ts';

const MODES: readonly PanicMode[] = ['abort', 'unwind'];

interface Instance {
  status(): Promise<{ readonly status: string; readonly output?: unknown; readonly error?: { readonly message: string } }>;
}

const running: Running[] = [];
afterAll(() => Promise.all(running.map(({ miniflare }) => miniflare.dispose())));

async function flows(panic: PanicMode, env: Record<string, string>) {
  const worker = await start(build(panic, "export default { workflows: ['Flow'] };", env), { workflows: true });
  running.push(worker);
  const bindings = (await worker.miniflare.getBindings('fixture')) as { FLOW: { create(options: object): Promise<Instance> } };
  /** Runs the steps one after another, and gives what came of it. */
  return async (steps: string) => {
    const instance = await bindings.FLOW.create({ params: steps });
    let status = await instance.status();
    await expect
      .poll(async () => {
        status = await instance.status();
        return status.status;
      })
      .toMatch(/^(complete|errored)$/);
    return status;
  };
}

describe.each(MODES)('a Workflow, panic=%s', (panic) => {
  describe.each([
    ['fresh', {}],
    ['rollback', { WASM_REVIVE_RECOVERY: 'rollback' }],
  ] as const)('%s', (_, env) => {
    const at = flows(panic, env);

    test('runs its steps, each once [I8]', async () => {
      expect(await (await at)('a/b/wait-1')).toMatchObject({ status: 'complete', output: [1, 1, 1] });
    });

    test('a step that aborts is tried again, and steps that were done are not [I5]', async () => {
      expect(await (await at)('c/first-abort/d/first-stack/first-memory')).toMatchObject({ status: 'complete', output: [1, 2, 1, 2, 2] });
    });

    test('a step that aborts each time fails in the end, with Rust’s words, as one that throws does [I1, I5]', async () => {
      const { status, error } = await (await at)('e/abort');
      expect(status).toBe('errored');
      expect(error?.message).toMatch(/Rust aborted/);
    });
  });
});

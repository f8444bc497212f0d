/**
 * What is wrong in wasm-bindgen’s own output, and not in ours (docs/upstream). Each upstream half is a real assertion: the day upstream mends it, it
 * fails, and the page of its finding has to be changed.
 */
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { needed, PANIC_MODES, programs, RUNNING_NODE, upstreamPackage } from '../src/drive/paths.ts';
import { runProgram } from '../src/drive/run-in-node.ts';
import type { Target } from '../src/hosts/node.ts';
import type { PanicMode } from '../src/runner/kinds.ts';
import type { Observed } from '../src/runner/upstream-defects.ts';

const TARGETS = ['nodejs', 'web'] as const;
type Variant = (typeof TARGETS)[number] | `${(typeof TARGETS)[number]}-reset`;

/** Runs a defect's program; each in a process of its own, for some of them end it. */
async function run(dir: string, target: Target, defect: string, bare = false): Promise<{ seen: Observed; ended: string | undefined }> {
  const program = needed(join(programs, 'defect-child.js'), 'The programs have not been built');
  const { stdout, ended } = await runProgram(RUNNING_NODE.binary, ['--no-warnings', program, dir, target, defect, bare ? 'bare' : '']);
  return { seen: stdout === '' ? {} : (JSON.parse(stdout) as Observed), ended };
}

const upstream = async (panic: PanicMode, variant: Variant, defect: string): Promise<Observed> =>
  (await run(upstreamPackage(panic, variant), targetOf(variant), defect)).seen;

const ours = async (panic: PanicMode, variant: Variant, defect: string): Promise<Observed> =>
  (await run(join(inject('transformed'), panic, variant), targetOf(variant), defect)).seen;

function targetOf(variant: Variant): Target {
  return variant.replace('-reset', '') as Target;
}

describe.each(PANIC_MODES)('panic=%s', (panic) => {
  describe.each(TARGETS)('%s', (target) => {
    const reset = `${target}-reset` as const;
    /** What is ours, made of output with upstream's reset and without. */
    const both = [target, reset] as const;

    describe('U1 a stale free() frees an object of the new instance', () => {
      it('upstream: two live objects share one allocation', async () => {
        expect(await upstream(panic, reset, 'U1')).toEqual({ free: 'undefined', second: '4', third: 4 });
      });
      it.each(both)('I4 no crossing › ours, from %s: they do not', async (variant) => {
        expect(await ours(panic, variant, 'U1')).toEqual({ free: 'undefined', second: '2', third: 4 });
      });
    });

    describe('U2 letting go of a stale closure destroys something in the new instance', () => {
      it('upstream: the state of a live closure is overwritten', async () => {
        const seen = await upstream(panic, reset, 'U2');
        expect(seen.total).not.toBe('3');
      });
      it.each(both)('I4 no crossing › ours, from %s: it does nothing', async (variant) => {
        expect(await ours(panic, variant, 'U2')).toEqual({ unref: 'undefined', next: 'undefined', total: '3' });
      });
    });

    describe('U3 a promise of the dead instance never settles', () => {
      it('upstream: it stays pending, and what would have settled it throws outside of any caller', async () => {
        expect(await upstream(panic, reset, 'U3')).toEqual({
          before: 'pending',
          after: 'pending',
          error: 'undefined',
          uncaught: ['Error: Cannot invoke closure from previous WASM instance'],
        });
      });
      it('upstream: that ends the process', async () => {
        const { ended } = await run(upstreamPackage(panic, reset), target, 'U3', true);
        expect(ended).toContain('Cannot invoke closure from previous WASM instance');
      });
      it.each(both)('I5 nothing hangs › ours, from %s: it is rejected at once, and nothing is thrown', async (variant) => {
        expect(await ours(panic, variant, 'U3')).toEqual({
          before: 'rejected',
          after: 'rejected',
          error: 'ReviveError: REVIVE_INSTANCE_LOST',
          uncaught: [],
        });
      });
      it.each(both)('I5 nothing hangs › ours, from %s: the process goes on', async (variant) => {
        const { ended } = await run(join(inject('transformed'), panic, variant), target, 'U3', true);
        expect(ended).toBeUndefined();
      });
    });

    describe('U4 the last frames of the old instance kill the new one', () => {
      // Only output that catches at every entry writes the flag; that of panic=abort lets the trap pass.
      it.runIf(panic === 'unwind')('upstream: the fresh instance is terminated', async () => {
        expect(await upstream(panic, reset, 'U4')).toEqual({ outer: 'RuntimeError: unreachable', next: 'Error: Module terminated' });
      });
      it.each(both)('I4 no crossing › ours, from %s: the fresh instance serves', async (variant) => {
        expect(await ours(panic, variant, 'U4')).toEqual({ outer: 'ReviveError: REVIVE_ABORT', next: '103' });
      });
    });

    describe('U9 the error says nothing to act on', () => {
      it('upstream: a panic has no code', async () => {
        const error = panic === 'abort' ? 'RuntimeError: unreachable' : 'PanicError: index out of bounds: the len is 3 but the index is 7';
        for (const variant of both) expect(await upstream(panic, variant, 'U9')).toMatchObject({ error, code: null, cause: null });
      });
      it('upstream: running out of memory is an unreachable, and under panic=unwind the end', async () => {
        const next = panic === 'abort' ? 'undefined' : 'Error: Module terminated';
        for (const variant of both) {
          expect(await upstream(panic, variant, 'U9abort')).toEqual({ error: 'RuntimeError: unreachable', code: null, cause: null, next });
        }
      });
      it.each(both)('I1 told › ours, from %s: a panic is told by code and entrypoint', async (variant) => {
        expect(await ours(panic, variant, 'U9')).toMatchObject(
          panic === 'abort'
            ? { code: 'REVIVE_ABORT', cause: 'panic-abort', entrypoint: 'fail', next: 'undefined' }
            : { code: 'REVIVE_PANIC', entrypoint: 'fail', next: 'undefined' },
        );
      });
      it.each(both)('I1 told › ours, from %s: running out of memory is told as that', async (variant) => {
        expect(await ours(panic, variant, 'U9abort')).toMatchObject({ code: 'REVIVE_ABORT', cause: 'out-of-memory', next: 'undefined' });
      });
    });
  });
});

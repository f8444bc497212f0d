/** That the suite can fail: its own checks, by name, on packages that don't hold what they check. */
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { RUNNING_NODE, upstreamPackage } from '../src/drive/paths.ts';
import { runInNode } from '../src/drive/run-in-node.ts';
import { browser, otherRuntimes } from '../src/drive/runtimes.ts';
import { INVARIANTS, type InvariantId, nameOf } from '../src/invariants.ts';
import type { PanicMode } from '../src/runner/kinds.ts';

/** A row, and checks in it that must fail on wasm-bindgen's own output. */
interface MustFail {
  readonly panic: PanicMode;
  readonly row: string;
  readonly checks: readonly (readonly [InvariantId, string])[];
}

const MUST_FAIL: readonly MustFail[] = [
  {
    panic: 'abort',
    row: 'abort via function',
    checks: [
      ['I1', 'the caller is told REVIVE_ABORT'],
      ['I1', 'the error is a ReviveError'],
      ['I1', 'the error has a report with the cause'],
      ['I1', 'the failure event has the cause'],
      ['I2', 'in flight, async function: rejected with REVIVE_INSTANCE_LOST'],
      ['I2', 'in flight, promise made by Rust: rejected with REVIVE_INSTANCE_LOST'],
      ['I3', 'no instruction of the lost instance ran'],
      ['I3', 'a task of the lost instance does not call back any more'],
      ['I3', 'a task of the lost instance does not end in the new one'],
      ['I4', 'stale handle: method'],
      ['I4', 'stale handle: async method'],
      ['I4', 'stale handle: getter'],
      ['I4', 'stale handle: setter'],
      ['I4', 'stale handle: field'],
      ['I4', 'stale handle: setting a field'],
      ['I4', "stale handle of a user's subclass: method"],
      ['I4', 'stale handle of a derived class: inherited method'],
      ['I4', 'stale argument by reference'],
      ['I4', 'stale argument by mutable reference'],
      ['I4', 'stale argument by value'],
      ['I4', 'stale optional argument of a function'],
      ['I4', 'stale argument in an array'],
      ['I4', 'a stale closure returns undefined'],
      ['I4', 'a stale closure that a handle owned returns undefined'],
      ['I4', 'a stale closure that works once returns undefined'],
      ['I4', 'a stale closure that Rust calls returns undefined'],
      ['I4', 'free() of stale handles'],
      ['I4', 'live handles kept their values'],
      ['I5', 'in flight, async function: settles'],
      ['I5', 'in flight, async function that calls back: settles'],
      ['I7', 'a thread-local is at its initial value'],
      ['I7', 'a static is at its initial value'],
      ['I7', 'the heap is empty'],
    ],
  },
  {
    panic: 'abort',
    row: 'abort via nested callback that swallows the error',
    checks: [
      ['I1', 'the caller is told REVIVE_ABORT'],
      ['I1', 'JavaScript inside the call was told REVIVE_ABORT'],
      ['I3', 'frames that were on the stack did not run on'],
      ['I3', 'no instruction of the lost instance ran'],
    ],
  },
  {
    panic: 'abort',
    row: 'panic-index via async later poll',
    checks: [
      ['I5', 'the call settles'],
      ['I5', 'nothing reaches the process'],
    ],
  },
  { panic: 'abort', row: 'oom via finalizer', checks: [['I5', 'nothing reaches the process']] },
  { panic: 'abort', row: 'js-exception via async first poll', checks: [['I5', 'the call settles']] },
  {
    panic: 'unwind',
    row: 'abort via function',
    checks: [
      ['I2', 'the next call, in the same breath, is served'],
      ['I7', 'the start function ran once in the new instance'],
    ],
  },
  {
    panic: 'unwind',
    row: 'panic-index via method on &mut self',
    checks: [
      ['I1', 'the error is REVIVE_PANIC, in the words of Rust'],
      ['I1', 'the error has a report'],
      ['I1', 'there is a failure event'],
    ],
  },
  { panic: 'unwind', row: 'panic-index via finalizer', checks: [['I5', 'nothing reaches the process']] },
];

/** Where the witness of I3 has to see for itself, in each engine's words, that an instance is dead. */
const RUNTIMES = [otherRuntimes('bun'), otherRuntimes('deno'), browser('chromium'), browser('firefox')].filter(
  ({ missing }) => missing === undefined,
);

describe('checks fail on packages that do not hold what they check', () => {
  it.each(RUNTIMES)('I3 › $name › an abort that JavaScript swallowed, untransformed', async (runtime) => {
    const rows = ['abort', 'stack-overflow', 'out-of-bounds'].map((kind) => `${kind} via nested callback that swallows the error`);
    const { results, ended } = await runtime.run(upstreamPackage('abort', 'web'), 'web', 'abort', rows);
    expect(ended).toBeUndefined();
    expect(results.map(({ id }) => id).sort()).toEqual(rows.sort());
    for (const { id, checks } of results) {
      const held = checks.filter(({ invariant, ok }) => invariant === 'I3' && ok).map(({ name }) => `${id}: ${name}`);
      expect(held).toEqual([]);
    }
  });

  it.each(MUST_FAIL)('$row › nodejs › panic=$panic › untransformed', async ({ panic, row, checks }) => {
    const { results } = await runInNode(RUNNING_NODE, upstreamPackage(panic, 'nodejs'), 'nodejs', panic, [row]);
    const failed = new Set(
      results
        .flatMap((result) => result.checks)
        .filter(({ ok }) => !ok)
        .map(({ invariant, name }) => `${invariant} ${name}`),
    );
    const passed = checks.map(([invariant, name]) => `${invariant} ${name}`).filter((check) => !failed.has(check));
    expect(passed).toEqual([]);
  });

  it(`${nameOf('I6')}: memories alive › a program that holds every memory`, async () => {
    const dir = join(inject('transformed'), 'abort', 'nodejs');
    const { results } = await runInNode(RUNNING_NODE, dir, 'nodejs', 'abort', 'flat', true);
    const looked = results.flatMap(({ id, checks }) =>
      checks.filter(({ name }) => name === 'memories alive').map(({ ok }) => ({ id, ok })),
    );
    // A JavaScript exception makes no memory, but those of the rows before it are still held.
    expect(looked.filter(({ ok }) => ok)).toEqual([]);
    expect(looked.length).toBeGreaterThan(1);
  });

  it('there is such a proof for every invariant that rows check', () => {
    const proved = new Set<string>([...MUST_FAIL.flatMap(({ checks }) => checks.map(([invariant]) => invariant)), 'I6']);
    const elsewhere = ['I8', 'I9'];
    expect(Object.keys(INVARIANTS).filter((id) => !proved.has(id))).toEqual(elsewhere);
  });
});

/** Panics that leave `extern "C-unwind"` exports of a module without wasm-bindgen: caught by `catchExports`, and under `revive`. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type Encoding,
  type NodeVersion,
  needed,
  nodeVersion,
  otherNodeMajors,
  programs,
  RUNNING_NODE,
  rawModule,
} from '../src/drive/paths.ts';
import { runProgram } from '../src/drive/run-in-node.ts';

interface Seen {
  readonly catchExports: Readonly<Record<string, unknown>>;
  readonly revive: Readonly<Record<string, unknown>>;
  readonly aborted: readonly [code: string, message: string];
  readonly after: number;
  readonly kept: { readonly revive: readonly unknown[]; readonly catchExports: readonly unknown[] };
}

const MANY = 100_000;

/** @param panics how many, to see what each leaves behind */
async function drive({ binary }: NodeVersion, encoding: Encoding, crate: boolean, panics = MANY): Promise<Seen> {
  const program = needed(join(programs, 'raw-child.js'), 'The programs have not been built');
  const { stdout, ended } = await runProgram(binary, [program, rawModule(encoding, crate), String(panics)]);
  if (ended !== undefined) throw new Error(ended);
  return JSON.parse(stdout) as Seen;
}

const others = otherNodeMajors().map(nodeVersion);
/** Node.js 20 runs the legacy encoding alone. */
const RUNS: readonly { node: NodeVersion; encoding: Encoding; panics: number }[] = [
  // What a panic leaves behind is a matter of the encoding: once each, as many as it takes to see the least. A tenth shows forty bytes.
  { node: RUNNING_NODE, encoding: 'legacy', panics: MANY },
  ...others.map((node) => ({ node, encoding: 'legacy' as const, panics: MANY / 10 })),
  ...others.map((node, n) => ({ node, encoding: 'exnref' as const, panics: n === 0 ? MANY : MANY / 10 })),
];

const here = 'lib.rs:true:true';
const divided = ['REVIVE_PANIC', 'attempt to divide by zero', here];

describe.each(RUNS)('$encoding › node $node.major', ({ node, encoding, panics }) => {
  it('I1, I6, I7: with the crate, a panic is told in its words, and nothing of it is left', async () => {
    const seen = await drive(node, encoding, true, panics);
    const expected = {
      'a panic': divided,
      'the function that panicked is on its stack': true,
      'the next call': 2,
      'a panic with a text of its own, out of seven frames': [
        'REVIVE_PANIC',
        'no deeper than 0, at the end of a long text that the heap holds',
        here,
      ],
      'what was dropped': 7,
      'a panic that holds a borrow and a lock': ['REVIVE_PANIC', 'holding 1 notes', here],
      'the borrow is given back': 1,
      'the lock is poisoned': 1,
      'a panic of no hook, with no text': ['REVIVE_PANIC', 'Box<dyn Any>'],
      'panics told': 5,
      'Rust believes that it panics': 0,
      'a panic in a call within a call, and what goes on': [42, divided],
      'an error of JavaScript is itself': true,
      "another module's exception is itself": true,
      'both ran destructors': 2,
      'panics told, after all that': 6,
      'bytes of memory after many more': 0,
      'the stack pointer has moved by': 0,
    };
    expect(seen.catchExports).toEqual(expected);
    expect(seen.revive).toEqual(expected);
    expect(seen.aborted[0]).toBe('REVIVE_ABORT');
    expect(seen.after).toBe(2);
    const saved = [
      [2, 1, 1],
      // From a turn that ends by a panic nothing is kept.
      [3, 2, 'REVIVE_PANIC'],
      [4, 2, 1],
      [5, 3, 1],
    ];
    expect(seen.kept, 'I7: generation, value, whether another is saved').toEqual({ revive: saved, catchExports: [0, 0] });
  });
});

describe('without the crate', () => {
  it('I1, I7: a panic is told as one, the instance is kept and its stack pointer put back', async () => {
    const { catchExports, revive } = await drive(RUNNING_NODE, 'legacy', false);
    for (const seen of [catchExports, revive]) {
      expect(seen['a panic']).toEqual(['REVIVE_PANIC', expect.stringContaining('known only with the wasm-revive-unwind-catcher crate')]);
      expect(seen['the next call']).toBe(2);
      expect(seen['what was dropped']).toBe(7);
      expect(seen['the borrow is given back']).toBe(1);
      expect(seen['the stack pointer has moved by']).toBe(0);
      // What only Rust can end: the exception and its payload stay, and so does the count of panics, by which locks are poisoned.
      expect(seen['bytes of memory after many more']).toBeGreaterThan(MANY * 40);
      expect([seen['Rust believes that it panics'], seen['the lock is poisoned']]).toEqual([1, 0]);
    }
  });
});

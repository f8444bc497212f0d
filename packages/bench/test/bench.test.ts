import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { isMeasured, ROW_NAMES } from '../src/rows.ts';
import { VARIANTS } from '../src/variants.ts';
import { HEAPS, WORKLOAD_NAMES } from '../src/workloads.ts';

// Note: whether there are numbers, never which. Numbers are for `npm run bench` on a machine that does nothing else.
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const run = promisify(execFile);

interface Found {
  readonly machine: { readonly node: string };
  readonly calls: readonly { row: string; variant: string; ns: { median: number }; toPlain?: { ratio: { median: number } } }[];
  readonly recovery: readonly { variant: string; arrival: string; recoveries: number; first: { p50: number; p99: number } }[];
  readonly load: readonly { variant: string; served: readonly number[] }[];
  readonly transform: { readonly wasmBytes: number; readonly cliMs: number; readonly warmMs: number };
  readonly sizes: readonly { readonly bytes: number; readonly gzip: number }[];
  readonly rollback: {
    readonly turns: readonly { workload: string; us: number; ratio: number }[];
    readonly ends: readonly { mebibytes: number; rollBack: number }[];
    readonly aborts: readonly { title: string; next: readonly number[] }[];
    readonly memoryKib: readonly [number, number];
    readonly bytes: readonly [number, number];
  };
}

describe('npm run bench -- --quick --json', () => {
  let found: Found;
  beforeAll(async () => {
    const { stdout } = await run(process.execPath, [MAIN, '--quick', '--json'], { maxBuffer: 2 ** 24 });
    found = JSON.parse(stdout) as Found;
  }, 300_000);

  test('every kind of call is measured in every variant', () => {
    const measured = found.calls.filter(({ ns, toPlain }) => ns.median > 0 && (toPlain === undefined || toPlain.ratio.median > 0));
    expect(measured.map(({ row, variant }) => `${row} ${variant}`)).toEqual(
      ROW_NAMES.flatMap((row) => VARIANTS.filter((variant) => isMeasured(row, variant)).map(({ id }) => `${row} ${id}`)),
    );
  });

  test('recovery is measured for upstream and for wasm-revive, in both panic modes', () => {
    expect(found.recovery.filter(({ first }) => first.p99 > 0).map(({ variant, arrival }) => `${variant} ${arrival}`)).toEqual(
      ['upstream-abort', 'revive-abort', 'rollback-abort', 'upstream-unwind', 'revive-unwind', 'rollback-unwind'].flatMap((id) => [
        `${id} at once`,
        ...(id.startsWith('revive') ? [`${id} at once, nothing made ahead`] : []),
        `${id} later`,
      ]),
    );
  });

  test('calls served under failures and memory are measured', () => {
    expect(found.load.map(({ variant }) => variant)).toEqual([
      'upstream-abort',
      'revive-abort',
      'rollback-abort',
      'upstream-unwind',
      'revive-unwind',
      'rollback-unwind',
    ]);
    expect(found.load.every(({ served }) => served.length === 4 && served.every((calls) => calls > 0))).toBe(true);
  });

  test('the transform is measured on a module of 1 MiB', () => {
    expect(found.transform.wasmBytes).toBe(2 ** 20);
    expect(found.transform.cliMs).toBeGreaterThan(0);
    expect(found.transform.warmMs).toBeGreaterThan(0);
  });

  test('turns are measured with rollback and without, and so are their end, aborts, memory and size', () => {
    const { turns, ends, aborts, memoryKib, bytes } = found.rollback;
    expect(turns.filter(({ us, ratio }) => us > 0 && ratio > 0).map(({ workload }) => workload)).toEqual(WORKLOAD_NAMES);
    expect(ends.map(({ mebibytes }) => mebibytes)).toEqual(HEAPS);
    expect(aborts.map(({ title }) => title)).toEqual(['rollback', "upstream's reset"]);
    expect(memoryKib[1]).toBeGreaterThan(memoryKib[0]);
    expect(bytes[1]).toBeGreaterThan(bytes[0]);
  });

  test('sizes are there, and which Node.js it was', () => {
    expect(found.sizes.every(({ bytes, gzip }) => bytes > gzip && gzip > 0)).toBe(true);
    expect(found.machine.node).toBe(process.versions.node);
  });
});

test('an option that does not exist is refused, with the usage', async () => {
  await expect(run(process.execPath, [MAIN, '--fast'])).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('Usage:') });
});

/** Debug information of modules whose turns can be undone: it is that of the code that runs, and can be shipped in a file of its own. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { debugFileOnDisk, readReport, type SymbolicatedFrame, symbolicate } from '@wasm-revive/symbolicate';
import { describe, expect, it } from 'vitest';
import type { CrashReport } from 'wasm-revive';
import { runCli, testFolders } from '../src/drive/folders.ts';
import { cargoModule, debugInfoChecker, debugPackage, PANIC_MODES, RUNNING_NODE, upstreamPackage } from '../src/drive/paths.ts';
import { customSection, customSectionNames, stripped, withCustomSection, withoutBuildId } from '../src/drive/wasm-bytes.ts';
import { moduleName } from '../src/hosts/node.ts';
import { nameOf } from '../src/invariants.ts';
import { WAYS_TO_FAIL } from '../src/runner/corpus.ts';

const { empty, copyOf } = testFolders();

const { check } = createRequire(import.meta.url)(debugInfoChecker()) as { check(module: Uint8Array): string };

/** What the checker has compared: see `Checked` in `crates/debug-info-checker`. */
type Checked = Record<'instructions' | 'places' | 'doubled' | 'lines' | 'inlined' | 'divided' | 'locationLists', number>;

function wasmFile(dir: string): string {
  return join(dir, readdirSync(dir).find((name) => name.endsWith('_bg.wasm')) ?? '');
}

/** The reports of each way to fail, by name, in a process of their own. */
function reportsOf(dir: string): Map<string, CrashReport> {
  const program = `
    Error.stackTraceLimit = 50;
    const ns = require(${JSON.stringify(join(dir, moduleName(dir)))});
    ns.__revive.configure({ consecutiveFailures: Number.POSITIVE_INFINITY });
    const reports = ${JSON.stringify(WAYS_TO_FAIL.map(({ name }) => name))}.flatMap((way) => {
      try { ns.fail_as(way); return []; } catch (error) { return error.report ? [[way, JSON.stringify(error.report)]] : []; }
    });
    console.log(JSON.stringify(reports));`;
  const { stdout, stderr } = spawnSync(RUNNING_NODE.binary, ['-e', program], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const lines = stdout.trim().split('\n');
  const reports = JSON.parse(lines.at(-1) ?? stderr) as [string, string][];
  return new Map(reports.map(([way, report]) => [way, readReport(report)]));
}

/** All that is told of the stack of a failure. */
function stackOf({ failure }: CrashReport): unknown[] {
  const frames: readonly SymbolicatedFrame[] = failure.kind === 'aborted' ? failure.frames : failure.panic.frames;
  return frames.map(({ function: name, source }) => ({ name, source }));
}

async function transformed(dir: string, ...flags: string[]): Promise<string> {
  const copy = copyOf(dir);
  const { ended, stderr } = await runCli(['transform', copy, ...flags]);
  expect([ended, stderr]).toEqual([undefined, '']);
  return copy;
}

describe.each(PANIC_MODES)('panic=%s', (panic) => {
  it.each([
    ['as wasm-bindgen keeps it', () => wasmFile(debugPackage(panic))],
    ['as rustc writes it', () => cargoModule('fixtures-debug', panic)],
  ])(`${nameOf('I1')} › each instruction has the line and the inlined functions that it had, %s`, (_, file) => {
    const { instructions, places, doubled, lines, inlined, divided } = JSON.parse(check(readFileSync(file()))) as Checked;
    expect(places).toBeGreaterThan(instructions + doubled);
    // That there is something to compare. In the unwind build, the log leaves out more of what is written to frames, so that it changes fewer places.
    for (const count of [doubled, divided]) expect(count).toBeGreaterThan(panic === 'abort' ? 9 : 5);
    for (const count of [lines, inlined]) expect(count).toBeGreaterThan(instructions / 3);
  });

  it.each([
    ['as wasm-bindgen keeps it', () => wasmFile(debugPackage(panic, 'fixtures-full-debug'))],
    ['as rustc writes it', () => cargoModule('fixtures-full-debug', panic)],
  ])(`${nameOf('I1')} › each variable is where it was at each instruction, %s`, (_, file) => {
    const { locationLists } = JSON.parse(check(readFileSync(file()))) as Checked;
    expect(locationLists).toBeGreaterThan(1_000);
  });

  it(`${nameOf('I1')} › after a rollback, every failure has the stack that it has with a fresh instance`, async () => {
    const fresh = await transformed(debugPackage(panic));
    const undone = await transformed(debugPackage(panic), '--recovery', 'rollback');
    const [before, after] = [reportsOf(fresh), reportsOf(undone)];
    expect(after.size).toBeGreaterThan(20);
    let placed = 0;
    for (const [way, report] of after) {
      const other = before.get(way);
      if (other === undefined) return expect.fail(`${way} fails only with rollback`);
      const stack = stackOf(symbolicate(report, readFileSync(wasmFile(undone))));
      expect([way, stack]).toEqual([way, stackOf(symbolicate(other, readFileSync(wasmFile(fresh))))]);
      placed += Number(JSON.stringify(stack).includes('corpus.rs'));
    }
    expect(placed).toBeGreaterThan(5);
  }, 60_000);

  it(`${nameOf('I1')} › a debug file of its own explains what was shipped without`, async () => {
    const debugFile = join(empty(), 'symbols', 'app.debug.wasm');
    const dir = await transformed(debugPackage(panic), '--recovery', 'rollback', '--split-debug', debugFile);
    const [shipped, debug] = [readFileSync(wasmFile(dir)), readFileSync(debugFile)];
    expect(customSectionNames(shipped).filter((name) => name.startsWith('.debug_'))).toEqual([]);
    expect(customSectionNames(debug)).toContain('.debug_info');
    expect(customSectionNames(debug)).not.toContain('external_debug_info');
    expect(customSection(shipped, 'build_id')).toEqual(customSection(debug, 'build_id'));
    const report = reportsOf(dir).get('exit');
    if (report === undefined) return expect.fail('exit did not fail');
    const id = Buffer.from(customSection(shipped, 'build_id') ?? []).toString('hex');
    expect(`10${report.build?.debugId}`).toBe(id);
    const found = debugFileOnDisk(wasmFile(dir));
    expect(Buffer.from(found).equals(debug)).toBe(true);
    expect(JSON.stringify(stackOf(symbolicate(report, found)))).toContain('corpus.rs');
    // As a user goes.
    const written = join(dirname(debugFile), 'report.json');
    writeFileSync(written, JSON.stringify(report));
    const { stdout } = await runCli(['symbolicate', written, '--debug', wasmFile(dir)]);
    expect(stdout).toContain('corpus.rs');
  }, 60_000);

  it(`${nameOf('I9')} › a debug file of another build is refused, with both ids`, async () => {
    const debugFile = join(empty(), 'app.debug.wasm');
    const dir = await transformed(debugPackage(panic), '--split-debug', debugFile);
    const debug = readFileSync(debugFile);
    const report = reportsOf(dir).get('exit');
    if (report === undefined) return expect.fail('exit did not fail');
    // The same code, built from other lines.
    const other = withCustomSection(withoutBuildId(debug), 'build_id', '\u0003abc');
    const ids = new RegExp(`616263.*${report.build?.debugId}`);
    expect(() => symbolicate(report, other)).toThrow(
      expect.objectContaining({ code: 'REVIVE_OTHER_BUILD', message: expect.stringMatching(ids) }),
    );
    expect(stackOf(symbolicate(report, other, { force: true }))).toEqual(stackOf(symbolicate(report, debug)));
    writeFileSync(debugFile, other);
    expect(() => debugFileOnDisk(wasmFile(dir))).toThrow(
      expect.objectContaining({ code: 'REVIVE_OTHER_BUILD', message: expect.stringMatching(ids) }),
    );
  }, 60_000);

  it(`${nameOf('I9')} › the same package gives the same bytes, and another one another id`, async () => {
    const [one, two] = [await transformed(debugPackage(panic)), await transformed(debugPackage(panic))];
    const ids = [debugPackage(panic), upstreamPackage(panic, 'nodejs')].map(async (dir) =>
      customSection(readFileSync(wasmFile(await transformed(dir, '--recovery', 'rollback'))), 'build_id'),
    );
    expect(readFileSync(wasmFile(one)).equals(readFileSync(wasmFile(two)))).toBe(true);
    const [id, other] = await Promise.all(ids);
    expect(id).not.toEqual(other);
    expect(id).not.toEqual(customSection(readFileSync(wasmFile(one)), 'build_id'));
  }, 60_000);
});

it.each(['fresh', 'rollback'])(
  `${nameOf('I1')} › a debug file that was split off before is rewritten with the code, %s`,
  async (recovery) => {
    const dir = copyOf(debugPackage('abort'));
    const [whole, debugFile] = [readFileSync(wasmFile(dir)), join(dir, 'app.debug.wasm')];
    // As other tools split it.
    writeFileSync(debugFile, whole);
    writeFileSync(wasmFile(dir), withCustomSection(stripped(whole), 'external_debug_info', '\u000eapp.debug.wasm'));
    expect((await runCli(['transform', dir, '--recovery', recovery])).stderr).toBe('');
    const shipped = readFileSync(wasmFile(dir));
    expect(customSectionNames(shipped)).toContain('build_id');
    expect(customSectionNames(shipped).filter((name) => name.startsWith('.debug_'))).toEqual([]);
    const report = reportsOf(dir).get('exit');
    if (report === undefined) return expect.fail('exit did not fail');
    expect(JSON.stringify(stackOf(symbolicate(report, debugFileOnDisk(wasmFile(dir)))))).toContain('corpus.rs');
  },
  60_000,
);

it.each([
  ['is not there', () => undefined],
  ['has other code', () => readFileSync(cargoModule('fixtures-debug'))],
  ['is no wasm file', () => Buffer.from('mine')],
])(`${nameOf('I9')} › a debug file that %s is left as it is, and with rollback the command says that it is missing`, async (_, content) => {
  const dir = copyOf(debugPackage('abort'));
  const [file, debug] = [join(dir, 'app.debug.wasm'), content()];
  if (debug) writeFileSync(file, debug);
  writeFileSync(wasmFile(dir), withCustomSection(stripped(readFileSync(wasmFile(dir))), 'external_debug_info', '\u000eapp.debug.wasm'));
  const { stderr, ended } = await runCli(['transform', dir, '--recovery', 'rollback']);
  expect(ended).toBeUndefined();
  expect(stderr).toMatch(/because it is in a file of its own, `app\.debug\.wasm`, that is not beside it/);
  expect(debug ? readFileSync(file).equals(debug) : !readdirSync(dir).includes('app.debug.wasm')).toBe(true);
});

it.each(['in place', 'to another folder'])(`${nameOf('I1')} › a debug file can be beside the wasm file, %s`, async (where) => {
  const dir = copyOf(debugPackage('abort'));
  const outDir = where === 'in place' ? dir : join(empty(), 'out');
  const debugFile = join(outDir, 'a name#1.wasm');
  const { stderr, ended } = await runCli(['transform', dir, '--out-dir', outDir, '--split-debug', debugFile]);
  expect([stderr, ended]).toEqual(['', undefined]);
  expect(Buffer.from(debugFileOnDisk(wasmFile(outDir))).equals(readFileSync(debugFile))).toBe(true);
});

it(`${nameOf('I9')} › no debug file is written where there is nothing to write, or over something else`, async () => {
  const folder = empty();
  const plain = copyOf(upstreamPackage('abort', 'nodejs'));
  const withDebugInfo = copyOf(debugPackage('abort'));
  const notes = join(folder, 'notes.txt');
  writeFileSync(notes, 'mine');
  const link = join(empty(), 'link');
  symlinkSync(withDebugInfo, link);
  const other = join(withDebugInfo, 'other_bg.wasm');
  for (const [dir, file, code] of [
    [plain, join(folder, 'a.wasm'), 'REVIVE_NO_DEBUG_INFO'],
    [withDebugInfo, notes, 'REVIVE_BAD_OUTPUT'],
    [withDebugInfo, wasmFile(withDebugInfo), 'REVIVE_BAD_OUTPUT'],
    // By another way to the same place, of another module, what is written there anyway, and where changes are staged.
    [withDebugInfo, join(link, basename(wasmFile(withDebugInfo))), 'REVIVE_BAD_OUTPUT'],
    [withDebugInfo, other, 'REVIVE_BAD_OUTPUT'],
    [withDebugInfo, join(withDebugInfo, 'wasm-revive.cjs'), 'REVIVE_BAD_OUTPUT'],
    [withDebugInfo, join(withDebugInfo, 'wasm-revive-staging/a.wasm'), 'REVIVE_BAD_OUTPUT'],
    [withDebugInfo, folder, 'REVIVE_BAD_OUTPUT'],
    [withDebugInfo, '', 'REVIVE_BAD_OUTPUT'],
  ] as const) {
    const before = readFileSync(wasmFile(dir));
    const { stderr, ended } = await runCli(['transform', dir, '--split-debug', file]);
    expect(ended).toContain('exit code 1');
    expect(stderr).toMatch(new RegExp(`^error ${code}: `));
    expect(readFileSync(wasmFile(dir)).equals(before)).toBe(true);
  }
  expect([readdirSync(folder), readFileSync(notes, 'utf8')]).toEqual([['notes.txt'], 'mine']);
});

it(`${nameOf('I1')} › debug information that can't be rewritten is left out, and the command says why`, async () => {
  const dir = copyOf(upstreamPackage('abort', 'nodejs'));
  writeFileSync(wasmFile(dir), withCustomSection(stripped(readFileSync(wasmFile(dir))), '.debug_types', ''));
  const { stderr, ended } = await runCli(['transform', dir, '--recovery', 'rollback']);
  expect(ended).toBeUndefined();
  expect(stderr).toMatch(/^Warning: the debug information \(DWARF\) of \S+ is left out, because it has type units/);
  expect(customSectionNames(readFileSync(wasmFile(dir)))).not.toContain('.debug_types');
});

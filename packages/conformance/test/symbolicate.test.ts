/** From a crash of a stripped release to the line of the source, as a user goes: the command, the kept debug file, the report as JSON. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { FailureRecord } from '@wasm-revive/kernel';
import { readReport, renderReport, type SymbolicatedFrame, symbolicate } from '@wasm-revive/symbolicate';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CrashReport, isReviveError } from 'wasm-revive';
import { runCli, testFolders } from '../src/drive/folders.ts';
import { cargoModule, cli, debugPackage, PANIC_MODES, RUNNING_NODE, revivePackage, root, upstreamPackage } from '../src/drive/paths.ts';
import { stripped, withDebugInfoOf } from '../src/drive/wasm-bytes.ts';
import { moduleName } from '../src/hosts/node.ts';
import { nameOf } from '../src/invariants.ts';
import { WAYS_TO_FAIL } from '../src/runner/corpus.ts';
import type { Fixtures, Report } from '../src/runner/fixtures.ts';
import type { PanicMode } from '../src/runner/kinds.ts';
import { fitsSchema } from '../src/runner/report-schema.ts';

const SOURCE = 'crates/fixtures/src/corpus.rs';
const { empty, copyOf } = testFolders();

/** Those that fail on their own line. A panic that was caught has the stack of where it was caught, so not its own. */
const HERE: Readonly<Record<PanicMode, readonly string[]>> = {
  abort: WAYS_TO_FAIL.filter(({ place }) => place === 'here').map(({ name }) => name),
  unwind: ['exit'],
};

const SOURCE_LINES = readFileSync(join(root, SOURCE), 'utf8').split('\n');

/** The line of the fixtures that begins so, counted from 1. */
function lineOf(text: string): number {
  return SOURCE_LINES.findIndex((line) => line.trimStart().startsWith(text)) + 1;
}

/** The frames of the stack of a failure. */
function framesOf({ failure }: CrashReport): readonly SymbolicatedFrame[] {
  return failure.kind === 'aborted' ? failure.frames : failure.panic.frames;
}

/** A report with its frames changed, as another engine would have told them. */
function withFrames(report: CrashReport, change: (frame: SymbolicatedFrame) => SymbolicatedFrame): CrashReport {
  const { failure } = report;
  const panic = failure.panic && { ...failure.panic, frames: failure.panic.frames.map(change) };
  const changed = failure.kind === 'aborted' ? { ...failure, frames: failure.frames.map(change) } : failure;
  return { ...report, failure: { ...changed, ...(panic && { panic }) } as FailureRecord };
}

function wasmFile(dir: string): string {
  return join(dir, readdirSync(dir).find((name) => name.endsWith('_bg.wasm')) ?? '');
}

describe.each(PANIC_MODES)('panic=%s', (panic) => {
  const debugFile = wasmFile(debugPackage(panic));
  const debug = readFileSync(debugFile);
  let ns: Fixtures;
  const lines = new Map<string, number>();

  beforeAll(async () => {
    // The engine's own default, 10, is less than some of Rust's ways to its panic handler take.
    Error.stackTraceLimit = 50;
    const dir = copyOf(debugPackage(panic));
    const { ended } = await runCli(['transform', dir]);
    expect(ended).toBeUndefined();
    // Stripped last, as it is deployed.
    const deployed = wasmFile(dir);
    writeFileSync(deployed, stripped(readFileSync(deployed)));
    expect(readFileSync(deployed).length).toBeLessThan(debug.length / 2);
    ns = createRequire(import.meta.url)(join(dir, `${moduleName(dir)}.js`)) as Fixtures;
    ns.__revive.configure({ consecutiveFailures: Number.POSITIVE_INFINITY });
    for (const way of ns.ways_to_fail()) lines.set(way.slice(way.indexOf(' ') + 1), Number.parseInt(way, 10));
  });

  function reportOf(way: string): CrashReport {
    try {
      ns.fail_as(way);
    } catch (error) {
      if (isReviveError(error) && error.report) return readReport(JSON.stringify(error.report));
    }
    return expect.fail(`${way} did not fail with a report`);
  }

  it.each(HERE[panic])(`${nameOf('I1')} › %s: the stack has its line`, (way) => {
    const report = symbolicate(reportOf(way), debug);
    const places = framesOf(report).flatMap(({ source = [] }) => source);
    expect(places.map(({ place }) => `${place?.file.endsWith(SOURCE)}:${place?.line}`)).toContain(`true:${lines.get(way)}`);
    expect(fitsSchema(report as unknown as Report)).toBe(true);
  });

  it(`${nameOf('I1')} › functions that were inlined are told, and the function that the frame is of, whole`, () => {
    const inlined = framesOf(symbolicate(reportOf('exit'), debug)).flatMap(({ source = [] }) => source.slice(0, -1));
    expect(inlined).toContainEqual({
      name: expect.stringMatching(/^\{closure#\d+\}$/),
      place: { file: expect.stringMatching(`${SOURCE}$`), line: lines.get('exit'), column: expect.any(Number) },
    });
    const owners = framesOf(symbolicate(reportOf('exit'), debug)).filter(({ source = [] }) => source[0]?.place?.line === lines.get('exit'));
    expect(owners.map(({ function: name }) => name)).toEqual([
      expect.stringMatching(/^<wasm_revive_fixtures::corpus::WAYS::\{closure#\d+\} as /),
    ]);
  });

  it(`${nameOf('I1')} › an engine that tells functions and no offsets: where they begin, and said to be that`, () => {
    const report = symbolicate(
      withFrames(reportOf('exit'), ({ index }) => ({ index: index ?? 0 })),
      debug,
    );
    const entry = framesOf(report).find(({ function: name }) => name === 'fail_as');
    expect(entry).toMatchObject({ approximate: true, source: [{ name: 'fail_as', place: { line: lineOf('pub fn fail_as') - 1 } }] });
    expect(framesOf(report).every(({ source = [] }) => source.length <= 1)).toBe(true);
    expect(renderReport(report)).toContain('fail_as (where it begins)');
    expect(fitsSchema(report as unknown as Report)).toBe(true);
  });

  it(`${nameOf('I1')} › an engine that tells names alone: they are kept`, () => {
    const report = withFrames(reportOf('exit'), () => ({ function: '_ZN3app3run17h0123456789abcdefE' }));
    expect(framesOf(symbolicate(report, debug))).toEqual(framesOf(report).map(() => ({ function: 'app::run' })));
  });

  it(`${nameOf('I1')} › frames of another module on the same stack are left as they are`, () => {
    const report = reportOf('exit');
    const { failure } = report;
    if (failure.kind !== 'aborted') return expect.fail('an exit is an abort');
    const foreign = { function: 'theirs', index: 1, offset: failure.frames[0]?.offset ?? 0 };
    const frames = framesOf(symbolicate({ ...report, failure: { ...failure, frames: [...failure.frames, foreign] } }, debug));
    expect(frames.at(-1)).toEqual(foreign);
    expect(frames.slice(0, -1)).toEqual(framesOf(symbolicate(report, debug)));
  });

  it(`${nameOf('I9')} › lines of other code are never told: the code was rewritten after the transform`, () => {
    // What ran is not what the debug file is of, though the package says so.
    const { build } = reportOf('exit');
    const other = copyOf(revivePackage(panic, 'nodejs'));
    const program = `Error.stackTraceLimit = 50; try { require(${JSON.stringify(join(other, moduleName(other)))}).fail_as('exit') } catch (error) { console.log(JSON.stringify(error.report)) }`;
    expect(spawnSync(RUNNING_NODE.binary, [cli, 'transform', other]).status).toBe(0);
    const { stdout } = spawnSync(RUNNING_NODE.binary, ['-e', program], { encoding: 'utf8' });
    const rewritten = { ...readReport(stdout), build: { ...readReport(stdout).build, ...build } } as CrashReport;
    expect(() => symbolicate(rewritten, debug)).toThrow(
      expect.objectContaining({ code: 'REVIVE_OTHER_BUILD', message: expect.stringContaining('`wasm-opt`') }),
    );
  });

  it(`${nameOf('I9')} › lines of other code are never told: the debug information was not rewritten with the code`, () => {
    const stale = withDebugInfoOf(readFileSync(cargoModule('fixtures-debug', panic)), debug);
    const names = (report: CrashReport) => framesOf(report).map(({ function: name }) => name);
    const refused: string[] = [];
    for (const way of ['exit', ...WAYS_TO_FAIL.slice(0, 12).map(({ name }) => name)]) {
      const report = reportOf(way);
      try {
        symbolicate(report, stale);
      } catch (error) {
        expect(error).toMatchObject({ code: 'REVIVE_STALE_DEBUG_INFO' });
        refused.push(way);
      }
      const forced = symbolicate(report, stale, { force: true });
      expect(names(forced)).toEqual(names(symbolicate(report, debug)));
      expect(framesOf(forced).flatMap(({ source = [] }) => source.filter(({ place }) => place !== undefined))).toEqual([]);
    }
    // Where nothing at all is found there is nothing to refuse.
    expect(refused.length).toBeGreaterThan(6);
  });

  it(`${nameOf('I1')} › the command reads standard input`, () => {
    const args = [cli, 'symbolicate', '-', '--debug', debugFile, '--source-root', root];
    const { status, stdout } = spawnSync(RUNNING_NODE.binary, args, { input: JSON.stringify(reportOf('exit')), encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout).toContain('it failed here');
  });

  it(`${nameOf('I1')} › the command shows the line, and the same as JSON`, async () => {
    const file = join(empty(), 'report.json');
    writeFileSync(file, JSON.stringify(reportOf('exit')));
    const { stdout, ended } = await runCli(['symbolicate', file, '--debug', debugFile, '--source-root', root]);
    expect(ended).toBeUndefined();
    expect(stdout).toContain(`${lines.get('exit')} |     way("exit", || std::process::exit(black_box(3))),`);
    expect(stdout).toContain('it failed here');
    const json = await runCli(['symbolicate', file, '--debug', debugFile, '--json']);
    expect(fitsSchema(JSON.parse(json.stdout) as Report)).toBe(true);
    const bare = await runCli(['symbolicate', file]);
    expect(bare.stdout).toContain('stack, innermost first');
    expect(bare.stdout).not.toContain(SOURCE);
  });

  it(`${nameOf('I9')} › a debug file that does not fit is refused, unless forced`, async () => {
    const folder = empty();
    const report = join(folder, 'report.json');
    writeFileSync(report, JSON.stringify(reportOf('exit')));
    const none = join(folder, 'none.wasm');
    writeFileSync(none, stripped(debug));
    const cut = join(folder, 'cut.wasm');
    writeFileSync(cut, debug.subarray(0, debug.length / 2));
    for (const [wasm, code] of [
      [wasmFile(upstreamPackage(panic, 'nodejs')), 'REVIVE_OTHER_BUILD'],
      [none, 'REVIVE_NO_DEBUG_INFO'],
      [cut, 'REVIVE_BAD_DEBUG_FILE'],
      [report, 'REVIVE_BAD_DEBUG_FILE'],
      [join(folder, 'missing.wasm'), 'REVIVE_BAD_DEBUG_FILE'],
    ] as const) {
      const { stdout, stderr, ended } = await runCli(['symbolicate', report, '--debug', wasm]);
      expect([stdout, ended]).toEqual(['', expect.stringContaining('exit code 1')]);
      expect(stderr).toMatch(new RegExp(`^error ${code}: [^\\n]+\\n$`));
    }
    const forced = await runCli(['symbolicate', report, '--debug', none, '--force']);
    expect(forced.ended).toBeUndefined();
  });
});

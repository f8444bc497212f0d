/** From a crash of a stripped release to the line of the source, as a user goes: the command, the kept debug file, the report as JSON. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { readReport, symbolicate } from '@wasm-revive/symbolicate';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CrashReport, isReviveError } from 'wasm-revive';
import { runCli, testFolders } from '../src/drive/folders.ts';
import { debugPackage, PANIC_MODES, root, upstreamPackage } from '../src/drive/paths.ts';
import { stripped } from '../src/drive/wasm-bytes.ts';
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
    ns.__revive.configure({ maxRestarts: 1_000 });
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
    const { failure } = report;
    const frames = failure.kind === 'aborted' ? failure.frames : failure.panic.frames;
    const places = frames.flatMap((frame) => ('source' in frame ? (frame.source as { place?: { file: string; line: number } }[]) : []));
    expect(places.map(({ place }) => `${place?.file.endsWith(SOURCE)}:${place?.line}`)).toContain(`true:${lines.get(way)}`);
    expect(fitsSchema(report as unknown as Report)).toBe(true);
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

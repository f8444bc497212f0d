/** What glue of older versions of wasm-bindgen does otherwise, put into a package of the present one. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type CrashReport, isReviveError } from 'wasm-revive';
import { transform } from 'wasm-revive/transform';
import { testFolders } from '../src/drive/folders.ts';
import { upstreamPackage } from '../src/drive/paths.ts';
import { withImportRenamed, withTableExported } from '../src/drive/wasm-bytes.ts';
import { moduleName } from '../src/hosts/node.ts';
import { nameOf } from '../src/invariants.ts';
import type { Fixtures } from '../src/runner/fixtures.ts';
import { thrownBy } from '../src/runner/scenarios/scenario.ts';

const { copyOf } = testFolders();

/** A package of the target nodejs, edited, transformed and loaded, with the failures that it reports. */
function load<N>(glue: (code: string) => string, wasm: (module: Uint8Array) => Uint8Array): { ns: Fixtures & N; failures: CrashReport[] } {
  const dir = copyOf(upstreamPackage('abort', 'nodejs'));
  const [js, binary] = [`${moduleName(dir)}.js`, readdirSync(dir).find((name) => name.endsWith('_bg.wasm')) ?? ''].map((name) =>
    join(dir, name),
  ) as [string, string];
  writeFileSync(js, glue(readFileSync(js, 'utf8')));
  writeFileSync(binary, wasm(readFileSync(binary)));
  transform({ dir });
  const ns = createRequire(import.meta.url)(js) as Fixtures & N;
  const failures: CrashReport[] = [];
  ns.__revive.configure({ onFailure: (report) => failures.push(report as unknown as CrashReport) });
  return { ns, failures };
}

// 0.2.130 calls it `__wbg___wbindgen_throw_…`. Before 0.2.101 it was `__wbindgen_throw`; hashes had no leading zeros.
it.each(['__wbindgen_throw', '__wbg_wbindgenthrow_451ec1a8469d7eb6', '__wbg_wbindgenthrow_51ec1a8469d7eb6'])(
  `${nameOf('I2')}: what Rust throws on purpose through %s is no failure`,
  (name) => {
    const now = /__wbg___wbindgen_throw_[0-9a-f]{16}/.exec(
      readFileSync(join(upstreamPackage('abort', 'nodejs'), 'wasm_revive_fixtures.js'), 'utf8'),
    )?.[0] as string;
    const { ns, failures } = load(
      (code) => code.replaceAll(now, name),
      (module) => withImportRenamed(module, now, name),
    );
    expect(thrownBy(() => ns.throw_text('on purpose'))).toEqual(new Error('on purpose'));
    const counter = new ns.Counter(1);
    counter.free();
    expect(thrownBy(() => counter.inc())).toEqual(new Error('null pointer passed to rust'));
    expect(failures).toEqual([]);
    expect(ns.__revive.generation).toBe(1);
  },
);

it(`${nameOf('I1')}: an abort in a function that glue takes out of the function table says so`, () => {
  const { ns, failures } = load<{ call_by_index(index: number): void; functions(): number }>(
    (code) =>
      `${code}
function functions() { return wasm.older_table.length; }
exports.functions = functions;
function call_by_index(index) { wasm.older_table.get(index)(0, 0, 0, 0); }
exports.call_by_index = call_by_index;
`,
    (module) => withTableExported(module, 'older_table'),
  );
  for (let index = 1; index < ns.functions() && failures.length === 0; index++) {
    const error = thrownBy(() => ns.call_by_index(index));
    if (isReviveError(error)) expect(error.message).toMatch(/^Rust (?:aborted|panicked) in a function called through the function table/);
  }
  expect(failures.map(({ entrypoint }) => entrypoint)).toEqual(['a function called through the function table']);
});

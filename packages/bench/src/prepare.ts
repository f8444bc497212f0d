import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'wasm-revive/transform';
import type { GlueKind, PanicMode } from './variants.ts';
import { withoutGuards } from './without-guards.ts';

/** What the set-up made from Rust. */
export const ARTIFACTS: string = fileURLToPath(new URL('../../../.artifacts', import.meta.url));

/** The glue of `crates/bench-fixture`. */
export const GLUE_FILE = 'wasm_revive_bench_fixture.js';

/** The file to load for each variant. */
export type Packages = Record<GlueKind, Record<PanicMode, string>>;

/** The packages to measure, in a folder of their own. */
export interface Prepared {
  readonly packages: Packages;
  /** A folder to write to. */
  readonly scratch: string;
  remove(): void;
}

/** Copies wasm-bindgen's packages and transforms them, as they are now: a build that goes on meanwhile changes nothing. */
export function prepare(): Prepared {
  const scratch = mkdtempSync(path.join(tmpdir(), 'wasm-revive-bench-'));
  const both = (make: (panic: PanicMode) => string): Record<PanicMode, string> => ({ abort: make('abort'), unwind: make('unwind') });
  const copied = (glue: GlueKind, artifact: string, target: string): Record<PanicMode, string> =>
    both((panic) => {
      const to = path.join(scratch, glue, panic);
      cpSync(artifactDir(artifact, panic, target), to, { recursive: true });
      return path.join(to, GLUE_FILE);
    });
  const transformed = (glue: GlueKind, artifact: string, recovery?: 'rollback'): Record<PanicMode, string> =>
    both((panic) => {
      const outDir = path.join(scratch, glue, panic);
      transform({ dir: artifactDir(artifact, panic, 'nodejs'), outDir, recovery });
      return path.join(outDir, GLUE_FILE);
    });
  const bare = copied('bare', 'bench-fixture', 'nodejs');
  writeFileSync(bare.unwind, withoutGuards(readFileSync(bare.unwind, 'utf8')));
  return {
    packages: {
      bare,
      guarded: copied('guarded', 'bench-fixture', 'nodejs'),
      upstream: copied('upstream', 'bench-fixture-upstream', 'nodejs-reset'),
      revive: transformed('revive', 'bench-fixture'),
      crates: transformed('crates', 'bench-fixture-crates'),
      rollback: transformed('rollback', 'bench-fixture', 'rollback'),
    },
    scratch,
    remove: () => rmSync(scratch, { recursive: true, force: true }),
  };
}

/** Where the set-up put what wasm-bindgen made. */
export function artifactDir(artifact: string, panic: PanicMode, variant: string): string {
  const dir = path.join(ARTIFACTS, artifact, panic, variant);
  if (!existsSync(dir)) throw new Error(`${dir} is missing. \`npm run bench\` at the top of the repository builds it.`);
  return dir;
}

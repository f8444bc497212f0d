/** Before all tests: transforms what wasm-bindgen made of the fixtures, for every target and panic mode, into a folder of this run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { transform } from 'wasm-revive/transform';
import { OLDER_TARGETS, OLDER_VERSIONS, unpackOlder } from './older-versions.ts';
import {
  exnrefPackage,
  exnrefRevivePackage,
  PANIC_MODES,
  revivePackage,
  STYLED,
  styledPackage,
  TARGETS,
  upstreamPackage,
} from './paths.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /**
     * The folder of the transformed fixtures: `<panic>/<variant>` in it, `revive/<panic>/<target>` for those with the crates;
     * `exnref/<target>`, `revive/exnref/nodejs` for panic=unwind in that encoding; and `<style>/<panic>/<target>` for other glue,
     * `wasm-bindgen <version>/abort/<target>` for that of older versions. `rollback/<panic>/<target>` for those
     * whose turns can be undone, and `rollback/revive/<panic>/<target>` for those of them with the crates; the same in `copy`, where copies are what undoes turns.
     */
    transformed: string;
  }
}

export function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-revive-conformance-'));
  transformFixtures(folder);
  project.provide('transformed', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}

/** Transforms all of them into a folder. */
export function transformFixtures(folder: string): void {
  for (const panic of PANIC_MODES) {
    // With upstream's own reset too, where it has one to offer.
    for (const variant of [...TARGETS, 'web-reset', 'nodejs-reset', 'module-reset'] as const) {
      transform({ dir: upstreamPackage(panic, variant), outDir: join(folder, panic, variant) });
    }
    for (const target of TARGETS) {
      const dir = upstreamPackage(panic, target);
      transform({ dir, outDir: join(folder, 'rollback', panic, target), recovery: 'rollback' });
      transform({ dir, outDir: join(folder, 'copy', panic, target), recovery: 'rollback', commit: 'copy' });
    }
    for (const target of TARGETS) {
      const dir = revivePackage(panic, target);
      transform({ dir, outDir: join(folder, 'revive', panic, target) });
      transform({ dir, outDir: join(folder, 'rollback/revive', panic, target), recovery: 'rollback' });
      transform({ dir, outDir: join(folder, 'copy/revive', panic, target), recovery: 'rollback', commit: 'copy' });
    }
  }
  for (const target of TARGETS) transform({ dir: exnrefPackage(target), outDir: join(folder, 'exnref', target) });
  transform({ dir: exnrefRevivePackage(), outDir: join(folder, 'revive/exnref/nodejs') });
  for (const [style, panic, targets] of STYLED) {
    for (const target of targets) transform({ dir: styledPackage(style, panic, target), outDir: join(folder, style, panic, target) });
  }
  for (const version of OLDER_VERSIONS) {
    const plain = join(folder, 'older', version);
    unpackOlder(version, plain);
    for (const target of OLDER_TARGETS)
      transform({ dir: join(plain, target), outDir: join(folder, `wasm-bindgen ${version}`, 'abort', target) });
  }
}

/** Lines of errors in glue lead to the file as wasm-bindgen wrote it, through the map of the bundle. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { originalPositionFor, sourceContentFor, TraceMap } from '@jridgewell/trace-mapping';
import { describe, expect, it } from 'vitest';
import { BUNDLERS } from '../../src/drive/bundlers.ts';
import { upstreamPackage } from '../../src/drive/paths.ts';
import { GLUE, PluginProject } from '../../src/drive/plugin-project.ts';

/** What glue throws where an argument is no object of the class that is asked for. */
const THROWS = 'expected instance of';

describe('the map of a bundle', () => {
  it.each(Object.entries(BUNDLERS))('leads from glue that %s has bundled to the original', async (_, bundle) => {
    const project = new PluginProject(
      { pkg: upstreamPackage('abort', 'web') },
      `import init, * as pkg from './pkg/${GLUE}'; globalThis.outcome = init().then(() => pkg);`,
    );
    try {
      await bundle({ program: project.program, out: project.out, at: '/', plugin: { root: project.dir }, sourcemap: true });
      const code = readFileSync(join(project.out, 'main.js'), 'utf8');
      const map = new TraceMap(readFileSync(join(project.out, 'main.js.map'), 'utf8'));
      const before = code.slice(0, code.indexOf(THROWS)).split('\n');
      const found = originalPositionFor(map, { line: before.length, column: before.at(-1)?.length ?? 0 });
      const original = readFileSync(join(project.dir, 'pkg', GLUE), 'utf8');
      expect(found.source).toMatch(/pkg\/wasm_revive_fixtures\.js$/);
      expect(original.split('\n')[(found.line ?? 0) - 1]).toContain(THROWS);
      expect(sourceContentFor(map, found.source ?? '')).toBe(original);
    } finally {
      project.remove();
    }
  });
});

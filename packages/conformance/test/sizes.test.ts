/**
 * How much there is to load: the runtime, and what the transform makes of the fixtures' glue. The numbers are a committed snapshot, so that whoever
 * changes them sees by how much. Compressed by a library, for what Node.js makes of it is another size in each version.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { gzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { transform } from 'wasm-revive/transform';
import { testFolders } from '../src/drive/folders.ts';
import { PANIC_MODES, root, TARGETS, upstreamPackage } from '../src/drive/paths.ts';

const { copyOf } = testFolders();

const DIST = join(root, 'packages/wasm-revive/dist');

const WORKER = "export { serve } from '@wasm-revive/workers'; export { revive, loadModule } from 'wasm-revive/runtime';";

interface Size {
  readonly bytes: number;
  readonly gzip: number;
}

const sizeOf = (content: Uint8Array): Size => ({ bytes: content.length, gzip: gzipSync(content, { level: 9 }).length });

/**
 * Rounded, so that what isn't a change of size is no diff: the order in which a bundler lays modules out moves some bytes, and so do the names in
 * glue that have hashes of the compiler's.
 */
const rough = ({ bytes, gzip }: Size): string => `${Math.round(bytes / 1_000)} KB (gzip ${(Math.round(gzip / 500) / 2).toFixed(1)} KB)`;

const line = (what: string, size: Size): string => `${what}: ${rough(size)}`;

/** What a program loads that is bundled and minified, of what is imported there. */
async function bundled(entry: string): Promise<Size> {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: join(root, 'packages/conformance') },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external: ['cloudflare:*', 'node:*'],
    write: false,
  });
  return sizeOf(outputFiles[0]?.contents ?? new Uint8Array());
}

const glueIn = (dir: string): Buffer[] =>
  readdirSync(dir)
    .filter((name) => /^wasm_revive_fixtures.*\.js$/.test(name))
    .map((name) => readFileSync(join(dir, name)));

describe('the runtime', () => {
  it('is as large as was written down', async () => {
    const beside = (file: string): Size => sizeOf(readFileSync(join(DIST, file)));
    const lines = [
      line('beside a package, fresh, as an ES module', beside('runtime-fresh.min.js')),
      line('beside a package, fresh, as a CommonJS module', beside('runtime-fresh.min.cjs')),
      line('beside a package, rollback, as an ES module', beside('runtime.min.js')),
      line('beside a package, rollback, as a CommonJS module', beside('runtime.min.cjs')),
      line(
        "bundled and minified by a program, of 'wasm-revive/runtime'",
        await bundled("export { revive, loadModule } from 'wasm-revive/runtime';"),
      ),
      line('the same with rollback', await bundled("export { revive, loadModule, undoSupport } from 'wasm-revive/runtime';")),
      line("bundled and minified, of '@wasm-revive/workers' and the runtime", await bundled(WORKER)),
    ];
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('sizes/runtime.snap.txt');
    // Fewer bytes where it isn't bundled than what can be read has.
    expect(beside('runtime.min.js').bytes).toBeLessThan(readFileSync(join(DIST, 'runtime.js')).length);
  });
});

describe('glue', () => {
  it('grows as was written down', async () => {
    const lines: string[] = [];
    for (const panic of PANIC_MODES) {
      for (const target of TARGETS) {
        const upstream = upstreamPackage(panic, target);
        const before = sizeOf(Buffer.concat(glueIn(upstream)));
        for (const recovery of ['fresh', 'rollback'] as const) {
          const dir = copyOf(upstream);
          transform({ dir, recovery });
          const after = sizeOf(Buffer.concat(glueIn(dir)));
          lines.push(`${target}, panic=${panic}, ${recovery}: ${rough(before)} before, ${rough(after)} after`);
        }
      }
    }
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('sizes/glue.snap.txt');
  });
});

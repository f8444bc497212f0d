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

/** What the build puts beside a Worker's glue. */
const WORKER = join(root, 'packages/workers/dist/worker-runtime.js');

/** What is left out of Workers without options, whose modules have none of our crates and catch nothing. */
const UNUSED = ['CONTROL', 'CRATES', 'EXCEPTIONS', 'CLASS_OPTIONS', 'QUARANTINE', 'WORKFLOWS', 'ANALYTICS'];

/** The part of a bundled Worker that is not its glue. */
function worker(unused: readonly string[], undo = false): Promise<Size> {
  const code = `export { serve, revive, loadModule${undo ? ', undoSupport' : ''} } from ${JSON.stringify(WORKER)};`;
  return bundled(code, Object.fromEntries(unused.map((part) => [`WASM_REVIVE_${part}`, 'false'])));
}

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
async function bundled(entry: string, define: Record<string, string> = {}): Promise<Size> {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: join(root, 'packages/conformance') },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external: ['cloudflare:*', 'node:*'],
    define,
    write: false,
  });
  return sizeOf(outputFiles[0]?.contents ?? new Uint8Array());
}

const SOURCES = ['kernel', 'reinit-manager', 'abort-detector', 'unwind-catcher', 'entrypoint-shim'].map((name) => `packages/${name}/src`);

/** What the runtime is made of, and which of its sources each part is: the first that fits. */
const PARTS: readonly (readonly [part: string, sources: RegExp])[] = [
  ['rollback, checkpoints and saved states', /kernel\/src\/(?:rollback|saved-state)\//],
  [
    'failures and their reports',
    /kernel\/src\/(?:failure\/|report\/|errors\.|instance\/instance-errors\.|module\/(?:abi|black-box)\.|program\/(?:thrown|complain)\.)/,
  ],
  [
    'whether module, engine, crates and runtime go together',
    /kernel\/src\/(?:module\/(?:exception-handling|own-module|crates|caret)|contract\/check-contract)\./,
  ],
  ['an instance: its scope, promises, closures and registrations', /kernel\/src\//],
  ['pools, and calls that are run again', /reinit-manager\/src\/pool\//],
  ['siblings, and the budget of memory', /reinit-manager\/src\/siblings\//],
  ['instances that are well and go', /reinit-manager\/src\/leaving\//],
  ['what the program persists', /reinit-manager\/src\/place\/persisted\./],
  ['whether and when another instance follows', /reinit-manager\/src\/supervision\//],
  ['generation after generation, with a reserve', /reinit-manager\/src\/place\//],
  ['`__revive`, its options and events', /reinit-manager\/src\/(?:control|options|settings|events|plugin|left-out)\./],
  ['how the first instance comes to be', /reinit-manager\/src\//],
  ['aborts and their causes (abort-detector)', /abort-detector\/src\//],
  ['panics (unwind-catcher)', /unwind-catcher\/src\//],
  ['what `init()` gives (entrypoint-shim)', /entrypoint-shim\/src\//],
  ['the composition', /wasm-revive\/src\//],
];

/** How many bytes of the runtime each part is, minified, of its sources. */
async function sizesOfParts(): Promise<Map<string, number>> {
  const { metafile } = await build({
    entryPoints: [join(root, 'packages/wasm-revive/src/runtime.ts')],
    absWorkingDir: root,
    alias: Object.fromEntries(SOURCES.map((source) => [`@wasm-revive/${source.split('/')[1]}`, join(root, source, 'index.ts')])),
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    metafile: true,
    write: false,
  });
  const parts = new Map(PARTS.map(([part]) => [part, 0]));
  for (const [file, { bytesInOutput }] of Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs))) {
    // Of a package's description the published files have the version alone.
    if (file.endsWith('package.json')) continue;
    const part = PARTS.find(([, sources]) => sources.test(file))?.[0];
    if (part === undefined) throw new Error(`no part of the runtime has ${file}`);
    parts.set(part, (parts.get(part) ?? 0) + bytesInOutput);
  }
  return parts;
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
      line('in a Worker without options', await worker([...UNUSED, 'SIBLINGS'])),
      line('in a Worker without options that has Durable Objects', await worker(UNUSED)),
      line('in a Worker with all options', await worker([])),
      line('with rollback, in a Worker without options', await worker([...UNUSED, 'SIBLINGS'], true)),
      line('with rollback, in a Worker without options that has Durable Objects', await worker(UNUSED, true)),
      line('with rollback, in a Worker with all options', await worker([], true)),
    ];
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('sizes/runtime.snap.txt');
    // Fewer bytes where it isn't bundled than what can be read has.
    expect(beside('runtime.min.js').bytes).toBeLessThan(readFileSync(join(DIST, 'runtime.js')).length);
  });
});

describe('each part of the runtime', () => {
  it('is as large as was written down', async () => {
    const lines = [...(await sizesOfParts())].map(([part, bytes]) => `${part}: ${(bytes / 1_000).toFixed(0)} KB\n`);
    await expect(lines.join('')).toMatchFileSnapshot('sizes/parts.snap.txt');
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

/** Rolldown's own development mode: what it makes recovers, and so does what a patch puts in its place; the instance before it is ended. */
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { dev } from 'rolldown/experimental';
import { expect, it } from 'vitest';
import { wasmRevive } from 'wasm-revive/rolldown';
import { testFolders } from '../../src/drive/folders.ts';
import { nodeVersion, otherNodeMajors, upstreamPackage } from '../../src/drive/paths.ts';
import { runProgram } from '../../src/drive/run-in-node.ts';

const folders = testFolders();
const GLUE = 'pkg/wasm_revive_fixtures.js';

/** Runs what was made of the program, then the patch. Note: Rolldown's runtime opens a socket to the server that patches come from. */
const HOST = `
  globalThis.WebSocket = class { static OPEN = 1; readyState = 0; };
  const [, main, patch, boundaries] = process.argv;
  const tried = (run) => { try { return run(); } catch (error) { return error.code; } };
  const use = async (pkg) => [pkg.bump(), tried(() => pkg.fail('abort')), pkg.echo('served')];
  await import(main);
  const before = await globalThis.load();
  const said = [await use(before)];
  await import(patch);
  __rolldown_runtime__.applyUpdates(JSON.parse(boundaries));
  const after = await globalThis.load();
  said.push(after === before, await use(after), tried(() => before.echo('served')));
  console.log(JSON.stringify(said));
`;

interface Patch {
  readonly type: string;
  readonly code: string;
  readonly hmrBoundaries: readonly { readonly boundary: string; readonly acceptedVia: string }[];
}

it('recovers, before a patch and after it', async () => {
  const dir = folders.copyOf(upstreamPackage('abort', 'web'));
  const root = join(dir, '..');
  const program = join(root, 'program.js');
  writeFileSync(
    program,
    `import init, * as pkg from './${GLUE}'; globalThis.load = async () => { await init(); return pkg; }; import.meta.hot.accept(() => {});`,
  );
  let patched = (_: Patch): void => {};
  const patch = new Promise<Patch>((resolve) => {
    patched = resolve;
  });
  const engine = await dev(
    { input: program, cwd: root, platform: 'browser', experimental: { devMode: true }, plugins: [wasmRevive({ root })] },
    { dir: join(root, 'out'), format: 'es' },
    {
      onHmrUpdates(result) {
        if (result instanceof Error) throw result;
        for (const { update } of result.updates) if (update.type === 'Patch') patched(update as Patch);
      },
    },
  );
  try {
    await engine.run();
    await engine.ensureCurrentBuildFinish();
    await engine.registerModules('client', ['program.js', GLUE]);
    cpSync(upstreamPackage('unwind', 'web'), dir, { recursive: true });
    const { code, hmrBoundaries } = await patch;
    writeFileSync(join(root, 'out/patch.js'), code);
    const node = nodeVersion(Math.max(...otherNodeMajors()));
    writeFileSync(join(root, 'out/host.mjs'), HOST.replace('const [, main', 'const [, , main'));
    const files = ['program.js', 'patch.js'].map((name) => pathToFileURL(join(root, 'out', name)).href);
    const boundaries = JSON.stringify(hmrBoundaries.map(({ boundary, acceptedVia }) => [boundary, acceptedVia]));
    const { stdout, stderr, ended } = await runProgram(node.binary, [join(root, 'out/host.mjs'), ...files, boundaries]);
    expect({ ended, stderr }).toEqual({ ended: undefined, stderr: '' });
    const served = [101, 'REVIVE_ABORT', 'served'];
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toEqual([served, false, served, 'REVIVE_DISPOSED']);
  } finally {
    await engine.close();
  }
}, 120_000);

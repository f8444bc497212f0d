/**
 * What users ship goes through a bundler: the runtime as npm packs it, and transformed packages, bundled for browsers and run in one. What a
 * bundler takes of wasm-bindgen's own output it must take transformed, and say no more about it.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { transform } from 'wasm-revive/transform';
import { BUNDLERS, type Bundle, type Said } from '../src/drive/bundlers.ts';
import { browserBinary, root, upstreamPackage } from '../src/drive/paths.ts';
import { evaluateInBrowser } from '../src/drive/run-in-browser.ts';

const externalFile = 'wasm_revive_fixtures_bg.wasm';

/** Which of wasm-bindgen's targets each bundler takes, untransformed and with no plugin. */
const TAKES: Readonly<Record<'web' | 'bundler' | 'module', readonly string[]>> = {
  web: ['webpack', 'Rspack', 'esbuild', 'Vite', 'Rollup', 'Rolldown'],
  bundler: ['webpack', 'Rspack', 'Vite'],
  module: ['webpack'],
};

/** A program that names only what the package exports: bundlers say of all else that it isn't there. */
function programFor(target: string, transformed: boolean): string {
  const recovers = `
    try { pkg.fail('abort'); } catch (error) { seen.push(error.code); }
    seen.push(pkg.add(1, 2), pkg.__revive.generation);`;
  return `
  import * as pkg from './pkg/wasm_revive_fixtures.js';
  async function run() {
    ${target === 'web' ? 'await pkg.default();' : ''}
    const seen = [pkg.echo('text'), new pkg.Counter(1).inc()];
    ${transformed ? recovers : ''}
    return seen;
  }
  globalThis.outcome = run().catch((error) => String(error.stack));
  `;
}

/** webpack and Rspack evaluate what awaits after the script has been loaded. */
const WHEN_THERE = `async () => {
  for (let wait = 0; globalThis.outcome === undefined && wait < 500; wait++) await new Promise((resolve) => setTimeout(resolve, 20));
  return (await globalThis.outcome) ?? 'nothing';
}`;

const chromium = browserBinary('chromium');

describe('bundled for browsers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-revive-bundlers-'));
  const installed = join(folder, 'node_modules/wasm-revive');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  beforeAll(() => {
    const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: join(root, 'packages/wasm-revive'),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [{ filename }] = JSON.parse(packed.slice(packed.indexOf('['))) as [{ filename: string }];
    mkdirSync(installed, { recursive: true });
    execFileSync('tar', ['-xzf', join(folder, filename), '--strip-components=1', '-C', installed]);
  });

  /** A folder with a program that uses the package. */
  function project(name: string, pkg: string, code: string): { program: string; out: string; at: string } {
    const dir = join(folder, name);
    cpSync(pkg, join(dir, 'pkg'), { recursive: true });
    symlinkSync(join(folder, 'node_modules'), join(dir, 'node_modules'));
    const program = join(dir, 'program.js');
    writeFileSync(program, code);
    return { program, out: join(dir, 'out'), at: `/${name}/` };
  }

  async function bundled(name: string, pkg: string, code: string, bundle: Bundle): Promise<Said & { out: string; at: string }> {
    const { program, out, at } = project(name, pkg, code);
    const said = await bundle({ program, out, at }).catch((error: unknown) => ({ warnings: [], errors: [String(error)] }));
    // Those that leave `new URL(…, import.meta.url)` as it is leave it to the user to copy the file.
    if (said.errors.length === 0) cpSync(join(pkg, externalFile), join(out, externalFile));
    return { ...said, out, at };
  }

  describe.each(Object.entries(TAKES))('target %s', (target, takers) => {
    // The packed runtime comes with the target that every bundler takes.
    const transformed = (): string => {
      if (target !== 'web') return join(inject('transformed'), 'abort', target);
      const outDir = join(folder, 'imports-runtime');
      transform({ dir: upstreamPackage('abort', 'web'), outDir, runtime: 'import' });
      return outDir;
    };

    it.each(Object.entries(BUNDLERS))(
      '%s says of it what it says of the plain package, and what it makes recovers',
      async (name, bundle) => {
        const plain = await bundled(
          `plain-${target}-${name}`,
          upstreamPackage('abort', target as 'web'),
          programFor(target, false),
          bundle,
        );
        expect(plain.errors.length === 0, `whether the plain package is taken: ${plain.errors[0]}`).toBe(takers.includes(name));
        if (plain.errors.length > 0) return;
        const ours = await bundled(`ours-${target}-${name}`, transformed(), programFor(target, true), bundle);
        expect(ours.errors).toEqual([]);
        expect(ours.warnings.length, ours.warnings.join('\n')).toBeLessThanOrEqual(plain.warnings.length);
        if (chromium === undefined) return;
        const outcome = await evaluateInBrowser(
          'chromium',
          chromium,
          { [ours.at]: ours.out },
          `import('${ours.at}main.js').then(${WHEN_THERE})`,
        );
        expect(JSON.parse(outcome)).toEqual(['text', 2, 'REVIVE_ABORT', 3, 2]);
      },
    );
  });
});

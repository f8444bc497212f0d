import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'wasm-revive/transform';
import { isOurs, packageDir, VARIANTS } from './variants.ts';

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

/** Where the packages of the variants are. */
export const ARTIFACTS: string = path.join(ROOT, '.artifacts');

/** How the packages are built: the same crate, with what its user would switch on. */
const BUILDS: readonly (readonly string[])[] = [
  ['--variants', 'nodejs'],
  ['--features', 'upstream-recovery', '--as', 'demo-service-upstream', '--variants', 'nodejs-reset'],
  ['--features', 'revive', '--as', 'demo-service-revive', '--variants', 'nodejs'],
];

/** Makes every variant's package; what is there and fresh is kept. */
export async function preparePackages(): Promise<void> {
  for (const build of BUILDS) await runNode('scripts/build-wasm.mjs', 'demo-service', ...build);
  for (const variant of VARIANTS.filter(isOurs)) {
    const outDir = packageDir(ARTIFACTS, variant);
    const recovery = variant.recovery === 'rollback' ? variant.recovery : undefined;
    transform({ dir: path.join(path.dirname(outDir), 'nodejs'), outDir, recovery });
  }
}

function runNode(script: string, ...args: string[]): Promise<void> {
  const file = path.join(ROOT, script);
  if (!existsSync(file)) throw new Error(`${script} is missing: this demo runs in the repository of wasm-revive.`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file, ...args], { cwd: ROOT, stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${script} ${args.join(' ')} failed; it says why above.`))));
  });
}

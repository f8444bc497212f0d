import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Crate } from '../toolchain/crate.js';

/** Writes the `package.json` of a package, as wasm-pack does, so that it can be imported, and published. What wasm-bindgen has written there stays. */
export function writeManifest(dir: string, { name, version, description, license }: Crate, target: string): void {
  const files = readdirSync(dir);
  const module = files.find((file) => file.endsWith('_bg.wasm'))?.slice(0, -'_bg.wasm'.length) ?? name;
  const file = join(dir, 'package.json');
  const own = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as object) : {};
  const manifest = {
    name,
    // Note: not "commonjs" for nodejs, since snippets beside that output are ES modules. Node.js tells by the syntax.
    ...(target !== 'nodejs' && target !== 'no-modules' && { type: 'module' }),
    ...(description !== undefined && { description }),
    version,
    ...(license !== undefined && { license }),
    files: files.filter((one) => one !== 'package.json'),
    // A script is no module that a program could import.
    [target === 'no-modules' ? 'browser' : 'main']: `${module}.js`,
    types: `${module}.d.ts`,
    sideEffects: [`./${module}.js`, './snippets/*'],
    ...own,
  };
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`);
}

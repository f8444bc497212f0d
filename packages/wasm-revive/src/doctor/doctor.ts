/** What this machine, this engine and a module can do, and what is missing. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { TransformError } from '@wasm-revive/bindgen';
import type { Surroundings } from '../toolchain/processes.js';
import type { PanicMode } from '../toolchain/rust.js';
import { examineEngine } from './engine.js';
import type { Finding } from './finding.js';
import { examinePackage } from './package.js';
import { examineCrate, examineToolchain, examineWasmTools } from './toolchain.js';

/** How deep below a package's folder its wasm file is looked for. */
const DEPTH = 3;

/**
 * Looks at the machine, and at a folder: a crate, a package, or one with packages in it.
 * @param where its path, or the name of a package that is installed
 * @throws TransformError `REVIVE_NOT_A_FOLDER`, `REVIVE_NO_WASM`
 */
export async function examine(where: string, panic: PanicMode, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const dir = folderOf(where);
  const at: Surroundings = { cwd: dir, env };
  const isCrate = existsSync(join(dir, 'Cargo.toml'));
  const packages = isCrate ? [dir, join(dir, 'pkg')].filter(hasWasm) : packagesIn(dir, DEPTH);
  const ofPackages = packages.flatMap(examinePackage);
  // Who has a package alone needs no Rust. Who names a folder that has neither is told so; without a name, he asks what the machine lacks.
  if (!isCrate && packages.length > 0) return [...examineEngine(), ...ofPackages];
  if (!isCrate && dir !== resolve('.')) {
    throw new TransformError(
      'REVIVE_NO_WASM',
      `${dir} holds neither a crate (Cargo.toml) nor a package of wasm-bindgen (*_bg.wasm, at most ${DEPTH} folders deep). Give the folder of one, ` +
        'or nothing, to have this machine looked at.',
    );
  }
  const { findings, rust } = examineToolchain(at, panic);
  const { findings: ofCrate, crate } = isCrate ? await examineCrate(at, rust) : { findings: [], crate: undefined };
  return [...examineEngine(), ...findings, ...examineWasmTools(at, crate), ...ofCrate, ...ofPackages];
}

function folderOf(where: string): string {
  const dir = resolve(where);
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return dir;
  const modules = /^(@[^/\\]+\/)?[^@./\\][^/\\]*$/.test(where)
    ? (createRequire(join(resolve('.'), 'x.js')).resolve.paths(where) ?? [])
    : [];
  const installed = modules.map((folder) => join(folder, where)).find((folder) => existsSync(folder));
  if (installed !== undefined) return installed;
  throw new TransformError(
    'REVIVE_NOT_A_FOLDER',
    `${where} is neither a folder nor a package that is installed. Give the folder of a crate or of a package, the name of a package in node_modules, or nothing, for the working directory.`,
  );
}

function packagesIn(dir: string, depth: number): string[] {
  if (hasWasm(dir)) return [dir];
  if (depth === 0) return [];
  const folders = readdirSync(dir, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !/^(\.|node_modules$|target$)/.test(entry.name),
  );
  return folders.flatMap(({ name }) => packagesIn(join(dir, name), depth - 1));
}

function hasWasm(dir: string): boolean {
  return existsSync(dir) && readdirSync(dir).some((file) => file.endsWith('_bg.wasm'));
}

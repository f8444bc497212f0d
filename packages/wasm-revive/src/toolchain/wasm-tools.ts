/** The tools that take the module which cargo has made. */
import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { BuildError } from '../build/errors.js';
import { ask, type Surroundings } from './processes.js';

/** A tool that was found. */
export interface Tool {
  readonly file: string;
  readonly version: string;
}

/** All commands of wasm-bindgen there are: the one of `WASM_BINDGEN_BIN`, else those on the PATH, in its order. */
export function listWasmBindgen(at: Surroundings): Tool[] {
  const { WASM_BINDGEN_BIN: given } = at.env;
  const files = given === undefined ? onPath('wasm-bindgen', at.env) : [given];
  return files.flatMap((file) => {
    const version = /^wasm-bindgen (\S+)/.exec(ask([file, '--version'], at) ?? '')?.[1];
    return version === undefined ? [] : [{ file, version }];
  });
}

/** The line that installs the command of wasm-bindgen. */
export function installWasmBindgen(version: string): string {
  return `cargo install --locked wasm-bindgen-cli --version ${version}`;
}

/** The command of the same version as the crate, which it has to be. @throws BuildError `REVIVE_NO_TOOL` */
export function findWasmBindgen(version: string, at: Surroundings): Tool {
  const all = listWasmBindgen(at);
  const tool = all.find((one) => one.version === version);
  if (tool !== undefined) return tool;
  const found = all.map((one) => `${one.file} is ${one.version}`).join(', ') || `none is ${at.env.WASM_BINDGEN_BIN ?? 'on the PATH'}`;
  throw new BuildError(
    'REVIVE_NO_TOOL',
    `Cargo.lock has wasm-bindgen ${version}, and its command has to be of the same version; found: ${found}. Run \`${installWasmBindgen(version)}\`, ` +
      'or name the one to use by WASM_BINDGEN_BIN.',
  );
}

/** wasm-opt: `WASM_OPT_BIN`, else on the PATH, else that of npm's `binaryen` in the project. */
export function findWasmOpt(at: Surroundings): Tool | undefined {
  const { WASM_OPT_BIN: given } = at.env;
  for (const file of given === undefined ? [...onPath('wasm-opt', at.env), ...inModules('wasm-opt', at.cwd)] : [given]) {
    const version = /version (\d+)/.exec(ask([file, '--version'], at) ?? '')?.[1];
    if (version !== undefined) return { file, version };
  }
  return undefined;
}

function onPath(name: string, { PATH = '' }: NodeJS.ProcessEnv): string[] {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  return [...new Set(PATH.split(delimiter).filter((dir) => dir !== ''))].map((dir) => join(dir, file)).filter((path) => existsSync(path));
}

function inModules(name: string, dir: string): string[] {
  const own = join(dir, 'node_modules/.bin', name);
  const around = dir === dirname(dir) ? [] : inModules(name, dirname(dir));
  return existsSync(own) ? [own, ...around] : around;
}

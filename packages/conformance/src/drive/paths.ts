import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Target } from '../hosts/node.ts';
import type { PanicMode } from '../runner/kinds.ts';

/** The repository. */
export const root: string = fileURLToPath(new URL('../../../../', import.meta.url));

/** Where this package's own programs are, which `npm run build` makes. */
export const programs: string = fileURLToPath(new URL('../../dist/', import.meta.url));

/** The command line of wasm-revive. */
export const cli: string = join(root, 'packages/wasm-revive/bin/wasm-revive.js');

/** The runtime before it was minified, which deliberate faults are made in. @param file as it is beside a package */
export function readableRuntime(file: string): string {
  return readFileSync(join(root, 'packages/wasm-revive/dist', file.endsWith('.cjs') ? 'runtime.cjs' : 'runtime.js'), 'utf8');
}

/** All targets that are supported. */
export const TARGETS: readonly Target[] = ['web', 'bundler', 'nodejs', 'module'];

/** Both ways to build. */
export const PANIC_MODES: readonly PanicMode[] = ['abort', 'unwind'];

/** What wasm-bindgen made of the fixtures, untouched. `web-reset` and the like: with `--experimental-reset-state-function`. */
export function upstreamPackage(panic: PanicMode, variant: Target | `${Exclude<Target, 'bundler'>}-reset`): string {
  return needed(join(root, '.artifacts/fixtures', panic, variant), 'The fixtures have not been built');
}

/**
 * Builds for which wasm-bindgen writes other glue: because it is not told that engines have a feature of Wasm (`mvp`: neither of the two), or
 * because it is asked for abort handlers, as worker-build does.
 */
export type GlueStyle = 'no-multivalue' | 'no-reference-types' | 'mvp' | 'abort-handler';

/**
 * The fixtures in each of those styles, by panic mode and target. Under panic=unwind wasm-bindgen refuses modules without reference types, and
 * makes the same with abort handlers as without.
 */
export const STYLED: readonly (readonly [style: GlueStyle, panic: PanicMode, targets: readonly Target[]])[] = [
  ['no-multivalue', 'abort', ['web', 'module']],
  ['no-multivalue', 'unwind', ['web', 'bundler', 'nodejs']],
  ['no-reference-types', 'abort', ['web', 'bundler']],
  ['mvp', 'abort', ['web', 'nodejs', 'module']],
  ['abort-handler', 'abort', ['nodejs', 'module']],
];

/** One of {@link STYLED}. */
export function styledPackage(style: GlueStyle, panic: PanicMode, target: Target): string {
  return needed(join(root, `.artifacts/fixtures-${style}`, panic, target), 'The fixtures have not been built');
}

/** The fixtures that link the wasm-revive crates. */
export function revivePackage(panic: PanicMode, target: Target): string {
  return needed(join(root, '.artifacts/fixtures-revive', panic, target), 'The fixtures have not been built');
}

/** The fixtures with debug information (DWARF) of their own source: lines and functions, or types and variables, too. */
export function debugPackage(panic: PanicMode, how: 'fixtures-debug' | 'fixtures-full-debug' = 'fixtures-debug'): string {
  return needed(join(root, '.artifacts', how, panic, 'nodejs'), 'The fixtures have not been built');
}

/** `crates/debug-info-checker`, as a module of Node.js. */
export function debugInfoChecker(): string {
  const file = '.artifacts/debug-info-checker/abort/nodejs/wasm_revive_debug_info_checker.js';
  return needed(join(root, file), 'The crate debug-info-checker has not been built');
}

/** The fixtures built with panic=unwind in the exnref encoding of exception handling. */
export function exnrefPackage(target: Target): string {
  return needed(join(root, '.artifacts/fixtures/unwind-exnref', target), 'The fixtures have not been built');
}

/** The same, with the wasm-revive crates. */
export function exnrefRevivePackage(): string {
  return needed(join(root, '.artifacts/fixtures-revive/unwind-exnref/nodejs'), 'The fixtures have not been built');
}

/** The two encodings of exception handling. */
export type Encoding = 'legacy' | 'exnref';

/** The module that wasm-bindgen never sees. @param crate whether it links the unwind-catcher crate */
export function rawModule(encoding: Encoding, crate: boolean): string {
  const [name, mode] = [crate ? 'raw-fixture-revive' : 'raw-fixture', encoding === 'legacy' ? 'unwind' : 'unwind-exnref'];
  return needed(join(root, '.artifacts', name, mode, 'wasm_revive_raw_fixture.wasm'), 'The raw fixture has not been built');
}

/** A crate's module as cargo makes it, before wasm-bindgen. */
export function cargoModule(
  crate: 'fixtures' | 'fixtures-debug' | 'fixtures-full-debug' | 'demo-service',
  panic: PanicMode = 'abort',
): string {
  const file = `wasm_revive_${crate.replace(/(-full)?-debug/, '').replace('-', '_')}.wasm`;
  return needed(join(root, '.artifacts', crate, panic, file), `The crate ${crate} has not been built`);
}

/** The wasm-bindgen command line: what the set-up has installed, or found on PATH. */
export function wasmBindgen(): string {
  const own = join(root, '.tools/bin/wasm-bindgen');
  return existsSync(own) ? own : 'wasm-bindgen';
}

/** A version of Node.js, and its binary. */
export interface NodeVersion {
  readonly major: number;
  readonly binary: string;
}

/** The Node.js that runs this. */
export const RUNNING_NODE: NodeVersion = { major: Number(process.versions.node.split('.')[0]), binary: process.execPath };

/** One of the other versions that the set-up installs, those in `scripts/js-runtimes.json`. */
export function nodeVersion(major: number): NodeVersion {
  return { major, binary: join(root, `.tools/node-${major}/bin/node`) };
}

/** The majors of the other versions. */
export function otherNodeMajors(): number[] {
  const names = Object.keys(JSON.parse(readFileSync(join(root, 'scripts/js-runtimes.json'), 'utf8')) as object);
  return names.filter((name) => name.startsWith('node-')).map((name) => Number(name.slice('node-'.length)));
}

/** One of the runtimes that aren't Node.js. */
export function otherRuntime(name: 'bun' | 'deno'): string {
  return needed(join(root, `.tools/${name}/bin/${name}`), `${name} has not been installed`);
}

/** A browser on this machine, as `scripts/browsers.json` says where it may be; undefined where there is none. */
export function browserBinary(name: 'chromium' | 'firefox' | 'webkit'): string | undefined {
  const known = JSON.parse(readFileSync(join(root, 'scripts/browsers.json'), 'utf8')) as Record<
    string,
    { environment: string; paths: string[] }
  >;
  const { environment = '', paths = [] } = known[name] ?? {};
  return [process.env[environment], ...paths].find((file) => file !== undefined && existsSync(file));
}

/** The file, or an error that says how to get it. */
export function needed(path: string, what: string): string {
  if (!existsSync(path)) throw new Error(`${what}: ${path} is missing. Run \`npm run setup\` and \`npm run build\` first.`);
  return path;
}

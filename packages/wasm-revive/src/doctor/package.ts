/** A package that wasm-bindgen has written: what it is, and what the transform says of it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import {
  inspectWasm,
  MalformedWasmError,
  runtimeImport,
  TransformError,
  type TransformErrorCode,
  type TransformResult,
  transformedBy,
  type WasmInfo,
} from '@wasm-revive/bindgen';
import { version, wouldTransform } from '../transform.js';
import { refusal } from './engine.js';
import type { Finding } from './finding.js';

const MIB = 2 ** 20;

/** What helps where the transform refuses a package; the refusal itself says why. */
const REMEDIES: Partial<Record<TransformErrorCode, string>> = {
  REVIVE_BAD_WASM: 'npx wasm-revive build',
  REVIVE_NO_GLUE: 'wasm-bindgen --target web --out-dir pkg target/wasm32-unknown-unknown/release/*.wasm',
  REVIVE_OLD_GLUE: 'cargo update -p wasm-bindgen\ncargo install --locked wasm-bindgen-cli\nnpx wasm-revive build',
  REVIVE_SHARED_MEMORY: 'RUSTFLAGS="-Ctarget-feature=-atomics" npx wasm-revive build',
  REVIVE_UNKNOWN_GLUE: 'npx wasm-revive build',
  REVIVE_UNSUPPORTED_TARGET: 'npx wasm-revive build --target web',
  REVIVE_WASM_MISMATCH: 'npx wasm-revive build',
  REVIVE_WASM64: 'cargo build --release --target wasm32-unknown-unknown',
};

/** Looks at the folder of a package. */
export function examinePackage(dir: string): Finding[] {
  const files = readdirSync(dir).filter((file) => file.endsWith('_bg.wasm'));
  const names = files.map((file) => file.slice(0, -'_bg.wasm'.length));
  return names.flatMap((name) => examineModule(dir, name, names));
}

/** @param all the modules of the folder */
function examineModule(dir: string, name: string, all: readonly string[]): Finding[] {
  const bytes = readFileSync(join(dir, `${name}_bg.wasm`));
  const finding = (
    subject: string,
    found: string,
    todo?: string,
    state: Finding['state'] = todo === undefined ? 'ok' : 'advice',
  ): Finding => ({
    section: 'package',
    subject,
    state,
    found,
    ...(todo !== undefined && { todo }),
  });
  let wasm: WasmInfo;
  try {
    wasm = inspectWasm(bytes);
  } catch (error) {
    if (!(error instanceof MalformedWasmError)) throw error;
    return [finding(name, `${join(dir, `${name}_bg.wasm`)} is no WebAssembly: ${error.message}`, 'npx wasm-revive build', 'missing')];
  }
  return [
    finding(name, `${dir}, ${madeBy(wasm)}`),
    transformation(dir, name, all, finding),
    exceptions(dir, name, wasm, bytes, finding),
    memory(wasm, finding),
    ...names(dir, wasm, finding),
  ];
}

type Make = (subject: string, found: string, todo?: string, state?: Finding['state']) => Finding;

function madeBy({ wasmBindgen, producers, wasmRevive }: WasmInfo): string {
  const rustc = producers.find((one) => one.name === 'rustc')?.version.replace(/ .*/, '');
  const crates = wasmRevive.map((one) => `${one.crate} ${one.version}`).join(', ');
  return [`wasm-bindgen ${wasmBindgen ?? 'of an unknown version'}`, `rustc ${rustc ?? 'of an unknown version'}`, crates && `with ${crates}`]
    .filter(Boolean)
    .join(', ');
}

/** Whether it is transformed, or could be. */
function transformation(dir: string, name: string, all: readonly string[], finding: Make): Finding {
  const main = ['.js', '.mjs', '.cjs'].map((ending) => join(dir, `${name}${ending}`)).find((file) => existsSync(file));
  const code = main === undefined ? '' : readFileSync(main, 'utf8');
  const by = transformedBy(code);
  if (existsSync(join(dir, 'wasm-revive-staging'))) {
    return finding('transform', 'an earlier run was interrupted; the next one finishes it', `npx wasm-revive transform ${quoted(dir)}`);
  }
  if (main !== undefined && by !== undefined) return transformed(dir, by, runtimeImport(main, code), finding);
  // As the command does it: all of a folder together, or one where not all can be.
  const together = tried(dir, undefined, 'fresh');
  const isAll = !(together instanceof TransformError) && together.modules.some((module) => module.name === name);
  const only = isAll ? undefined : name;
  const fresh = tried(dir, only, 'fresh');
  if (fresh instanceof TransformError) {
    return finding(
      'transform',
      `refused, ${fresh.code}: ${fresh.message}`,
      isDependency(dir) ? otherRelease(dir) : (REMEDIES[fresh.code] ?? `npx wasm-revive transform ${quoted(dir)}`),
      'missing',
    );
  }
  const rollback = tried(dir, only, 'rollback');
  const undone = rollback instanceof TransformError ? `not with rollback (${rollback.message})` : 'with rollback, too';
  // Those of the folder are said once.
  const warnings = isAll && name !== all[0] ? '' : fresh.warnings.map((warning) => ` ${warning}`).join('');
  const { target } = fresh.modules.find((module) => module.name === name) ?? {};
  const alone = isAll ? '' : ' by itself';
  const named = isAll ? '' : ` --name ${quoted(name)}`;
  const todo =
    isDependency(dir) && isAll ? 'node --import wasm-revive/register app.js' : `npx wasm-revive transform ${quoted(dir)}${named}`;
  return finding('transform', `not transformed yet; accepted${alone}, target ${target}, ${undone}.${warnings}`, todo);
}

/** Whether somebody else has built it. */
function isDependency(dir: string): boolean {
  return dir.includes(`${sep}node_modules${sep}`);
}

/** What to do about a dependency that is refused: its builder's is another one's machine. */
function otherRelease(dir: string): string {
  const [, name = ''] = /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(dir) ?? [];
  return `npm install ${name.replace('\\', '/')}@latest`;
}

/** As an argument in a shell. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** @param specifier by which it imports its runtime; undefined for a script, which has it in it */
function transformed(dir: string, by: string, specifier: string | undefined, finding: Make): Finding {
  const build = 'npx wasm-revive build';
  const glue = by.replace('wasm-revive ', '');
  const isBeside = specifier?.startsWith('.') === true;
  const runtime = isBeside && existsSync(join(dir, specifier)) ? readFileSync(join(dir, specifier), 'utf8').slice(0, 100) : undefined;
  if (isBeside && runtime === undefined) {
    return finding('transform', `transformed by ${by}, and its runtime, ${specifier}, is not there`, build, 'missing');
  }
  const of = runtime === undefined ? undefined : /The runtime of wasm-revive (\S+)\. /.exec(runtime)?.[1];
  if (of !== undefined && of !== glue) {
    return finding(
      'transform',
      `transformed by ${by}, and the runtime beside it (${specifier}) is of ${of}: they don't go together`,
      build,
      'missing',
    );
  }
  const where =
    specifier === undefined
      ? 'with its runtime in it'
      : of !== undefined
        ? `with its runtime beside it (${specifier.replace('./', '')})`
        : `which imports its runtime from ${specifier}`;
  return glue === version()
    ? finding('transform', `transformed by ${by}, ${where}`)
    : finding('transform', `transformed by ${by}, ${where}; this is wasm-revive ${version()}`, build);
}

/** What the transform would do. */
function tried(
  dir: string,
  name: string | undefined,
  recovery: 'fresh' | 'rollback',
): Pick<TransformResult, 'modules' | 'warnings'> | TransformError {
  try {
    return wouldTransform({ dir, name, recovery });
  } catch (error) {
    if (error instanceof TransformError) return error;
    throw error;
  }
}

/** Whether this engine runs it. */
function exceptions(dir: string, name: string, wasm: WasmInfo, bytes: Uint8Array<ArrayBuffer>, finding: Make): Finding {
  const unwinds = wasm.tags.some(({ imported }) => !imported);
  const mode = unwinds ? 'panic=unwind' : 'panic=abort';
  const { exceptions: encoding } = wasm;
  const how = encoding === 'none' ? mode : `${mode}, exceptions in the ${encoding} encoding`;
  if (encoding !== 'none') {
    const jsTag = readdirSync(dir).some(
      (file) => file.startsWith(name) && /\.[cm]?js$/.test(file) && readFileSync(join(dir, file), 'utf8').includes('WebAssembly.JSTag'),
    );
    const why = refusal(name, { encoding, jsTag, ...(!unwinds && { importsOnly: true as const }) });
    if (why !== undefined)
      return finding('panics', `${how}, which this Node.js doesn't run: ${why}`, otherEncoding(encoding, unwinds), 'missing');
  }
  if (!WebAssembly.validate(bytes))
    return finding('panics', `${how}; this Node.js refuses the module for another feature`, 'nvm install --lts', 'missing');
  return finding('panics', `${how}; this Node.js runs it`);
}

/** What makes an engine and a module meet. */
function otherEncoding(encoding: 'legacy' | 'exnref', unwinds: boolean): string {
  const engine = encoding === 'exnref' ? 'nvm install 24' : 'node --experimental-wasm-legacy-eh app.js';
  const flags = `RUSTFLAGS="-Cpanic=unwind -Cllvm-args=-wasm-use-legacy-eh=${encoding === 'exnref'}" `;
  return `${engine}\n# or:\n${unwinds ? flags : ''}npx wasm-revive build${unwinds ? ' --panic unwind' : ''}`;
}

function memory({ memories: [own] }: WasmInfo, finding: Make): Finding {
  if (own === undefined) return finding('memory', 'none');
  const mebibytes = (pages: number): string => `${((pages * own.pageSize) / MIB).toFixed(1)} MiB`;
  return finding(
    'memory',
    `begins with ${mebibytes(own.initial)}, ${own.maximum === null ? 'no limit of its own' : `at most ${mebibytes(own.maximum)}`}`,
  );
}

function names(dir: string, { customSections }: WasmInfo, finding: Make): Finding[] {
  const debug = customSections.filter((section) => section.name.startsWith('.debug_') || section.name === 'external_debug_info');
  const size = debug.reduce((sum, section) => sum + section.size, 0);
  // What a dependency has is up to who publishes it.
  const advice = (subject: string, found: string, todo: string): Finding => finding(subject, found, isDependency(dir) ? undefined : todo);
  return [
    customSections.some((section) => section.name === 'name')
      ? finding('names', 'functions have their names in crash reports')
      : advice(
          'names',
          'crash reports have no names of functions',
          '[package.metadata.wasm-pack.profile.release]\nwasm-opt = ["-O", "-g"]\n[profile.release]\nstrip = "none"',
        ),
    debug.length > 0
      ? finding('debug information', `${(size / 1024).toFixed(0)} KiB, for files and lines in crash reports`)
      : advice(
          'debug information',
          'none: crash reports have names, without files and lines',
          '[profile.release]\ndebug = "line-tables-only"\n# then:\nnpx wasm-revive build --split-debug app.debug.wasm',
        ),
  ];
}

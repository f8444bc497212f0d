import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** What `wasm-revive/register` does. It can be sent to another thread. */
export interface Settings {
  /** What to protect: names of packages, and absolute paths of folders. Undefined: all whose wasm file the glue reads by itself. */
  readonly protect: readonly string[] | undefined;
  /** What is protected and begins in the state after its start function, which runs when the copy is made: the same kinds of names. */
  readonly prewarm: readonly string[];
  readonly recovery: 'fresh' | 'rollback';
  /** With `rollback`; undefined: `log`. */
  readonly commit: 'log' | 'copy' | undefined;
  /** Undefined: that of the project which a package belongs to. */
  readonly cacheDir: string | undefined;
  /** For each of `protect`, then of `prewarm`, whether something of it has been protected, on whichever thread. */
  readonly seen: Int32Array;
}

/** The settings are not understood. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly code = 'REVIVE_BAD_SETTINGS';
}

/** The settings as the field `wasm-revive` of a `package.json` has them, and the folder that paths in it start from. */
interface Field {
  readonly dir: string;
  readonly values: Readonly<Record<string, unknown>>;
}

const NAMES = ['protect', 'prewarm', 'recovery', 'commit', 'cacheDir'];

/**
 * Reads the settings: each from the environment, else from the field `wasm-revive` of the nearest `package.json`.
 * @param dir the folder of the program
 * @throws SettingsError
 */
export function readSettings(dir: string, env: NodeJS.ProcessEnv): Settings {
  const field = nearestField(resolve(dir));
  const protect = namesIn('protect', env.WASM_REVIVE_PROTECT ? env.WASM_REVIVE_PROTECT.split(',') : field.values.protect, field.dir);
  const prewarm = namesIn('prewarm', env.WASM_REVIVE_PREWARM ? env.WASM_REVIVE_PREWARM.split(',') : field.values.prewarm, field.dir) ?? [];
  const recovery = (env.WASM_REVIVE_RECOVERY || field.values.recovery) ?? 'fresh';
  if (recovery !== 'fresh' && recovery !== 'rollback') throw bad('recovery', recovery, '"fresh" or "rollback"');
  const commit = env.WASM_REVIVE_COMMIT || field.values.commit;
  if (commit !== undefined && commit !== 'log' && commit !== 'copy') throw bad('commit', commit, '"log" or "copy"');
  if (commit !== undefined && recovery !== 'rollback')
    throw bad('commit', commit, 'left away where the setting "recovery" isn\'t "rollback": nothing is undone then');
  const cacheDir = env.WASM_REVIVE_CACHE || field.values.cacheDir;
  if (cacheDir !== undefined && typeof cacheDir !== 'string') throw bad('cacheDir', cacheDir, 'the path of a folder');
  return {
    protect,
    prewarm,
    recovery,
    commit,
    cacheDir: cacheDir === undefined ? undefined : resolve(env.WASM_REVIVE_CACHE ? '.' : field.dir, cacheDir),
    seen: new Int32Array(new SharedArrayBuffer(4 * ((protect?.length ?? 0) + prewarm.length))),
  };
}

function namesIn(setting: string, given: unknown, dir: string): string[] | undefined {
  if (given === undefined) return undefined;
  if (!Array.isArray(given) || !given.every((one): one is string => typeof one === 'string' && one.trim() !== '')) {
    throw bad(setting, given, 'a list of names of packages, and of folders as paths that begin with "./"');
  }
  return given.map((one) => (/^(\.|\/|\w:[\\/])/.test(one.trim()) ? realPlace(resolve(dir, one.trim())) : one.trim()));
}

/** Node.js calls files by the paths behind all links. */
function realPlace(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

function nearestField(dir: string): Field {
  const file = join(dir, 'package.json');
  if (!existsSync(file)) return dir === dirname(dir) ? { dir, values: {} } : nearestField(dirname(dir));
  let json: { 'wasm-revive'?: unknown };
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // Node.js says what is wrong with it, in its own words.
    return { dir, values: {} };
  }
  const values = json['wasm-revive'] ?? {};
  const expected = `an object with any of ${NAMES.map((name) => `"${name}"`).join(', ')}`;
  if (typeof values !== 'object' || Array.isArray(values)) throw bad('wasm-revive', values, expected);
  const unknown = Object.keys(values).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw bad('wasm-revive', values, expected);
  return { dir, values: values as Record<string, unknown> };
}

function bad(name: string, found: unknown, expected: string): SettingsError {
  return new SettingsError(
    `wasm-revive/register: the setting "${name}" is ${JSON.stringify(found)}. It has to be ${expected}. ` +
      'It comes from the environment (WASM_REVIVE_PROTECT, WASM_REVIVE_PREWARM, WASM_REVIVE_RECOVERY, WASM_REVIVE_COMMIT, WASM_REVIVE_CACHE) or from the field "wasm-revive" of package.json.',
  );
}

// Run as a process of its own, in which a call that failed is made again: it may end the process, or never end.
import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { decodeArguments } from '@wasm-revive/entrypoint-shim';
import { type CrashReport, isReviveError, type Plugin } from '@wasm-revive/kernel';
import type { Revive } from '@wasm-revive/reinit-manager';
import { ReplayError } from './errors.js';
import { load } from './loader.js';
import type { Outcome, ReplayTask } from './outcome.js';

type Package = Record<string, unknown> & { readonly __revive: Revive };

const FRAMES = 50;

const task = JSON.parse(await text(process.stdin)) as ReplayTask;
Error.stackTraceLimit = FRAMES;

let outcome: Outcome;
try {
  const pkg = await loaded(task);
  begin(pkg, task);
  outcome = await made(pkg, task);
} catch (error) {
  if (!(error instanceof ReplayError)) throw error;
  outcome = { kind: 'refused', code: error.code, message: error.message };
}
process.send?.(outcome, () => process.exit());

async function loaded({ entry, wasm }: ReplayTask): Promise<Package> {
  // Node.js 20 has only the hooks on a thread of their own.
  if ('registerHooks' in nodeModule) (nodeModule.registerHooks as (hooks: object) => void)({ load });
  else nodeModule.register(new URL('replay-loader.js', import.meta.url));
  let exported: Record<string, unknown>;
  try {
    exported = (await import(pathToFileURL(entry).href)) as Record<string, unknown>;
  } catch (error) {
    throw new ReplayError(
      'REVIVE_BAD_PACKAGE',
      `${entry} can't be loaded: ${String(error)}. Where it needs what only a browser or a bundler has, build the same code for the target \`nodejs\` or \`web\`, and transform that.`,
    );
  }
  // Of CommonJS, Node.js finds only the exports whose names are written plainly. In `default` there are all.
  const pkg = isPackage(exported.default) ? exported.default : exported;
  if (!isPackage(pkg)) {
    throw new ReplayError(
      'REVIVE_BAD_PACKAGE',
      `${entry} is not transformed: it has no \`__revive\`. Run \`wasm-revive transform\` on its folder.`,
    );
  }
  if (typeof pkg.initSync === 'function' && pkg.__revive.generation === 0) pkg.initSync({ module: readFileSync(wasm) });
  return pkg;
}

function isPackage(value: unknown): value is Package {
  return typeof value === 'object' && value !== null && typeof (Reflect.get(value, '__revive') as Revive | undefined)?.use === 'function';
}

/** Begins with the state that the call failed in, or with the initial one. */
function begin({ __revive: control }: Package, { build, image }: ReplayTask): void {
  let found: string | undefined;
  const look: Plugin = {
    name: 'replay',
    instantiated: ({ module }) => {
      found = module.build?.id;
    },
  };
  const stop = control.use(look);
  control.reset();
  stop();
  if (found !== build) {
    throw new ReplayError(
      'REVIVE_OTHER_BUILD',
      `The package is build ${found ?? 'unknown'}, and the call failed in build ${build ?? 'unknown'}. Give the package as it was deployed then.`,
    );
  }
  if (image === undefined) return;
  try {
    control.restore(Buffer.from(image, 'base64'));
  } catch (error) {
    throw new ReplayError('REVIVE_OTHER_BUILD', `The image can't be restored: ${isReviveError(error) ? error.message : String(error)}`);
  }
}

async function made(pkg: Package, { path, args }: ReplayTask): Promise<Outcome> {
  // A failure that the event loop runs into may have no caller.
  let first: CrashReport | undefined;
  pkg.__revive.on('failure', (report) => {
    first ??= report;
  });
  const isConstructor = path.startsWith('new ');
  const names = (isConstructor ? path.slice('new '.length) : path).split('.');
  const owner = names.slice(0, -1).reduce<unknown>(fieldOf, pkg);
  const callee = fieldOf(owner, names.at(-1) ?? '');
  if (typeof callee !== 'function')
    throw new ReplayError(
      'REVIVE_NO_REPLAY',
      `The package has no ${path}. The path has to be that of an export: \`render\`, \`new Session\`, \`Session.open\`.`,
    );
  const given = decodeArguments(args);
  try {
    await (isConstructor ? Reflect.construct(callee, given) : Reflect.apply(callee, owner, given));
  } catch (error) {
    const report = isReviveError(error) ? error.report : undefined;
    if ((report ?? first) === undefined) return { kind: 'threw', error: String(error) };
    return { kind: 'failed', report: (report ?? first) as CrashReport };
  }
  return first === undefined ? { kind: 'ended' } : { kind: 'failed', report: first };
}

/** What a package has by itself, or inherits from a class of its own. */
function fieldOf(value: unknown, name: string): unknown {
  for (
    let at: unknown = value;
    at !== null && at !== undefined && at !== Function.prototype && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    if (Object.hasOwn(at, name)) return Reflect.get(at, name);
  }
  return undefined;
}

import { type CrashReport, complain, isInstance, isReviveError, ReviveError } from '@wasm-revive/kernel';
import { type Capsule, makeCapsule } from './capsule.js';
import { type Crashed, Crashes } from './crashes.js';
import { type EncodedCall, encodeCall, type NotPlain } from './encode-data.js';
import { nameOfKind } from './kind-of.js';

/** Options of {@link quarantine}. */
export interface QuarantineOptions {
  /** How often a call has to crash until it is refused. Default 3. */
  readonly after?: number;
  /** Whether a panic that was unwound (`REVIVE_PANIC`) counts as a crash, too. Default: aborts alone do. */
  readonly panics?: boolean;
  /** How many calls are remembered. Beyond, the one whose last crash is longest ago is forgotten. Default 1,000. */
  readonly limit?: number;
  /** What is known already, from a store: what {@link QuarantineOptions.changed} was given. */
  readonly entries?: Iterable<Crashed>;
  /** Told of what is new to remember, to keep it in a store: the entry of a call that has crashed, or with `crashes: 0` of one that is forgotten. */
  readonly changed?: (entry: Crashed) => unknown;
  /** Given a capsule of each call that has crashed. **It holds what the call was given.** */
  readonly capsule?: (capsule: Capsule) => unknown;
  /** How large the arguments in a capsule may be, as JSON, in bytes. Default 1 MiB. */
  readonly maxArgumentBytes?: number;
  /**
   * Gives the state of the instance for the capsule: `() => __revive.checkpoint()`. Asked where the turn that failed was undone, so that this is the state in
   * which it failed. What it throws says in the capsule why there is no image.
   */
  readonly image?: (report: CrashReport) => Uint8Array | undefined;
}

/** Keeps calls out that have crashed. What `around` of {@link shim} takes; it can be put around a single call, too. */
export interface Quarantine {
  /**
   * @param call runs the call
   * @param path how the user reaches it: `render`
   * @param args what it is given
   * @param on the object that it is a method or an accessor of; such a call is never refused, for the object is part of its data
   * @throws ReviveError `REVIVE_QUARANTINED` where the call is refused; where it gave a promise when it crashed, the promise is rejected with that
   */
  <R>(call: () => R, path: string, args: readonly unknown[], on?: unknown): R;
  /** What is remembered. */
  readonly entries: readonly Crashed[];
  /** Learns of crashes that others have seen, as {@link QuarantineOptions.entries}: where a store can only be asked later. */
  learn(entries: Iterable<Crashed>): void;
  /** Lets a call in again, and forgets its crashes. @param key or its first digits, eight or more. Says whether there was one */
  release(key: string): boolean;
}

/** What is known of a call before it runs. */
interface Call {
  readonly path: string;
  readonly args: readonly unknown[];
  readonly on: unknown;
  /** Its data, where a call of this path has crashed before. */
  readonly before: EncodedCall | NotPlain | undefined;
}

const DIGITS = 16;

/**
 * Refuses a call that has crashed before, with the same arguments, so often that it is no accident: `shim(() => app, { around: quarantine() })`.
 * Free functions, static methods and constructors are, where their arguments are plain data.
 */
export function quarantine(options: QuarantineOptions = {}): Quarantine {
  const { after = 3, panics = false, limit = 1000, entries = [], changed, capsule, maxArgumentBytes = 2 ** 20, image } = options;
  checkCount('after', after, 1);
  checkCount('limit', limit, 1);
  checkCount('maxArgumentBytes', maxArgumentBytes, 0);
  const crashes = new Crashes(limit, (entry) => changed && tell('a quarantine’s `changed` failed', () => changed(entry)));
  const longest = capsule === undefined ? 0 : maxArgumentBytes;
  /** An error may go through several calls. It is the first one's: the innermost. */
  const seen = new WeakSet<object>();

  function failed(error: unknown, { path, args, on, before }: Call, isAsync: boolean): void {
    const isCrash = isReviveError(error) && (error.code === 'REVIVE_ABORT' || (panics && error.code === 'REVIVE_PANIC'));
    const report: CrashReport | undefined = isCrash ? error.report : undefined;
    if (report === undefined || seen.has(report)) return;
    seen.add(report);
    const data = before ?? encode(path, args, on);
    const isReadLate = before === undefined && isAsync && args.some((arg) => typeof arg === 'object' && arg !== null);
    if ('key' in data) crashes.count(data.key, { path, isAsync, isUnsure: isReadLate });
    if (capsule === undefined) return;
    tell('a quarantine’s `capsule` failed', () => capsule(makeCapsule({ path, data, isReadLate, report, longest, image })));
  }

  function encode(path: string, args: readonly unknown[], on: unknown): EncodedCall | NotPlain {
    if (on !== undefined)
      return { notPlain: `it was called on ${typeof on === 'object' && on !== null ? nameOfKind(on) : `a ${typeof on}`}` };
    return encodeCall(path, args, longest);
  }

  function guarded<R>(run: () => R, path: string, args: readonly unknown[], on?: unknown): R {
    const before = crashes.hasPath(path) ? encode(path, args, on) : undefined;
    const known = before && 'key' in before ? crashes.get(before.key) : undefined;
    if (known !== undefined && known.crashes >= after && known.isUnsure === undefined) {
      const refusal = refusalOf(known);
      if (known.isAsync) return Promise.reject(refusal) as R;
      throw refusal;
    }
    const call: Call = { path, args, on, before };
    let result: R;
    try {
      result = run();
    } catch (error) {
      try {
        failed(error, call, false);
      } catch {
        // There is no room for it on the stack. The caller gets its own error.
      }
      throw error;
    }
    if (!isInstance(result, Promise)) return result;
    // Note: to look on would mark the promise as handled. Who ignores this one still finds its rejection reported.
    return result.then(undefined, (error: unknown) => {
      failed(error, call, true);
      throw error;
    }) as R;
  }

  crashes.learn(entries);
  return Object.defineProperties(guarded as Quarantine, {
    entries: { get: () => crashes.all },
    learn: { value: (more: Iterable<Crashed>) => crashes.learn(more) },
    release: {
      value: (key: string) => {
        if (/^[0-9a-f]{8,64}$/.test(key)) return crashes.release(key);
        throw new TypeError('`release` takes the key of a call, or the first digits of it: eight or more of 0–9 and a–f.');
      },
    },
  });
}

function refusalOf({ key, path, crashes }: Crashed): ReviveError {
  const digits = key.slice(0, DIGITS);
  return new ReviveError(
    'REVIVE_QUARANTINED',
    `${path} was not run: with these arguments it has crashed ${crashes} ${crashes === 1 ? 'time' : 'times'} (key ${digits}…). ` +
      `When that is mended, \`release('${digits}')\` of the quarantine lets it in again.`,
  );
}

/** The program's own code: what it throws, now or later, must not get into the call. */
function tell(what: string, run: () => unknown): void {
  const failed = (error: unknown): void => complain(what, error);
  try {
    const result = run();
    if (isInstance(result, Promise)) result.then(undefined, failed);
  } catch (error) {
    failed(error);
  }
}

function checkCount(name: string, value: number, least: number): void {
  if (value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && value >= least)) return;
  throw new TypeError(`The option \`${name}\` of a quarantine is ${String(value)}: it has to be a whole number, ${least} or more.`);
}

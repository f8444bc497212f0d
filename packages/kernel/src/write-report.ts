import { type BlackBox, readBlackBox, readBreadcrumbs } from './black-box.js';
import type { ModuleDescription } from './contract.js';
import type { Failure, Recovery } from './failure.js';
import { fingerprint } from './fingerprint.js';
import { freeze } from './intrinsics.js';
import { lazyProperty } from './lazy.js';
import type { CaughtPanic } from './panics.js';
import { asItIs, type CrashReport, REPORT_VERSION, type Redact, safely, toFailureRecord } from './report.js';

/** The instance that failed. */
interface Failed {
  readonly module: Pick<ModuleDescription, 'name' | 'build'>;
  readonly owner: { readonly redact: Redact | undefined };
  readonly generation: number;
  /** Undefined where it had none, or has none any more. */
  readonly exports: WebAssembly.Exports | undefined;
  readonly memoryBytes: number;
  readonly uptimeMs: number;
}

/** What else there is to tell. */
interface Circumstances {
  /** Undefined where the event loop entered. */
  readonly entrypoint: string | undefined;
  readonly recovery: Recovery;
  readonly callsLost: number;
  /** The panic that this is, where wasm-bindgen caught it. */
  readonly panic: CaughtPanic | undefined;
}

/** Writes the crash report of a failure. */
export function writeReport(thrown: Failure, instance: Failed, { entrypoint, recovery, callsLost, panic }: Circumstances): CrashReport {
  const { module, owner, generation, memoryBytes, uptimeMs, exports } = instance;
  const redact = safely(owner.redact);
  // The error of a panic was made of the redacted text.
  const failure = toFailureRecord(thrown, thrown.kind === 'unwound' && panic !== undefined ? asItIs : redact);
  const running = runningAt(thrown, panic?.blackBox ?? (exports && readBlackBox(exports)));
  const breadcrumbs = exports === undefined ? [] : readBreadcrumbs(exports);
  const entered = entrypoint ?? running?.entrypoint;
  const report: Omit<CrashReport, 'fingerprint'> = {
    version: REPORT_VERSION,
    failure,
    ...(entered !== undefined && { entrypoint: entered }),
    ...(running?.task !== undefined && { task: running.task }),
    ...(breadcrumbs.length > 0 && { breadcrumbs: breadcrumbs.map((crumb) => redact(crumb)) }),
    module: module.name,
    ...(module.build && { build: module.build }),
    generation,
    memoryBytes,
    uptimeMs,
    callsLost,
    recovery,
    at: Date.now(),
  };
  return final(withFingerprint(report, failure));
}

/** Nobody changes a report, so that everybody reads the same: it is frozen with all that it holds. */
function final(report: CrashReport): CrashReport {
  const { failure, breadcrumbs, build } = report;
  const { panic } = failure;
  const ofAbort = failure.kind === 'aborted' ? [failure.trap, failure.allocation] : [];
  for (const part of [breadcrumbs, build, panic?.location, panic, ...ofAbort, failure]) {
    if (part !== undefined) freeze(part);
  }
  return freeze(report);
}

function runningAt({ kind }: Failure, blackBox: BlackBox | undefined): BlackBox['running'] | undefined {
  return kind === 'unwound' ? blackBox?.runningAtPanic : blackBox?.running;
}

const withFingerprint = lazyProperty('fingerprint', fingerprint);

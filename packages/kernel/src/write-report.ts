import { type BlackBox, readBlackBox, readBreadcrumbs } from './black-box.js';
import type { ModuleDescription } from './contract.js';
import type { ReviveError } from './errors.js';
import type { Failure, Recovery, Unwound } from './failure.js';
import { fingerprint } from './fingerprint.js';
import { freeze, own } from './intrinsics.js';
import { lazyProperty } from './lazy.js';
import type { CaughtPanic } from './panics.js';
import { asItIs, type CrashReport, type FailureRecord, REPORT_VERSION, type Redact, safely, toFailureRecord } from './report.js';

/** The instance that failed. */
interface Failed {
  readonly module: Pick<ModuleDescription, 'name' | 'build'>;
  readonly owner: { readonly redact: Redact | undefined; readonly key?: string | undefined };
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

/** Takes down what a crash report of a failure is written from. */
export function draftReport(failure: Failure, instance: Failed, { entrypoint, recovery, callsLost, panic }: Circumstances): ReportDraft {
  const { module, owner, generation, memoryBytes, uptimeMs, exports } = instance;
  const redact = safely(owner.redact);
  return new ReportDraft({
    // Whoever catches what JavaScript has thrown may change it. The error of a panic was made of the redacted text.
    failure: failure.kind === 'aborted' ? toFailureRecord(failure, redact) : failure,
    redactMessage: panic === undefined ? redact : asItIs,
    redact,
    entrypoint,
    running: runningAt(failure, panic?.blackBox ?? (exports && readBlackBox(exports))),
    breadcrumbs: exports === undefined ? [] : readBreadcrumbs(exports),
    module: module.name,
    build: module.build,
    instance: owner.key,
    generation,
    memoryBytes,
    uptimeMs,
    callsLost,
    recovery,
    at: Date.now(),
  });
}

/** Writes the crash report of a failure. */
export function writeReport(failure: Failure, instance: Failed, circumstances: Circumstances): CrashReport {
  return draftReport(failure, instance, circumstances).report;
}

/** What a report is written from. Nothing of it leads to the instance. */
interface Facts extends Pick<CrashReport, 'module' | 'generation' | 'memoryBytes' | 'uptimeMs' | 'callsLost' | 'recovery' | 'at'> {
  readonly failure: FailureRecord | Unwound;
  readonly redactMessage: Redact;
  readonly redact: Redact;
  readonly entrypoint: string | undefined;
  readonly running: BlackBox['running'] | undefined;
  readonly breadcrumbs: readonly string[];
  readonly build: CrashReport['build'] | undefined;
  readonly instance: string | undefined;
}

/**
 * A crash report that is written when somebody first reads it: to write one costs as much as to catch a panic, and few are read. What it says
 * was taken down when the instance failed, so that it is the same whenever that is.
 */
export class ReportDraft {
  readonly recovery: Recovery;
  /** Undefined once it is written: it may hold what a redaction takes out. */
  #facts: Facts | undefined;
  #report: CrashReport | undefined;

  constructor(facts: Facts) {
    this.recovery = facts.recovery;
    this.#facts = facts;
  }

  get report(): CrashReport {
    if (this.#facts !== undefined) this.#report = write(this.#facts);
    this.#facts = undefined;
    return this.#report as CrashReport;
  }
}

function write(facts: Facts): CrashReport {
  const { redact, running, breadcrumbs, build } = facts;
  const failure = facts.failure.kind === 'aborted' ? facts.failure : toFailureRecord(facts.failure, facts.redactMessage);
  const entrypoint = facts.entrypoint ?? running?.entrypoint;
  const report: Omit<CrashReport, 'fingerprint'> = {
    version: REPORT_VERSION,
    failure,
    ...(entrypoint !== undefined && { entrypoint }),
    ...(running?.task !== undefined && { task: running.task }),
    ...(breadcrumbs.length > 0 && { breadcrumbs: breadcrumbs.map((crumb) => redact(crumb)) }),
    module: facts.module,
    ...(build && { build }),
    ...(facts.instance !== undefined && { instance: facts.instance }),
    generation: facts.generation,
    memoryBytes: facts.memoryBytes,
    uptimeMs: facts.uptimeMs,
    callsLost: facts.callsLost,
    recovery: facts.recovery,
    at: facts.at,
  };
  return final(withFingerprint(report, failure));
}

/** The crash report of an error, as a property of the error that is there from the first look at it. */
export const withReport: <E extends ReviveError>(error: E, draft: ReportDraft) => E = lazyProperty(
  'report',
  (draft: ReportDraft) => draft.report,
);

/** Nobody changes a report, so that everybody reads the same: it is frozen with all that it holds. */
function final(report: CrashReport): CrashReport {
  const { failure, breadcrumbs, build } = report;
  const panic = own(failure, 'panic');
  const ofAbort = failure.kind === 'aborted' ? [failure.trap, own(failure, 'allocation')] : [];
  for (const part of [breadcrumbs, build, panic && own(panic, 'location'), panic, ...ofAbort, failure]) {
    if (part !== undefined) freeze(part);
  }
  return freeze(report);
}

function runningAt({ kind }: Failure, blackBox: BlackBox | undefined): BlackBox['running'] | undefined {
  return kind === 'unwound' ? blackBox?.runningAtPanic : blackBox?.running;
}

const withFingerprint = lazyProperty('fingerprint', fingerprint);

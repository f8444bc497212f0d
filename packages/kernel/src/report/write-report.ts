import type { ModuleDescription } from '../contract/contract.js';
import type { ReviveError } from '../errors.js';
import type { Failure, Recovery } from '../failure/failure.js';
import type { CaughtPanic } from '../failure/panics.js';
import { type BlackBox, readBlackBox, readBreadcrumbs } from '../module/black-box.js';
import { freeze, own } from '../program/intrinsics.js';
import type { GivenUp } from '../rollback/checkpoints.js';
import { fingerprint } from './fingerprint.js';
import { lazyProperty } from './lazy.js';
import {
  asItIs,
  type CrashReport,
  describeFailure,
  REPORT_VERSION,
  type Redact,
  recordOf,
  safely,
  type Taken,
  takeDown,
} from './report.js';

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
  /** Where the instance goes back to an older state: turns that are lost besides the one that failed. */
  readonly givenUp?: GivenUp | undefined;
  /** What the turn had failed with, where it was run once more. */
  readonly firstAttempt?: ReportDraft | undefined;
}

/** Takes down what a crash report of a failure is written from. */
export function draftReport(
  failure: Failure,
  instance: Failed,
  { entrypoint, recovery, callsLost, panic, givenUp, firstAttempt }: Circumstances,
): ReportDraft {
  const { module, owner, generation, memoryBytes, uptimeMs, exports } = instance;
  const redact = safely(owner.redact);
  const running = runningAt(failure, panic?.blackBox ?? (exports && readBlackBox(exports)));
  return new ReportDraft({
    failure,
    // Whoever catches what JavaScript has thrown may change it. The error of a panic was made of the redacted text.
    taken: failure.kind === 'aborted' ? takeDown(failure, redact) : undefined,
    redactMessage: panic === undefined ? redact : asItIs,
    redact,
    entrypoint: entrypoint ?? running?.entrypoint,
    task: running?.task,
    breadcrumbs: exports === undefined ? [] : readBreadcrumbs(exports),
    module: module.name,
    build: module.build,
    instance: owner.key,
    firstAttempt,
    plain: { generation, memoryBytes, uptimeMs, callsLost, recovery, at: Date.now(), ...(givenUp && { givenUp: freeze({ ...givenUp }) }) },
  });
}

/** Writes the crash report of a failure. */
export function writeReport(failure: Failure, instance: Failed, circumstances: Circumstances): CrashReport {
  return draftReport(failure, instance, circumstances).report;
}

/** What a report is written from. Nothing of it leads to the instance. */
interface Facts {
  readonly failure: Failure;
  /** Of an abort. */
  readonly taken: Taken | undefined;
  readonly redactMessage: Redact;
  readonly redact: Redact;
  readonly entrypoint: string | undefined;
  readonly task: number | undefined;
  readonly breadcrumbs: readonly string[];
  readonly module: string;
  readonly build: CrashReport['build'] | undefined;
  readonly instance: string | undefined;
  readonly firstAttempt: ReportDraft | undefined;
  /** What the report says in the same way. */
  readonly plain: Pick<CrashReport, 'generation' | 'memoryBytes' | 'uptimeMs' | 'callsLost' | 'recovery' | 'at' | 'givenUp'>;
}

/**
 * A crash report that is written when somebody first reads it: to write one costs as much as to catch a panic, and few are read. What it says
 * was taken down when the instance failed, so that it is the same whenever that is.
 */
export class ReportDraft {
  readonly recovery: Recovery;
  readonly callsLost: number;
  /** Undefined once it is written: it may hold what a redaction takes out. */
  #facts: Facts | undefined;
  #report: CrashReport | undefined;

  constructor(facts: Facts) {
    this.recovery = facts.plain.recovery;
    this.callsLost = facts.plain.callsLost;
    this.#facts = facts;
  }

  get report(): CrashReport {
    if (this.#facts !== undefined) this.#report = write(this.#facts);
    this.#facts = undefined;
    return this.#report as CrashReport;
  }

  /** What an abort says in one line, as long as its report is not written. */
  get message(): string | undefined {
    const facts = this.#facts;
    return facts?.taken && describeFailure(facts.taken, facts.entrypoint);
  }
}

function write(facts: Facts): CrashReport {
  const { failure, taken, redactMessage, redact, entrypoint, task, breadcrumbs, module, build, instance, firstAttempt, plain } = facts;
  const record = recordOf(taken ?? takeDown(failure, redactMessage), failure);
  const report: Omit<CrashReport, 'fingerprint'> = {
    version: REPORT_VERSION,
    failure: record,
    ...(entrypoint !== undefined && { entrypoint }),
    ...(task !== undefined && { task }),
    ...(breadcrumbs.length > 0 && { breadcrumbs: breadcrumbs.map((crumb) => redact(crumb)) }),
    module,
    ...(build && { build }),
    ...(instance !== undefined && { instance }),
    ...plain,
    ...(firstAttempt && { firstAttempt: firstAttempt.report.failure }),
  };
  return final(withFingerprint(report, record));
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

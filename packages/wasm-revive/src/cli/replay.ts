import type { CrashReport } from '@wasm-revive/kernel';
import { renderReport, SymbolicateError, sourcesOnDisk, symbolicate } from '@wasm-revive/symbolicate';
import { ReplayError } from '../replay/errors.js';
import type { Outcome } from '../replay/outcome.js';
import { type ReplayableCapsule, readCapsule } from '../replay/read-capsule.js';
import { replay } from '../replay/replay.js';
import { readInput, wantsColour } from './input.js';

interface ReplayFlags {
  readonly debug?: string;
  readonly sourceRoot?: string;
  readonly full?: boolean;
  readonly timeout: number;
}

/** The exit code where the call was made, and another thing happened. */
const OTHER = 2;

/** `wasm-revive replay`. */
export async function runReplay(file: string, dir: string, { debug, sourceRoot, full = false, timeout }: ReplayFlags): Promise<void> {
  const capsule = readCapsule(
    readInput(file, (message, cause) => new ReplayError('REVIVE_BAD_CAPSULE', message, { cause })).toString('utf8'),
  );
  const debugFile =
    debug === undefined
      ? undefined
      : readInput(debug, (message, cause) => new SymbolicateError('REVIVE_BAD_DEBUG_FILE', message, { cause }));
  const show = (report: CrashReport): void => {
    const options = { colour: wantsColour(), full, findSource: sourcesOnDisk(sourceRoot) };
    process.stdout.write(`${renderReport(symbolicate(report, debugFile), options)}\n`);
  };
  const outcome = await replay(capsule, dir, timeout * 1000);
  if (outcome.kind === 'failed') show(outcome.report);
  console.log(verdict(outcome, capsule, timeout));
  if (!isSame(outcome, capsule)) process.exitCode = OTHER;
}

function isSame(outcome: Outcome, { report }: ReplayableCapsule): boolean {
  return outcome.kind === 'failed' && outcome.report.fingerprint === report.fingerprint;
}

function verdict(outcome: Outcome, capsule: ReplayableCapsule, timeout: number): string {
  const { path, report, image } = capsule;
  const { fingerprint } = report;
  const call = `the call of ${inOneLine(path)}`;
  switch (outcome.kind) {
    case 'failed':
      if (isSame(outcome, capsule)) return `The same failure: ${call} fails as it did (fingerprint ${fingerprint}).`;
      return `Another failure: ${call} fails with the fingerprint ${outcome.report.fingerprint}; the capsule's is ${inOneLine(fingerprint)}.${image === undefined ? ` ${withoutImage(capsule)}` : ''}`;
    case 'threw':
      return `No failure: ${call} threw an error that is none of Rust's failures (${inOneLine(outcome.error)}). ${mayDiffer(capsule)}`;
    case 'ended':
      return `No failure: ${call} ended well. ${mayDiffer(capsule)}`;
    case 'hung':
      return `No answer: ${call} had not ended after ${timeout} s, and its process was ended. --timeout gives it longer.`;
    case 'died':
      return `No answer: the process in which ${call} ran was at an end before (${outcome.how}).`;
    case 'refused':
      return outcome.message;
  }
}

/** What the call may have depended on. */
function mayDiffer(capsule: ReplayableCapsule): string {
  const late = capsule.readLate ? ' Its arguments were read after it had failed: the program may have changed them by then.' : '';
  return capsule.image === undefined
    ? `${withoutImage(capsule)}${late}`
    : `It began with the image of the capsule; what JavaScript gave to it during the call is not in that.${late}`;
}

function withoutImage({ noImage }: ReplayableCapsule): string {
  return `The state that it failed in isn't in the capsule${noImage === undefined ? '' : ` (${inOneLine(noImage)})`}: it began with the initial one.`;
}

/** A text of somebody else's. */
function inOneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/gu, ' ');
}

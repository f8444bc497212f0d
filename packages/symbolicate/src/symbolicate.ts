import { createHash } from 'node:crypto';
import type { CrashReport, FailureRecord, Frame } from '@wasm-revive/kernel';
import { SymbolicateError } from './errors.js';
import { askModule, demangle, type SourceFunction, type ToldFrame, type ToldFrames } from './wasm.js';

/** A frame, explained. */
export interface SymbolicatedFrame extends Frame {
  /** Innermost first: functions that the compiler has inlined, then the one that the frame is of. */
  readonly source?: readonly SourceFunction[];
  /** The place is only where the function begins: the engine told no offset (JavaScriptCore). */
  readonly approximate?: true;
}

/** Options of {@link symbolicate}. */
export interface SymbolicateOptions {
  /** Use a debug file of another build, or one without debug information, for what it is worth: what is seen to be wrong stays untold. */
  readonly force?: boolean;
}

/**
 * Explains the frames of a crash report: functions demangled; with a debug file, also files and lines, and inlined functions.
 * @param debug the module with DWARF in it, as `wasm-bindgen --keep-debug` made it; before or after the transform, for that changes no code
 * @returns a copy of the report, valid under the same schema
 * @throws SymbolicateError `REVIVE_BAD_DEBUG_FILE`, `REVIVE_NO_DEBUG_INFO`, `REVIVE_OTHER_BUILD`, `REVIVE_STALE_DEBUG_INFO`
 */
export function symbolicate(report: CrashReport, debug?: Uint8Array, options: SymbolicateOptions = {}): CrashReport {
  const { failure } = report;
  const frames = failure.kind === 'aborted' ? failure.frames : [];
  const ofPanic = failure.panic?.frames ?? [];
  const all = [...ofPanic, ...frames];
  const explained = debug === undefined ? all.map(demangled) : explain(report, all, debug, options.force === true);
  const panic = failure.panic && { ...failure.panic, frames: explained.slice(0, ofPanic.length) };
  const record: FailureRecord =
    failure.kind === 'unwound'
      ? { ...failure, panic: panic ?? failure.panic }
      : { ...failure, ...(panic && { panic }), frames: explained.slice(ofPanic.length) };
  return { ...report, failure: record };
}

function demangled(frame: Frame): Frame {
  return frame.function === undefined ? frame : { ...frame, function: demangle(frame.function) };
}

function explain({ build }: CrashReport, frames: readonly Frame[], debug: Uint8Array, force: boolean): SymbolicatedFrame[] {
  // A module that wasn't transformed may be the very file that ran; who forces it says so.
  const told = ask(debug, frames, build?.codeOffset ?? (force ? ask(debug, [], undefined).code[0] : undefined));
  if (!force) {
    checkBuild(build, debug, told);
    if (!told.hasDebugInfo) throw withoutDebugInfo();
    checkFit(told.frames);
  }
  return frames.map((frame, index) => {
    const { functions = [], approximate = false } = told.frames[index] ?? {};
    if (functions.length === 0) return demangled(frame);
    // The module that was deployed may have had no names.
    const name = functions.at(-1)?.name;
    return { ...demangled(frame), ...(name !== undefined && { function: name }), source: functions, ...(approximate && { approximate }) };
  });
}

/** @param codeOffset where the code began in the file that ran; undefined when that isn't known */
function ask(debug: Uint8Array, frames: readonly Frame[], codeOffset: number | undefined): ToldFrames {
  const offsetInCode = (offset: number | undefined): number => {
    if (offset === undefined || codeOffset === undefined) return -1;
    // Before the code there is no function, as there is none behind it.
    return offset < codeOffset ? Number.POSITIVE_INFINITY : offset - codeOffset;
  };
  try {
    return askModule(
      debug,
      frames.map(({ index = -1, offset }) => [index, offsetInCode(offset)]),
    );
  } catch (error) {
    if (error instanceof SymbolicateError) throw error;
    throw new SymbolicateError(
      'REVIVE_BAD_DEBUG_FILE',
      `The debug file can't be read: ${error instanceof Error ? error.message : error}. It has to be the WebAssembly module as \`wasm-bindgen --keep-debug\` made it.`,
      { cause: error },
    );
  }
}

/** As the transform names a build: see `Build` in the kernel. */
function checkBuild(build: CrashReport['build'], debug: Uint8Array, { code: [begin, end], buildId }: ToldFrames): void {
  const found = createHash('sha256').update(debug.subarray(begin, end)).digest('hex').slice(0, 16);
  if (build?.id === found) {
    // The same code can come from other lines.
    if (build.debugId === undefined || buildId === null || build.debugId === buildId) return;
    throw new SymbolicateError(
      'REVIVE_OTHER_BUILD',
      `The debug file has the same code as the module that failed, but it is of another build: its \`build_id\` is ${buildId}, that of the module ${build.debugId}. ` +
        'Its lines may be wrong. Keep the debug file of every build that you deploy, as the transform wrote it. `--force` uses this one all the same.',
    );
  }
  const whose =
    build === undefined
      ? 'the report does not say which build it is of (the package was not transformed). If the debug file is the very file that ran, `--force` places the frames by it'
      : `the module that failed is build ${build.id}`;
  throw new SymbolicateError(
    'REVIVE_OTHER_BUILD',
    `The debug file is build ${found}, but ${whose}: its lines would be wrong. Keep the debug file of every build that you deploy: what \`wasm-revive transform --split-debug\` writes, or the transformed wasm file before it is stripped. \`--force\` uses this one all the same.`,
  );
}

/**
 * That builds have the same name says what was transformed, not what ran, nor what the debug information was made for.
 *
 * Note: one frame that does not fit refuses nothing, for frames of other modules may be on the same stack. Where nothing belongs together,
 * a frame fits by chance now and then.
 */
function checkFit(frames: readonly ToldFrame[]): void {
  const count = (is: (frame: ToldFrame) => boolean): number => frames.filter(is).length;
  const ofOtherCode = count(({ fit }) => fit === 'other-code');
  if (ofOtherCode > frames.length - ofOtherCode) {
    throw new SymbolicateError(
      'REVIVE_OTHER_BUILD',
      'The offsets of the frames are not in the functions that they name: the wasm file that ran is not the one that was transformed, so its lines would be wrong. A tool has rewritten its code afterwards, as `wasm-opt` does even when it only strips. Run such tools before `wasm-revive transform`, and strip with what leaves the code as it is (`wasm-tools strip`, `wasm-strip`). `--force` shows what does fit.',
    );
  }
  const placed = count(({ functions }) => functions.some(({ place }) => place !== undefined));
  if (count(({ fit }) => fit === 'stale-debug-info') <= placed) return;
  throw new SymbolicateError(
    'REVIVE_STALE_DEBUG_INFO',
    "The debug file has debug information (DWARF) of other code than its own, so its lines would be wrong: a tool has rewritten the code, and left the debug information as it was. npm's `wasm-opt` does. Keep a file that no such tool has been at, and deploy the same code. `--force` shows the names of functions.",
  );
}

function withoutDebugInfo(): SymbolicateError {
  return new SymbolicateError(
    'REVIVE_NO_DEBUG_INFO',
    'The debug file has no debug information (DWARF). Build with `debug = "line-tables-only"` in `[profile.release]`, run wasm-bindgen with `--keep-debug`, and strip only the copy that you deploy. `--force` uses the names of functions that it has.',
  );
}

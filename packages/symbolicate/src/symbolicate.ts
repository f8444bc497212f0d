import { createHash } from 'node:crypto';
import type { CrashReport, FailureRecord, Frame, Location, PanicInfo } from '@wasm-revive/kernel';
import { SymbolicateError } from './errors.js';
import { askModule, demangle, type ToldFrames } from './wasm.js';

/** A function of the source that a frame was in. */
export interface SourceFunction {
  /** Demangled. */
  readonly name?: string;
  /** What was being executed in it. The column is 0 where it isn't known. */
  readonly place?: Location;
}

/** A frame, explained. */
export interface SymbolicatedFrame extends Frame {
  /** Innermost first: functions that the compiler has inlined, then the one that the frame is of. */
  readonly source?: readonly SourceFunction[];
  /** The place is only where the function begins: the engine told no offset (JavaScriptCore). */
  readonly approximate?: true;
}

/** Options of {@link symbolicate}. */
export interface SymbolicateOptions {
  /** Use a debug file of another build, or one without debug information, for what it is worth. */
  readonly force?: boolean;
}

/**
 * Explains the frames of a crash report: functions demangled; with a debug file, also files and lines, and inlined functions.
 * @param debug the module with DWARF in it, as `wasm-bindgen --keep-debug` made it; before or after the transform, for that changes no code
 * @returns a copy of the report, valid under the same schema
 * @throws SymbolicateError `REVIVE_BAD_DEBUG_FILE`, `REVIVE_NO_DEBUG_INFO`, `REVIVE_OTHER_BUILD`
 */
export function symbolicate(report: CrashReport, debug?: Uint8Array, options: SymbolicateOptions = {}): CrashReport {
  const { failure } = report;
  const explain = debug === undefined ? demangled : explainer(report, debug, options.force === true);
  const panic = failure.panic && explainPanic(failure.panic, explain);
  const explained: FailureRecord =
    failure.kind === 'unwound'
      ? { ...failure, panic: panic ?? failure.panic }
      : { ...failure, ...(panic && { panic }), frames: explain(failure.frames) };
  return { ...report, failure: explained };
}

type Explain = (frames: readonly Frame[]) => SymbolicatedFrame[];

function explainPanic(panic: PanicInfo, explain: Explain): PanicInfo {
  return { ...panic, frames: explain(panic.frames) };
}

function demangled(frames: readonly Frame[]): Frame[] {
  return frames.map((frame) => (frame.function === undefined ? frame : { ...frame, function: demangle(frame.function) }));
}

function explainer({ build }: CrashReport, debug: Uint8Array, force: boolean): Explain {
  const ask = (frames: readonly Frame[]): ToldFrames => {
    try {
      return askModule(
        debug,
        frames.map(({ index = -1, offset }) => [index, offset === undefined || build === undefined ? -1 : offset - build.codeOffset]),
      );
    } catch (error) {
      throw new SymbolicateError(
        'REVIVE_BAD_DEBUG_FILE',
        `The debug file can't be read: ${error instanceof Error ? error.message : error}. It has to be the WebAssembly module as \`wasm-bindgen --keep-debug\` made it.`,
        { cause: error },
      );
    }
  };
  const { hasDebugInfo, code } = ask([]);
  if (!force) {
    checkBuild(build, debug, code);
    if (!hasDebugInfo) throw withoutDebugInfo();
  }
  return (frames) => {
    const told = ask(frames);
    return demangled(frames).map((frame, index) => {
      const { functions = [], approximate = false } = told.frames[index] ?? {};
      if (functions.length === 0) return frame;
      const name = frame.function ?? functions.at(-1)?.name;
      return { ...frame, ...(name !== undefined && { function: name }), source: functions, ...(approximate && { approximate }) };
    });
  };
}

/** As the transform names a build: see `Build` in the kernel. */
function checkBuild(build: CrashReport['build'], debug: Uint8Array, [begin, end]: ToldFrames['code']): void {
  const found = createHash('sha256').update(debug.subarray(begin, end)).digest('hex').slice(0, 16);
  if (build?.id === found) return;
  const whose =
    build === undefined
      ? 'the report does not say which build it is of (the package was not transformed)'
      : `the module that failed is build ${build.id}`;
  throw new SymbolicateError(
    'REVIVE_OTHER_BUILD',
    `The debug file is build ${found}, but ${whose}: its lines would be wrong. Keep the debug file of every build that you deploy: what \`wasm-bindgen --keep-debug\` makes, before it is stripped. \`--force\` uses this one all the same.`,
  );
}

function withoutDebugInfo(): SymbolicateError {
  return new SymbolicateError(
    'REVIVE_NO_DEBUG_INFO',
    'The debug file has no debug information (DWARF). Build with `debug = "line-tables-only"` in `[profile.release]`, run wasm-bindgen with `--keep-debug`, and strip only the copy that you deploy. `--force` uses the names of functions that it has.',
  );
}

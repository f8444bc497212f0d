import { type CrashReport, REPORT_VERSION } from '@wasm-revive/kernel';
import { SymbolicateError } from './errors.js';

/**
 * Reads a crash report that was written as JSON.
 * @throws SymbolicateError `REVIVE_BAD_REPORT`, `REVIVE_UNKNOWN_REPORT_VERSION`
 */
export function readReport(json: string): CrashReport {
  const value = parsed(json);
  if (!isObject(value)) throw notAReport('it is no object');
  const { version, failure } = value;
  if (version === undefined && failure === undefined) throw notAReport('it has neither `version` nor `failure`');
  if (version !== REPORT_VERSION) {
    throw new SymbolicateError(
      'REVIVE_UNKNOWN_REPORT_VERSION',
      `The crash report is of version ${JSON.stringify(version)}; this package reads version ${REPORT_VERSION}. Use the version of wasm-revive that the report was written with, or a newer one.`,
    );
  }
  const wrong = problem(value);
  if (wrong !== undefined) throw notAReport(wrong);
  return value as unknown as CrashReport;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw notAReport(`it is not JSON (${error instanceof Error ? error.message : error})`, error);
  }
}

/** What is used here and isn't there. The schema is `crash-report.schema.json` in `@wasm-revive/kernel`. */
function problem({ failure, module, breadcrumbs, build }: Record<string, unknown>): string | undefined {
  if (!isObject(failure) || (failure.kind !== 'unwound' && failure.kind !== 'aborted'))
    return '`failure.kind` is neither unwound nor aborted';
  if (typeof module !== 'string') return '`module` is not the name of a module';
  if (breadcrumbs !== undefined && !isArrayOf(breadcrumbs, (text) => typeof text === 'string')) return '`breadcrumbs` are not texts';
  if (build !== undefined && !(isObject(build) && typeof build.id === 'string' && typeof build.codeOffset === 'number')) {
    return '`build` has no `id` and `codeOffset`';
  }
  if (failure.kind === 'unwound' && !isObject(failure.panic)) return '`failure.panic` is missing';
  if (failure.kind === 'aborted' && !isArrayOf(failure.frames, isObject)) return '`failure.frames` is no list of frames';
  if (failure.kind === 'aborted' && !isObject(failure.trap)) return '`failure.trap` is missing';
  if (failure.panic === undefined) return undefined;
  const { panic } = failure;
  if (!isObject(panic) || typeof panic.message !== 'string') return '`failure.panic.message` is not a text';
  return isArrayOf(panic.frames, isObject) ? undefined : '`failure.panic.frames` is no list of frames';
}

function notAReport(why: string, cause?: unknown): SymbolicateError {
  return new SymbolicateError(
    'REVIVE_BAD_REPORT',
    `This is not a crash report of wasm-revive: ${why}. A report is what \`onFailure\` gets, and what the errors of a failing call have as \`report\`; write it with \`JSON.stringify(report)\`.`,
    { cause },
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isArrayOf(value: unknown, isOne: (value: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}

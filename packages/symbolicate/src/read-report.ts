import { type CrashReport, REPORT_VERSION } from '@wasm-revive/kernel';
import { SymbolicateError } from './errors.js';
import { count, fields, isObject, leaf, list, number, oneOf, optional, type Shape, text } from './shape.js';

const LOCATION = fields({ file: text, line: count, column: count });

const FRAMES = list(
  fields({
    function: optional(text),
    index: optional(count),
    offset: optional(count),
    source: optional(list(fields({ name: optional(text), place: optional(LOCATION) }))),
    approximate: optional(oneOf(true)),
  }),
);

const PANIC = fields({ message: text, location: optional(LOCATION), frames: FRAMES });

const UNWOUND = fields({ panic: PANIC });

const ABORTED = fields({
  cause: text,
  panic: optional(PANIC),
  allocation: optional(fields({ size: number, align: number })),
  trap: fields({ name: text, message: text }),
  frames: FRAMES,
});

const FAILURE: Shape = (value, path) =>
  fields({ kind: oneOf('unwound', 'aborted') })(value, path) ??
  (isObject(value) && value.kind === 'unwound' ? UNWOUND : ABORTED)(value, path);

/** The version 1 of `crash-report.schema.json` in `@wasm-revive/kernel`, without what does no harm. */
const REPORT = fields({
  failure: FAILURE,
  fingerprint: text,
  entrypoint: optional(text),
  task: optional(number),
  breadcrumbs: optional(list(text)),
  module: text,
  build: optional(fields({ id: text, codeOffset: count, debugId: optional(text) })),
  instance: optional(text),
  generation: number,
  memoryBytes: number,
  uptimeMs: number,
  callsLost: number,
  recovery: oneOf('keep', 'rollback', 'fresh', 'retire'),
  at: leaf('a time in milliseconds', (value) => typeof value === 'number' && !Number.isNaN(new Date(value).getTime())),
});

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
  const wrong = REPORT(value, '');
  if (wrong !== undefined) throw notAReport(wrong);
  return value as unknown as CrashReport;
}

function parsed(json: string): unknown {
  try {
    // What PowerShell writes begins with a byte order mark.
    return JSON.parse(json.replace(/^\ufeff/, ''));
  } catch (error) {
    throw notAReport(`it is not JSON (${error instanceof Error ? error.message : error})`, error);
  }
}

function notAReport(why: string, cause?: unknown): SymbolicateError {
  return new SymbolicateError(
    'REVIVE_BAD_REPORT',
    `This is not a crash report of wasm-revive: ${why}. A report is what \`onFailure\` gets, and what the errors of a failing call have as \`report\`; write it with \`JSON.stringify(report)\`.`,
    { cause },
  );
}

import type { Attributes } from '@opentelemetry/api';
import { type CrashReport, describeFailure, type FailureRecord, type Frame } from '@wasm-revive/kernel';
import { known } from './event-attributes.js';

/**
 * A crash report as the attributes of a span event: those of exceptions (semantic conventions), and the report's own under `wasm_revive.`.
 *
 * For programs that know better than the active span whose failure it was: `span.addEvent('exception', failureAttributes(error.report))`.
 */
export function failureAttributes(report: CrashReport): Attributes {
  const { failure } = report;
  const type = thrown(failure);
  const message = describeFailure(failure, report.entrypoint);
  const frames = framesOf(failure);
  return known({
    'exception.type': type,
    'exception.message': message,
    'exception.stacktrace': frames.length > 0 ? [`${type}: ${message}`, ...frames.map(describeFrame)].join('\n') : undefined,
    'wasm_revive.module': report.module,
    'wasm_revive.build': report.build?.id,
    'wasm_revive.instance': report.instance,
    'wasm_revive.generation': report.generation,
    'wasm_revive.entrypoint': report.entrypoint,
    'wasm_revive.task': report.task,
    'wasm_revive.kind': failure.kind,
    'wasm_revive.cause': failure.kind === 'aborted' ? failure.cause : undefined,
    'wasm_revive.fingerprint': report.fingerprint,
    'wasm_revive.breadcrumbs': report.breadcrumbs && [...report.breadcrumbs],
    'wasm_revive.recovery': report.recovery,
    'wasm_revive.calls_lost': report.callsLost,
  });
}

/** What the caller is thrown: an error of ours, by its code, or the exception that came through Rust, by its name. */
function thrown(failure: FailureRecord): string {
  if (failure.kind === 'unwound') return 'REVIVE_PANIC';
  return failure.cause === 'foreign-exception' ? failure.trap.name : 'REVIVE_ABORT';
}

function framesOf(failure: FailureRecord): readonly Frame[] {
  return failure.kind === 'unwound' ? failure.panic.frames : failure.frames;
}

/** As V8 writes it, which other tools read. */
function describeFrame({ function: name, index, offset }: Frame): string {
  const place = `wasm-function[${index ?? '?'}]${offset === undefined ? '' : `:0x${offset.toString(16)}`}`;
  return name === undefined ? `    at ${place}` : `    at ${name} (${place})`;
}

import { type CrashReport, isReviveError, type ReviveError } from '@wasm-revive/kernel';
import { analyticsOf } from './analytics.js';
import { WITH_ANALYTICS } from './left-out.js';
import type { FailureRecordLine, ServeOptions } from './options.js';

/** What the program's people get of failures: one log line each, and the responses to requests that failed. */
export class Failures {
  readonly #development: (env: unknown) => boolean;
  readonly #log: NonNullable<ServeOptions['log']>;
  readonly #analytics: ((line: FailureRecordLine) => void) | undefined;

  constructor({ analytics, development = isDevelopment, log = writeLine }: ServeOptions) {
    this.#development = typeof development === 'function' ? development : () => development;
    this.#log = log;
    this.#analytics = WITH_ANALYTICS && analytics !== undefined ? analyticsOf(analytics) : undefined;
  }

  /** @param calls the entrypoints whose calls may have caused it */
  log(report: CrashReport, calls: readonly string[]): void {
    const line = { message: summaryOf(report, calls), errorId: errorId(report), calls, report };
    this.#analytics?.(line);
    this.#log(line);
  }

  /**
   * The response to a request whose call failed, or was lost. Undefined for an error that is no failure: Rust, or JavaScript, threw it on purpose.
   */
  response(error: unknown, env: unknown): Response | undefined {
    if (!isReviveError(error)) return undefined;
    const { report } = error;
    const status = statusOf(error);
    const headers = new Headers({ 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
    if (error.retryAfter !== undefined) headers.set('retry-after', String(Math.ceil(error.retryAfter / 1000)));
    const title = TITLES[status];
    const id = report === undefined ? error.code : errorId(report);
    const text = this.#development(env) ? rendered(error) : `${title} (error id ${id})`;
    return new Response(`${text}\n`, { status, headers });
  }
}

const TITLES = { 422: 'Unprocessable Content', 500: 'Internal Server Error', 503: 'Service Unavailable' } as const;

function statusOf({ code, retryAfter, retryable, report }: ReviveError): keyof typeof TITLES {
  // To try again is of no use.
  if (code === 'REVIVE_QUARANTINED') return 422;
  // There is no instance for now, and nothing of the request has run.
  return retryAfter !== undefined || (retryable && report === undefined) ? 503 : 500;
}

const isDevelopment = (env: unknown): boolean =>
  typeof env === 'object' && env !== null && 'WASM_REVIVE_DEVELOPMENT' in env && String(env.WASM_REVIVE_DEVELOPMENT) === '1';

const writeLine: NonNullable<ServeOptions['log']> = (record) => console.error(JSON.stringify(record));

/** The same for all that a failure has cost. Note: no random number, which workerd gives nobody while the Worker starts. */
function errorId({ fingerprint, at, generation }: CrashReport): string {
  return `${fingerprint.slice(0, 8)}-${at.toString(36)}-${generation}`;
}

/** One line that says what happened. */
function summaryOf({ failure, entrypoint, instance, callsLost }: CrashReport, calls: readonly string[] = []): string {
  const what = failure.kind === 'unwound' ? 'Rust panicked' : `Rust aborted (${failure.cause})`;
  const where = [entrypoint ?? calls.join(' or '), instance].filter(Boolean).join(' of ');
  const { panic } = failure;
  const said = panic === undefined ? '' : `: ${panic.message}${placeOf(panic)}`;
  return `${what}${where && ` in ${where}`}${said}${callsLost > 0 ? ` (calls lost: ${callsLost})` : ''}`;
}

function placeOf({ location }: NonNullable<CrashReport['failure']['panic']>): string {
  return location === undefined ? '' : ` (${location.file}:${location.line}:${location.column})`;
}

/** A crash report for the person who develops the Worker. */
function rendered({ message, code, report }: ReviveError): string {
  const lines = [`${code}: ${message}`];
  if (report !== undefined) {
    lines.push('', summaryOf(report));
    const { failure } = report;
    for (const { function: name, offset } of (failure.kind === 'unwound' ? failure.panic : failure).frames) {
      lines.push(`    at ${name ?? '(unknown)'}${offset === undefined ? '' : ` (0x${offset.toString(16)})`}`);
    }
    lines.push('', JSON.stringify(report, undefined, 2));
  }
  return lines.join('\n');
}

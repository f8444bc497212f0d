import { describe, expect, it } from 'vitest';
import { readReport, SymbolicateError } from '../src/index.js';
import { ABORTED, UNWOUND } from './reports.js';

const PANIC = UNWOUND.failure.panic;

/** A report that is whole, but for one thing. */
function but(change: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...UNWOUND, ...change });
}

const withPanic = (change: Readonly<Record<string, unknown>>) => but({ failure: { kind: 'unwound', panic: { ...PANIC, ...change } } });

const BAD: readonly (readonly [what: string, json: string, says: string])[] = [
  ['no JSON', '{"version":', 'it is not JSON'],
  ['no object', '[1]', 'it is no object'],
  ['something else', '{"name":"x"}', 'it has neither `version` nor `failure`'],
  ['no failure', '{"version":1,"failure":{"kind":"odd"}}', '`failure.kind`'],
  ['no module', but({ module: 1 }), '`module`'],
  ['no panic', but({ failure: { kind: 'unwound' } }), '`failure.panic`'],
  ['no frames', JSON.stringify({ ...ABORTED, failure: { ...ABORTED.failure, frames: 'x' } }), '`failure.frames`'],
  ['no trap', JSON.stringify({ ...ABORTED, failure: { ...ABORTED.failure, trap: undefined } }), '`failure.trap`'],
  ['a panic without words', withPanic({ message: undefined }), '`failure.panic.message` is not a text'],
  ['a location that is none', withPanic({ location: { file: 5, line: 1, column: 1 } }), '`failure.panic.location.file`'],
  ['a line that is none', withPanic({ location: { file: 'a.rs', line: -1, column: 1 } }), '`failure.panic.location.line`'],
  ['a function that is no text', withPanic({ frames: [{}, { function: 7 }] }), '`failure.panic.frames[1].function` is not a text'],
  ['an offset that is none', withPanic({ frames: [{ offset: 1.5 }] }), '`failure.panic.frames[0].offset` is not a whole number'],
  ['odd sources', withPanic({ frames: [{ source: [{ place: {} }] }] }), '`failure.panic.frames[0].source[0].place.file`'],
  ['odd breadcrumbs', but({ breadcrumbs: [1] }), '`breadcrumbs[0]`'],
  ['an odd build', but({ build: {} }), '`build.id`'],
  ['an odd recovery', but({ recovery: 'pray' }), '`recovery` is not keep or rollback or fresh or retire'],
  ['an odd time', but({ at: 1e99 }), '`at` is not a time'],
  ...['fingerprint', 'generation', 'memoryBytes', 'uptimeMs', 'callsLost', 'recovery', 'at'].map(
    (name) => [`a report without ${name}`, but({ [name]: undefined }), `\`${name}\``] as const,
  ),
];

describe('readReport', () => {
  it.each(BAD)('refuses %s, and says why', (_, json, says) => {
    expect(() => readReport(json)).toThrow(expect.objectContaining({ code: 'REVIVE_BAD_REPORT', message: expect.stringContaining(says) }));
  });

  it('refuses a version that it does not know, and says which it knows', () => {
    expect(() => readReport('{"version":9,"failure":{}}')).toThrow(
      expect.objectContaining({ code: 'REVIVE_UNKNOWN_REPORT_VERSION', message: expect.stringContaining('reads version 1') }),
    );
  });

  it.each([
    ['what is no JSON', '\u001b[2J\n\u009b31m'],
    ['a version', '{"version":"\u009b31m\\n\u202e","failure":{}}'],
  ])('lets no text act on the terminal: %s', (_, json) => {
    const error = catchError(() => readReport(json));
    expect(error).toBeInstanceOf(SymbolicateError);
    expect(error?.message).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  it('reads what a program has written', () => {
    expect(readReport(JSON.stringify(ABORTED))).toEqual(ABORTED);
    expect(readReport(`\ufeff${JSON.stringify(ABORTED)}`)).toEqual(ABORTED);
  });
});

function catchError(run: () => unknown): Error | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  return undefined;
}

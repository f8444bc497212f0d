import { describe, expect, it } from 'vitest';
import { readReport } from '../src/index.js';
import { ABORTED, UNWOUND } from './reports.js';

const BAD: readonly (readonly [what: string, json: string, says: string])[] = [
  ['no JSON', '{"version":', 'it is not JSON'],
  ['no object', '[1]', 'it is no object'],
  ['something else', '{"name":"x"}', 'it has neither `version` nor `failure`'],
  ['no failure', '{"version":1,"failure":{"kind":"odd"}}', '`failure.kind`'],
  ['no module', JSON.stringify({ ...UNWOUND, module: 1 }), '`module`'],
  ['no panic', JSON.stringify({ ...UNWOUND, failure: { kind: 'unwound' } }), '`failure.panic` is missing'],
  ['no frames', JSON.stringify({ ...ABORTED, failure: { ...ABORTED.failure, frames: 'x' } }), '`failure.frames`'],
  ['no trap', JSON.stringify({ ...ABORTED, failure: { ...ABORTED.failure, trap: undefined } }), '`failure.trap`'],
  ['a panic without words', JSON.stringify({ ...UNWOUND, failure: { kind: 'unwound', panic: { frames: [] } } }), '`failure.panic.message`'],
  ['odd breadcrumbs', JSON.stringify({ ...UNWOUND, breadcrumbs: [1] }), '`breadcrumbs`'],
  ['an odd build', JSON.stringify({ ...UNWOUND, build: {} }), '`build`'],
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

  it('reads what a program has written', () => {
    expect(readReport(JSON.stringify(ABORTED))).toEqual(ABORTED);
  });
});

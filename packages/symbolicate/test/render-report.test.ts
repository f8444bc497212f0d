/** What people see, as files: `npx vitest run -u` writes them anew. */
import { describe, expect, it } from 'vitest';
import { renderReport, symbolicate } from '../src/index.js';
import { ABORTED, SOURCE, UNWOUND } from './reports.js';

const findSource = (path: string) => (path === 'src/lib.rs' ? { path, text: SOURCE } : undefined);

describe('renderReport', () => {
  it('shows the line of the source, the stack, the breadcrumbs, and what was done', async () => {
    await expect(renderReport(ABORTED, { findSource })).toMatchFileSnapshot('golden/aborted.txt');
  });

  it('shows the place where the source is not there, and every frame when asked', async () => {
    await expect(renderReport(ABORTED, { full: true })).toMatchFileSnapshot('golden/aborted-full.txt');
  });

  it('shows a panic that was caught, of which little is known', async () => {
    await expect(renderReport(UNWOUND)).toMatchFileSnapshot('golden/unwound.txt');
  });

  it('uses colours only when asked', () => {
    const introducer = '\u001b[';
    expect(renderReport(ABORTED, { findSource, colour: true })).toContain(introducer);
    expect(renderReport(ABORTED, { findSource })).not.toContain(introducer);
  });

  it('lets no text of the program act on the terminal', () => {
    const hostile = 'a\u001b[2J\u009b31m\u202eb\rc\u0007';
    const report = {
      ...ABORTED,
      entrypoint: hostile,
      module: hostile,
      breadcrumbs: [hostile],
      failure: {
        kind: 'aborted' as const,
        cause: 'panic-abort' as const,
        panic: { message: hostile, location: { file: `${hostile}.rs`, line: 1, column: 1 }, frames: [] },
        trap: { name: 'RuntimeError', message: hostile },
        frames: [{ function: hostile }],
      },
    };
    for (const shown of [renderReport(report), renderReport(report, { findSource: (path) => ({ path, text: SOURCE }) })]) {
      expect(shown.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    }
  });
});

describe('symbolicate, without a debug file', () => {
  it('demangles, as rustc-demangle does', () => {
    const frames = ['_ZN3app5shelf5third17h0123456789abcdefE', '_RNvNtCs1234_3app5shelf5third', 'plain'].map((name) => ({
      function: name,
    }));
    const { failure } = symbolicate({ ...UNWOUND, failure: { kind: 'unwound', panic: { message: '', frames } } });
    expect(failure.panic?.frames.map((frame) => frame.function)).toEqual(['app::shelf::third', 'app::shelf::third', 'plain']);
  });
});

import { describe, expect, it } from 'vitest';
import { checkEngine, explainCompileError, type ReviveError } from '../src/index.js';

// Engines without an encoding are met in `packages/conformance/test/encodings.test.ts`.
describe('checkEngine', () => {
  it('lets the legacy encoding pass, which Node.js runs', () => {
    expect(() => checkEngine('app', { encoding: 'legacy', jsTag: false })).not.toThrow();
  });

  it.runIf(Number.parseInt(process.versions.node, 10) === 20)('I9: says what Node.js 20 lacks, which has no flag for it', () => {
    const error = thrownBy(() => checkEngine('app', { encoding: 'exnref', jsTag: true }));
    expect(error).toMatchObject({ code: 'REVIVE_UNSUPPORTED_ENGINE', retryable: false });
    expect(error.message).not.toContain('--experimental');
    expect(error.message).toContain('wasm-use-legacy-eh=true');
    // Under panic=abort Rust has no encoding to choose.
    const ofImports = thrownBy(() => checkEngine('app', { encoding: 'exnref', jsTag: true, importsOnly: true })).message;
    expect(ofImports).toMatch(/run wasm-bindgen without --force-enable-abort-handler\.$/);
    expect(ofImports).not.toContain('panic=unwind');
    // The legacy encoding runs there; the tag that older glue catches by does not.
    expect(thrownBy(() => checkEngine('app', { encoding: 'legacy', jsTag: true })).message).toMatch(
      /supports legacy, without catching by that tag\. Run it on Node\.js 22\.22\.3 or later, or build it with wasm-bindgen/,
    );
  });
});

describe('explainCompileError', () => {
  it('gives the error back that is about something else', () => {
    const bytes = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 0xff]);
    const error = thrownBy(() => new WebAssembly.Module(bytes));
    expect(explainCompileError('app', bytes, error)).toBe(error);
    expect(explainCompileError('app', new Uint8Array(), error)).toBe(error);
  });
});

function thrownBy(run: () => unknown): ReviveError {
  try {
    run();
  } catch (error) {
    return error as ReviveError;
  }
  throw new Error('It threw nothing.');
}

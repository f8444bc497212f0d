import { describe, expect, it } from 'vitest';
import { wasmFrames } from '../src/index.js';

function withStack(stack: string): Error {
  return Object.assign(new Error('x'), { stack });
}

describe('wasmFrames', () => {
  it('reads V8', () => {
    const error = withStack(`RuntimeError: unreachable
    at app.wasm.core::panicking::panic_fmt (wasm://wasm/app.wasm-000488ea:wasm-function[133]:0x80a9)
    at wasm://wasm/app.wasm-000488ea:wasm-function[7]:0x12
    at new Counter (/srv/app.js:69:26)`);
    expect(wasmFrames(error)).toEqual([
      { function: 'core::panicking::panic_fmt', index: 133, offset: 0x80a9 },
      { index: 7, offset: 0x12 },
    ]);
  });

  it('reads SpiderMonkey', () => {
    const error = withStack('counter_new@http://localhost/app_bg.wasm:wasm-function[133]:0x80a9\nfoo@http://localhost/app.js:1:2');
    expect(wasmFrames(error)).toEqual([{ function: 'counter_new', index: 133, offset: 0x80a9 }]);
  });

  it('reads JavaScriptCore', () => {
    const error = withStack(
      [
        'app.wasm.wasm-function[app[598e58a17f1c0027]::run]@[wasm code]',
        '<?>.wasm-function[133]@[wasm code]',
        'wasm-stub@[wasm code]',
        'counter_new@wasm-function[7]',
        'foo@http://localhost/app.js:1:2',
      ].join('\n'),
    );
    expect(wasmFrames(error)).toEqual([{ function: 'app[598e58a17f1c0027]::run' }, { index: 133 }, { function: 'counter_new', index: 7 }]);
  });

  it('reads Bun', () => {
    const error = withStack(`RuntimeError: Unreachable code should not be executed
    at app.wasm.wasm-function[app[598e58a17f1c0027]::run] (native)
    at app.wasm.wasm-function[133] ([wasm code])
    at foo (/srv/app.js:69:26)`);
    expect(wasmFrames(error)).toEqual([{ function: 'app[598e58a17f1c0027]::run' }, { index: 133 }]);
  });

  it('is empty for what has no stack', () => {
    expect(wasmFrames('a string')).toEqual([]);
  });

  it("SpiderMonkey's, up to where the event loop entered", () => {
    const error = Object.assign(new Error('index out of bounds'), {
      stack: [
        'app.wasm.app[598e58a17f1c0027]::run@http://127.0.0.1:8080/app_bg.wasm:wasm-function[637]:0x2bc3a',
        'app.wasm.poll@http://127.0.0.1:8080/app_bg.wasm:wasm-function[12]:0x80a9',
        '$g159@http://127.0.0.1:8080/app.js:2443:24',
        'promise callback*app.wasm.app[598e58a17f1c0027]::run@http://127.0.0.1:8080/app_bg.wasm:wasm-function[637]:0x2bc3a',
        'app.wasm.poll@http://127.0.0.1:8080/app_bg.wasm:wasm-function[12]:0x80a9',
      ].join('\n'),
    });
    expect(wasmFrames(error)).toEqual([
      { function: 'app[598e58a17f1c0027]::run', index: 637, offset: 0x2bc3a },
      { function: 'poll', index: 12, offset: 0x80a9 },
    ]);
  });

  it("Deno's, which calls every function the first one, and one without a name anonymous", () => {
    const error = withStack(`RuntimeError: memory access out of bounds
    at <anonymous> (wasm://wasm/4d545726:wasm-function[0]:0x6e)
    at app[981f35941408e9b4]::run (wasm://wasm/app.wasm-00165cae:wasm-function[0]:0x2ce7f)
    at file:///srv/app.mjs:3:44`);
    expect(wasmFrames(error)).toEqual([{ offset: 0x6e }, { function: 'app[981f35941408e9b4]::run', offset: 0x2ce7f }]);
  });
});

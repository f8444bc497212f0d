import { expect, test } from 'vitest';
import { withoutGuards } from '../src/without-guards.ts';

const GUARDED = `function add(a, b) {
    let ret;
    __wbg_call_guard();
    try {
        ret = wasm.add(a, b);
    } catch(e) {
        __wbg_handle_catch(e);
    }
    return ret;
}
    const import0 = {
        __wbg_tick: function() { return wrapError(function (arg0) {
            const ret = host.tick(arg0);
            return ret;
        }, arguments); },
    };
function __wbg_handle_catch(e) {
    throw e;
}
`;

test('guards are taken out of exports and imports', () => {
  expect(withoutGuards(GUARDED)).toBe(`function add(a, b) {
    let ret;
    ret = wasm.add(a, b);
    return ret;
}
    const import0 = {
        __wbg_tick: function (arg0) {
            const ret = host.tick(arg0);
            return ret;
        },
    };
function __wbg_handle_catch(e) {
    throw e;
}
`);
});

test('a guard of another shape is not passed over', () => {
  expect(() => withoutGuards(GUARDED.replace('ret = wasm.add(a, b);', 'ret = instance.add(a, b);'))).toThrow('guards have changed');
});

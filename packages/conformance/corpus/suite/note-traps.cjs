// Preloaded into a run of upstream's own output: prints a line for every trap that leaves the instance, so that it is known which of
// upstream's tests abort and go on running on the aborted instance. (Under panic=abort every `#[should_panic]` test does.)
const fs = require('node:fs');

/**
 * @param {Function} original
 * @returns {(this: unknown, ...args: unknown[]) => unknown}
 */
function noting(original) {
  return function (...args) {
    try {
      return Reflect.apply(original, this, args);
    } catch (error) {
      const isOverflow = error instanceof RangeError && /call stack/.test(error.message);
      if (error instanceof WebAssembly.RuntimeError || isOverflow) fs.writeSync(1, `##trap ${error.message}\n`);
      throw error;
    }
  };
}

WebAssembly.Instance = class NotingInstance extends WebAssembly.Instance {
  exports = Object.freeze(
    Object.fromEntries(Object.entries(super.exports).map(([name, value]) => [name, typeof value === 'function' ? noting(value) : value])),
  );
};

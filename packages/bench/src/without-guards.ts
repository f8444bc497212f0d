/** What upstream puts around exports: `__wbg_call_guard();`, then `try { wasm.f(); } catch(e) { __wbg_handle_catch(e); }`. */
const CALL_GUARD = /^ *__wbg_call_guard\(\);\n/gm;
const CATCH = /try \{\s*((?:ret = )?wasm\.[^;]*;)\s*\} catch\(e\) \{\s*__wbg_handle_catch\(e\);\s*\}/g;

/** What it puts around imports: `function() { return wrapError(function (a) {…}, arguments); }`. */
const WRAPPED_IMPORT = /function\(\) \{ return wrapError\((function \([^)]*\) \{\n.*?\n {8}\}), arguments\); \}/gs;

/**
 * Upstream's glue of a panic=unwind build without its guards: what the module costs by itself, so that the guards' cost can be told.
 * For measuring only. Nothing catches an abort there.
 */
export function withoutGuards(glue: string): string {
  const bare = glue.replaceAll(CALL_GUARD, '').replaceAll(CATCH, '$1').replaceAll(WRAPPED_IMPORT, '$1');
  const left = /^ *(?:__wbg_call_guard|__wbg_handle_catch)\(|return wrapError\(/m.exec(bare);
  if (left) throw new Error(`wasm-bindgen's guards have changed: "${left[0].trim()}" is left when they are taken out.`);
  return bare;
}

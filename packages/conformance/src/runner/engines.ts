/** The engines that the runtimes are made of, and what they can't tell. */

export type Engine = 'v8' | 'spiderMonkey' | 'javaScriptCore';

/** The engine that runs this. */
export function engineHere(): Engine {
  if ('Bun' in globalThis) return 'javaScriptCore';
  const { navigator } = globalThis as { navigator?: { userAgent?: string } };
  return navigator?.userAgent?.includes('Firefox') ? 'spiderMonkey' : 'v8';
}

/**
 * Whether an error whose stack was read still holds the frames that were on it. Deno keeps the engine's call sites with every error that it has
 * written the stack of (`prepare_stack_trace_callback` in `core/error.rs` of denoland/deno_core).
 */
export function errorsKeepFrames(): boolean {
  return 'Deno' in globalThis;
}

/**
 * How many objects that nobody holds the collector may leave. JavaScriptCore takes every word on the machine's stack for a pointer, so that the
 * last one may seem to be held.
 */
export function mayBeLeft(): number {
  return engineHere() === 'javaScriptCore' ? 1 : 0;
}

/**
 * The causes that may be told of a failure. SpiderMonkey says `index out of bounds` of a `call_indirect` past the end of its table as of an
 * address past the end of memory: one trap for both (`js/src/wasm/WasmBuiltins.cpp`, `Trap::OutOfBounds`).
 */
export function tellable(causes: readonly string[], engine: Engine): readonly string[] {
  return engine === 'spiderMonkey' && causes.includes('indirect-call') ? [...causes, 'out-of-bounds'] : causes;
}

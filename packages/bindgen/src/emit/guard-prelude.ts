/** What stands at the top of every scope: the state of its instance, and the slow paths of its guards. Each is a function that generated code calls. */

/**
 * What stands at the top of every scope: the state of its instance, and the slow paths of its guards.
 *
 * Constants that hold fields, not variables: V8 folds a field of a constant object that was stored once, and never a `let` of a
 * function (measured on an empty export: 1 ns above plain glue, against 4–7). So nothing on the path of a call is stored twice before
 * something is caught for the first time; then the code is compiled anew, once.
 */
export const GUARD_PRELUDE = `  const $base = $host.base;
  const $end = $base + 0x100000000;
  const $turns = $host.turns;
  // What is known of one instance of the scope, also when its binding is gone. While imports run, and only then, frames of it are on the stack.
  function $stateFor(host) {
    return { host, imports: 0, lent: 0, trap: undefined, alarmed: false, signalled: false };
  }
  // In place of a binding while the instance is being made, which may run a start function of the module's own.
  const $unborn = { state: $stateFor($host) };
  // What binds the scope to its instance: in $raw.binding the raw exports, for guards; in $raw.api the functions for the facade. Both are gone once
  // the instance is lost. A frame that comes back and finds another binding goes no further before it has asked.
  // Note: its fields are added one by one, so that the first store of each is the only one until something is caught; see $nobody.
  const $raw = {};
  $raw.state = $unborn.state;
  let wasm;
  function $unbound() {
    if (wasm !== undefined) throw $raw.state.host.dropped();
    // The program starts an instance of which it has yet to show the exports.
    return ($app.claim() && $raw.binding) || $unborn;
  }
  function $refuse(entry) {
    $raw.state.host.refuse(entry);
  }
  // Whether the instance is lost that a frame began with. Another one may have its place.
  function $isFormer({ state }) {
    return $raw.binding?.state !== state;
  }
  // Says whether the hooks that hear of it have cost the instance.
  function $begin(entry, binding) {
    const { host, imports } = binding.state;
    if (imports === 0) host.entered(entry);
    return $isFormer(binding) && host.refuse(entry);
  }
  function $leave({ state }) {
    if (state.imports === 0) state.host.left();
  }
  // What a guard has caught. Note: it shuts the scope among the arguments, before this is called, for there may be no stack left for the call. \`bound\`
  // is what it took away. Without a binding nothing was entered: there was nothing to read the export from.
  function $caught(error, entry, binding, bound) {
    if (binding === undefined) {
      if ($raw.state.trap === error) $raw.state.trap = undefined;
      return $refuse(entry);
    }
    throw $threw(error, entry, binding, bound);
  }
  function $threw(error, entry, { state }, bound) {
    if (bound !== undefined) {
      $raw.api = $api;
      $raw.binding = bound;
      state.trap = undefined;
    }
    if ($aside !== undefined && error === $aside) {
      // Note: what is thrown may hold an instance by its stack.
      $aside = undefined;
      if (state.trap === error) state.trap = undefined;
      return error.error;
    }
    try {
      return state.host.threw(error, entry, state.imports);
    } catch {
      // An instance that has the place of this one is well.
      if ($raw.state !== state) return state.host.exhausted;
      $raw.api = $raw.binding = undefined;
      state.trap ??= error;
      if (!state.alarmed) {
        // Where there is too little stack even for that, a guard further out does it.
        state.host.alarm();
        state.alarmed = true;
      }
      return state.host.exhausted;
    }
  }
  // What an import threw, which counts as running no more.
  function $crossed(error, { state }, deliberate = false) {
    return state.host.crossed(error, deliberate, state.imports);
  }
  // What an import returns that began with another binding. \`held\` is what Rust would hold of it.
  function $returned(result, binding, held = result) {
    if (binding === $unborn) return result;
    const { host, imports } = binding.state;
    if ($isFormer(binding)) throw host.dropped(held);
    host.returned(imports);
    return result;
  }
  function $watch() {
    // A guard may have shut the scope meanwhile: without a binding, it stays shut.
    if ($raw.binding !== undefined) $raw.binding = { ...$raw.binding };
  }
  // What is thrown aside of what an export does: by a hook, or because it is refused. It says nothing of the instance.
  let $aside;
  function $asideOf(run) {
    try { return run(); } catch (error) { throw ($aside = { error }); }
  }
  function $isStrange(pointer) {
    return pointer !== 0 && (pointer < $base || pointer >= $end);
  }
`;

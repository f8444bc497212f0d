/**
 * The text of the guards of exports, one function each. Text, not wrappers made in a loop: those share one feedback
 * cell and V8 inlines none of them (measured on an empty export: 15–17 ns emitted, 36–48 ns wrapped, 15 ns unguarded).
 */

import type { GuardedExport } from '../read/entries.js';
import type { WasmInfo } from '../wasm/wasm-info.js';
import { emitConversions, emitConverters } from './emit-conversions.js';
import { mayPersist } from './emit-import-guards.js';
import { CHUNK } from './emit-record.js';
import type { Commit } from './emit-undo.js';
import { emitCatch, exportPath, guardName, parameterList } from './guard-parts.js';

/**
 * Emits the guards, and what they enter where they don't enter the export itself.
 * @param undo by what turns can be undone, where they can be
 * @param allocators where that is a log: see {@link allocators}
 */
export function emitExportGuards(
  guards: readonly GuardedExport[],
  wasm: WasmInfo,
  undo: Commit | undefined,
  allocators: ReadonlyMap<string, number>,
): string {
  const persists = mayPersist(wasm);
  return `${emitConverters(wasm)}${guards.map((guard, index) => emitExportGuard(guard, index, guards.length, persists, undo === undefined ? undefined : allocators)).join('\n')}
${persists ? ENDED : ''}${undo === undefined ? HEARD : emitEnter(guards.length)}`;
}

/**
 * Where glue moves the stack pointer by itself (`wasm.__wbindgen_add_to_stack_pointer(-16)`, and `(16)` in a `finally`), `lent` is how much of
 * Rust's stack it holds. When the pointer is put back, that much is still to be given back by glue whose `finally` has not run yet. Glue runs the
 * `finally` also when it has failed before it took anything.
 */
const OVERPAID = 'if($0>$on.state.lent)return;';

/** Emitted where the program may persist state: Rust has signalled in this turn, whose end is that of its outermost entry. */
const ENDED = `  function $ended({ state }) {
    if (state.imports > 0) return;
    state.signalled = false;
    state.host.turnEnded();
  }
`;

/** @param allocators undefined where turns can't be undone, see {@link emitExportGuards} */
function emitExportGuard(
  guard: GuardedExport,
  index: number,
  count: number,
  persists: boolean,
  allocators: ReadonlyMap<string, number> | undefined,
): string {
  const params = parameterList(guard.params.length);
  const conversions = emitConversions(guard.params);
  // Note: without spaces, for big modules have more of guards than of anything else (measured, 2,429 guards: 160 KB of 3 MB).
  // And no arrow function, for V8 takes longer to read one (measured, the same: 6 ms of 39).
  const head = `const ${guardName(index)}=function(${params}){${conversions}const $on=$raw.binding;`;
  const call = `$on${exportPath(index, count)}(${params})`;
  // The parameter that says how many bytes it allocates, for JavaScript to write.
  const size = allocators?.get(guard.export);
  // A closure of Rust is called by the event loop, too: each is fast.
  if (allocators === undefined && !persists && !guard.movesStack) return `${head}try{return ${call};}${emitCatch(index)}};`;
  if (guard.whenLost !== 'closure' && !persists && !guard.movesStack && size === undefined) {
    const list = params === '' ? '' : `,${params}`;
    return `${head}if($turns||!$turn.isCalled)return $enter(${index},$on${list});try{return ${call};}${emitCatch(index)}};`;
  }
  const note = size === undefined ? '' : `$note($result,$${size});`;
  const isHeard = allocators !== undefined;
  const parts = [
    `if($on===undefined)return $refuse(${index});`,
    guard.movesStack ? OVERPAID : '',
    isHeard ? `if($turns&&$begin(${index},$on))return;` : '',
    `let $result;try{$result=${call};${note}}${emitCatch(index)}`,
    guard.movesStack ? '$on.state.lent-=$0;' : '',
    isHeard ? 'if($turns||!$turn.isCalled)$leave($on);' : '',
    persists ? 'if($on.state.signalled)$ended($on);' : '',
    'return $result;',
  ];
  return `${head}${parts.join('')}};`;
}

/**
 * Emitted where turns can't be undone: where turns are heard of, guards enter functions that say so. Guards have no part in it, for there are thousands
 * of them in big modules.
 */
const HEARD = `  function $heard($exports) {
    let $next = 0;
    const get = (_, $name) => {
      const $entry = $next++, $run = $exports[$name];
      if (typeof $run !== 'function') return $run;
      return (...$args) => {
        const $on = $raw.binding;
        if ($asideOf(() => $begin($entry, $on))) return;
        const $result = $run(...$args);
        $asideOf(() => $leave($on));
        return $result;
      };
    };
    return new $Proxy({ __proto__: null }, { __proto__: null, get });
  }
`;

/** Emitted where turns can be undone: what an entry does that is a turn of its own, or where turns are heard of. */
function emitEnter(count: number): string {
  const [piece, field] = count <= CHUNK ? ['', '$entry'] : [`['c' + ($entry - ($entry % ${CHUNK})) / ${CHUNK}]`, `($entry % ${CHUNK})`];
  return `  function $enter($entry, $on, ...$args) {
    if ($on === undefined) return $refuse($entry);
    if ($turns && $begin($entry, $on)) return;
    let $result;
    try { $result = $on${piece}['e' + ${field}](...$args); } ${emitCatch('$entry')}
    $leave($on);
    return $result;
  }
`;
}

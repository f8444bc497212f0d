/**
 * The vocabulary: every name that wasm-bindgen's own glue gives to something at its top, and what has that name there. The transform puts
 * something else in the place of some of it, and reads what the rest does by its name; so what has the name and is something else, and what
 * is the same under another name, is not glue that it knows (`words.ts`).
 *
 * Read off wasm-bindgen's `crates/cli-support/src/js/mod.rs`, 0.2.127 to 0.2.130, and of older glue what published packages have. The shapes are
 * explained in `shape.ts`. What the transform replaces is written out here to the last statement; of the rest, as much as makes it known.
 */
import type { Role, Target } from './glue.js';
import { AGAIN } from './older-web.js';

/** Something at the top of glue. */
export interface Word {
  /** Its name, or what all names of its kind have in common. */
  readonly name: string | RegExp;
  /** How it is declared, in one of these shapes: with its name, or with `$name` where there are many. */
  readonly is: readonly string[];
  /** The targets whose glue has it. Default: all. */
  readonly on?: readonly Target[];
  /** The targets whose glue can't do without. */
  readonly needed?: readonly Target[];
  /** What the statement is for, where the kind of statement doesn't say it. */
  readonly role?: Role;
  /** With `role: 'init'`: may be used by scopes, too. */
  readonly everywhere?: true;
  /** Other things may look like it, so that only its name tells. */
  readonly common?: true;
  /** How glue uses it, where the transform replaces its uses: as these statements, or these parts of some. */
  readonly uses?: readonly string[];
  /** A statement that has to stand beside it, once. */
  readonly with?: string;
}

const LOADS: readonly Target[] = ['nodejs', 'experimental-nodejs-module', 'module', 'deno'];
const INITIALISED: readonly Target[] = ['web', 'no-modules'];
const INITIALISES = `$$;
  const imports = __wbg_get_imports(...$$);
  $$;
  const { instance, module } = await __wbg_load(await $_, imports);
  return __wbg_finalize_init(instance, module, ...$$);`;
const TERMINATED = '__wbg_terminated_addr ??= wasm.__instance_terminated.value / 4;';

/** Where there is an instance. The second of glue that was older: see `older-web.ts`. */
const WHERE_THERE_IS_ONE = ['if (wasm !== undefined) return wasm;', `if (wasm !== undefined) return ${AGAIN}();`];

/** How the module is loaded, and its instance. */
const LOADING: readonly Word[] = [
  {
    name: 'wasm',
    is: ['let wasm;', 'let wasm = undefined;'],
    on: [...INITIALISED, 'bundler'],
    needed: [...INITIALISED, 'bundler'],
    role: 'drop',
    common: true,
  },
  {
    name: 'wasm',
    is: ['let', 'const'].flatMap((kind) => [
      `${kind} wasm = wasmInstance.exports;`,
      `${kind} wasm = new WebAssembly.Instance(wasmModule, __wbg_get_imports()).exports;`,
    ]),
    on: LOADS,
    needed: LOADS,
    role: 'drop',
  },
  { name: 'wasmInstance', is: ['let wasmInstance;'], on: [...INITIALISED, 'bundler'], role: 'drop', common: true },
  {
    name: 'wasmInstance',
    is: ['let', 'const'].map((kind) => `${kind} wasmInstance = new WebAssembly.Instance(wasmModule, __wbg_get_imports());`),
    on: LOADS,
    role: 'drop',
  },
  { name: 'wasmModule', is: ['let wasmModule;'], on: [...INITIALISED, 'bundler'], role: 'drop', common: true },
  {
    name: 'wasmModule',
    is: [
      'const wasmModule = new WebAssembly.Module(wasmBytes);',
      // See `deno-form.ts`.
      'const wasmModule = await WebAssembly.compileStreaming(fetch(wasmUrl));',
      'const wasmModule = await WebAssembly.compile(wasmCode);',
    ],
    on: LOADS,
    needed: LOADS,
    role: 'init',
    everywhere: true,
  },
  { name: 'wasmPath', is: ['const wasmPath = $_;'], on: LOADS, role: 'init', common: true },
  {
    name: 'wasmBytes',
    is: ["const wasmBytes = require('fs').readFileSync(wasmPath);", 'const wasmBytes = readFileSync(wasmUrl);'],
    on: LOADS,
    role: 'init',
  },
  {
    name: /^wasm(?:Url|_url)$/,
    is: ['const $name = new URL($_, import.meta.url);'],
    on: ['deno', 'experimental-nodejs-module'],
    role: 'init',
  },
  { name: 'script_src', is: ['let script_src;'], on: ['no-modules'], role: 'init' },
  { name: 'wasmCode', is: ["let wasmCode = '';"], on: ['deno'], role: 'init' },
  { name: '__wbg_get_imports', is: ['function __wbg_get_imports(...$$) { $$; }'], needed: [...INITIALISED, ...LOADS], common: true },
  {
    name: '__wbg_finalize_init',
    is: [
      `function __wbg_finalize_init(instance, module, ...$$) {
        maybe: wasmInstance = instance;
        wasm = instance.exports;
        maybe: wasmModule = module;
        maybe: __wbg_init.__wbindgen_wasm_module = module;
        any: $_ = null;
        maybe: wasm.__wbindgen_start();
        return wasm;
      }`,
    ],
    on: INITIALISED,
    needed: INITIALISED,
    role: 'drop',
  },
  { name: '__wbg_init_memory', is: ['function __wbg_init_memory(imports, $_) { $$; }'], on: INITIALISED, role: 'init', common: true },
  {
    name: '__wbg_load',
    is: ['async function __wbg_load(module, imports) { $$; }'],
    on: INITIALISED,
    needed: INITIALISED,
    role: 'init',
    common: true,
  },
  {
    name: 'initSync',
    is: WHERE_THERE_IS_ONE.map(
      (returns) => `function initSync(module, ...$$) {
        ${returns}
        $$;
        const imports = __wbg_get_imports(...$$);
        $$;
        const instance = new WebAssembly.Instance(module, imports);
        return __wbg_finalize_init(instance, module, ...$$);
      }`,
    ),
    on: INITIALISED,
    needed: INITIALISED,
    role: 'init',
  },
  {
    name: '__wbg_init',
    is: [
      `async function __wbg_init($_, ...$$) {
        if (wasm !== undefined) return wasm;
        if (__wbg_init_promise === undefined) {
          __wbg_init_promise = __wbg_init_once($_, ...$$);
          __wbg_init_promise.catch(() => { __wbg_init_promise = undefined; });
        }
        return __wbg_init_promise;
      }`,
      ...WHERE_THERE_IS_ONE.map((returns) => `async function __wbg_init($_, ...$$) { ${returns} ${INITIALISES} }`),
    ],
    on: INITIALISED,
    needed: INITIALISED,
    role: 'init',
  },
  { name: '__wbg_init_once', is: [`async function __wbg_init_once($_, ...$$) { ${INITIALISES} }`], on: INITIALISED, role: 'init' },
  { name: '__wbg_init_promise', is: ['let __wbg_init_promise;'], on: INITIALISED, role: 'init', common: true },
  {
    name: 'EXPECTED_RESPONSE_TYPES',
    is: ["const EXPECTED_RESPONSE_TYPES = new Set(['basic', 'cors', 'default']);"],
    on: INITIALISED,
    role: 'init',
  },
  {
    name: '__wbg_set_wasm',
    is: [
      'function __wbg_set_wasm(val) { wasm = val; }',
      'function __wbg_set_wasm(exports, module) { wasm = exports; wasmModule = module; }',
    ],
    on: ['bundler'],
    role: 'drop',
  },
];

/** Upstream's own guards, and its reset. */
const GUARDS: readonly Word[] = [
  {
    name: '__wbg_reset_state',
    is: ['function __wbg_reset_state() { __wbg_instance_id++; $$; wasm = wasmInstance.exports; wasm.__wbindgen_start(); }'],
  },
  { name: '__wbg_instance_id', is: ['let __wbg_instance_id = 0;'], common: true },
  {
    name: '__wbg_reinit_scheduled',
    is: ['let __wbg_reinit_scheduled = false;'],
    uses: ['__wbg_reinit_scheduled = true;'],
    common: true,
  },
  { name: '__wbg_called_abort', is: ['let __wbg_called_abort = false;'], uses: [], common: true },
  { name: '__wbg_terminated_addr', is: ['let __wbg_terminated_addr;'], uses: [], common: true },
  {
    name: '__wbg_call_guard',
    uses: ['__wbg_call_guard();'],
    is: [
      'function __wbg_call_guard() { if (__wbg_reinit_scheduled) { __wbg_reset_state(); return; } }',
      `function __wbg_call_guard() {
        ${TERMINATED}
        const flag = getInt32ArrayMemory0()[__wbg_terminated_addr];
        if (flag) {
          if (!__wbg_called_abort) { __wbg_call_abort_hook(); }
          throw new Error('Module terminated');
        }
      }`,
      `function __wbg_call_guard() {
        ${TERMINATED}
        const flag = getInt32ArrayMemory0()[__wbg_terminated_addr];
        if (flag) {
          if (!__wbg_called_abort) { __wbg_call_abort_hook(); }
          if (__wbg_reinit_scheduled) { __wbg_reset_state(); return; }
          throw new Error('Module terminated');
        } else if (__wbg_reinit_scheduled) { __wbg_reset_state(); }
      }`,
    ],
  },
  {
    name: '__wbg_call_abort_hook',
    uses: [],
    is: [
      `function __wbg_call_abort_hook() {
        __wbg_called_abort = true;
        try {
          const idx = getInt32ArrayMemory0()[wasm.__abort_handler.value / 4];
          if (idx) $_.get(idx)();
        } catch ($_) {}
      }`,
    ],
  },
  {
    name: '__wbg_handle_catch',
    uses: ['__wbg_handle_catch($_);'],
    is: [
      `function __wbg_handle_catch(e) {
        if (e instanceof WebAssembly.Exception && e.is(__wbindgen_wrapped_jstag)) {
          throw e.getArg(__wbindgen_wrapped_jstag, 0);
        }
        getInt32ArrayMemory0()[__wbg_terminated_addr] = 1;
        __wbg_call_abort_hook();
        throw e;
      }`,
    ],
  },
];

/** The tags of exceptions in which glue wraps what JavaScript throws. */
export const EXCEPTION_TAGS: readonly string[] = ['__wbindgen_wrapped_jstag', '__wbindgen_jstag_polyfill'];

/** Errors, and what carries them through Wasm. */
const ERRORS: readonly Word[] = [
  ...EXCEPTION_TAGS.map((name) => ({ name, is: [`const ${name} = new WebAssembly.Tag({ parameters: ['externref'] });`] })),
  { name: '__wbindgen_jstag', is: ['const __wbindgen_jstag = WebAssembly.JSTag;'] },
  {
    name: 'wrapError',
    is: ['if (e instanceof WebAssembly.Exception) throw e;', ''].map(
      (pass) => `function wrapError(f, args) {
        try {
          return f.apply(this, args);
        } catch (e) {
          ${pass}
          throw new WebAssembly.Exception(__wbindgen_jstag_polyfill, [e], { traceStack: true });
        }
      }`,
    ),
  },
  { name: 'handleError', is: ['function handleError(f, args) { $$; }'], common: true },
  { name: 'logError', is: ['function logError(f, args) { $$; }'], common: true },
  {
    name: 'PanicError',
    is: ['class PanicError extends Error {}'],
    uses: ['new PanicError(...$$)'],
    role: 'drop',
    with: "Object.defineProperty(PanicError.prototype, 'name', { value: 'PanicError' });",
  },
];

/** Values of JavaScript's that Rust holds: in its table of references, or by their place in an array. */
const VALUES: readonly Word[] = [
  { name: 'heap', is: ['let', 'const'].map((kind) => `${kind} heap = new Array($_).fill(undefined);`) },
  { name: 'heap_next', is: ['let heap_next = heap.length;'] },
  { name: 'stack_pointer', is: ['let stack_pointer = $_;'], common: true },
  { name: 'getObject', is: ['function getObject(idx) { return heap[idx]; }'] },
  { name: 'takeObject', is: ['function takeObject(idx) { const ret = getObject(idx); dropObject(idx); return ret; }'] },
  { name: 'dropObject', is: ['function dropObject(idx) { if (idx < $_) return; heap[idx] = heap_next; heap_next = idx; }'] },
  {
    name: 'addHeapObject',
    is: [
      `function addHeapObject(obj) {
        if (heap_next === heap.length) heap.push(heap.length + 1);
        const idx = heap_next;
        heap_next = heap[idx];
        $$;
        heap[idx] = obj;
        return idx;
      }`,
    ],
  },
  { name: 'addBorrowedObject', is: ['function addBorrowedObject(obj) { $$; heap[--stack_pointer] = obj; return stack_pointer; }'] },
  {
    name: /^addToExternrefTable\d+$/,
    is: ['function $name(obj) { const idx = wasm.$alloc(); wasm.$table.set(idx, obj); return idx; }'],
  },
  {
    name: /^takeFromExternrefTable\d+$/,
    is: ['function $name(idx) { const value = wasm.$table.get(idx); wasm.$drop(idx); return value; }'],
  },
  { name: /^getFromExternrefTable\d+$/, is: ['function $name(idx) { return wasm.$table.get(idx); }'] },
  {
    name: /^passArrayJsValueToWasm\d+$/,
    is: [
      'function $name(array, malloc) { const ptr = $_; $$; for (let i = 0; i < array.length; i++) { $$; } WASM_VECTOR_LEN = array.length; return ptr; }',
    ],
  },
  {
    name: '_assertClass',
    is: [
      'function _assertClass(instance, klass) { if (!(instance instanceof klass)) { throw new Error($_); } maybe: return instance.ptr; }',
    ],
  },
];

/** Closures and handles. */
const CLOSURES: readonly Word[] = [
  {
    name: /^make(?:Mut)?Closure$/,
    is: [
      ...['arg0, arg1, f', 'arg0, arg1, dtor, f'].map(
        (params) => `function $name(${params}) {
        const state = $_;
        const real = (...args) => {
          $$;
          try { return f($_, state.b, ...args); } finally { maybe: state.a = a; real._wbg_cb_unref(); }
        };
        real._wbg_cb_unref = () => {
          if (--state.cnt === 0) {
            $_;
            state.a = 0;
            CLOSURE_DTORS.unregister(state);
          }
        };
        CLOSURE_DTORS.register(real, state, state);
        return real;
      }`,
      ),
      `function $name(arg0, arg1, dtor, f) {
        const state = { a: arg0, b: arg1, cnt: 1, dtor };
        const real = (...args) => {
          $$;
          try { return f($_, state.b, ...args); } finally { $$; }
        };
        real.original = state;
        maybe: CLOSURE_DTORS.register(real, state, state);
        return real;
      }`,
    ],
  },
  {
    name: /^CLOSURE_DTORS$|Finalization$/,
    is: ['(...$$) => $_', '(...$$) => { $$; }'].flatMap((release) => [
      `const $name = (typeof FinalizationRegistry === 'undefined')
        ? { register: () => {}, unregister: () => {} }
        : new FinalizationRegistry(${release});`,
      // Up to 0.2.90, with `--weak-refs`.
      `const $name = new FinalizationRegistry(${release});`,
    ]),
  },
  { name: '__wbgSuperSkip', is: ["const __wbgSuperSkip = Symbol('wasm-bindgen.super-skip');"] },
];

const VIEW = '[A-Z]\\w*?(?:Array)?Memory\\d*';

/** Texts, numbers and memory. */
const MEMORY: readonly Word[] = [
  { name: new RegExp(`^cache(?:d|get)${VIEW}$`), is: ['let $name = null;'] },
  {
    name: new RegExp(`^get${VIEW}$`),
    is: ['function $name() { $$; return $cache; }'],
    common: true,
  },
  {
    name: /^l?(?:cached)?Text(?:De|En)coder$/,
    is: [
      "const $name = typeof $class === 'undefined' ? (0, module.require)('util').$class : $class;",
      ...['let', 'const'].flatMap((kind) => [
        `${kind} $name = new $class(...$$);`,
        `${kind} $name = (typeof $class !== 'undefined' ? new $class(...$$) : $_);`,
      ]),
    ],
    common: true,
  },
  { name: 'encodeString', is: ['const encodeString = $_;'], common: true },
  { name: 'WASM_VECTOR_LEN', is: ['let WASM_VECTOR_LEN = 0;'], common: true },
  { name: 'numBytesDecoded', is: ['let numBytesDecoded = 0;'], common: true },
  { name: 'MAX_SAFARI_DECODE_BYTES', is: ['const MAX_SAFARI_DECODE_BYTES = $_;'], common: true },
  { name: 'decodeText', is: ['function decodeText(bytes) { $$; }', 'function decodeText(ptr, len) { $$; }'], common: true },
  { name: /^passStringToWasm\d+$/, is: ['function $name(arg, malloc, realloc) { $$; }'], common: true },
  { name: /^passArray(?:8|16|32|64|F32|F64)ToWasm\d+$/, is: ['function $name(arg, malloc) { $$; }'], common: true },
  { name: /^get(?:Cached)?(?:String|(?:Clamped)?Array\w+)FromWasm\d+$/, is: ['function $name(ptr, len) { $$; }'], common: true },
];

/** What looks at a value, and no more. */
const LOOKS: readonly Word[] = [
  { name: 'debugString', is: ['function debugString(val) { $$; }'], common: true },
  { name: 'isLikeNone', is: ['function isLikeNone(x) { $$; }'], common: true },
  { name: /^_assert(?:Num|NonNull|BigInt|Boolean|Char)$/, is: ['function $name($_) { $$; }'], common: true },
  { name: 'notDefined', is: ['function notDefined(what) { $$; }'], common: true },
  { name: 'GetOwnOrInheritedPropertyDescriptor', is: ['function GetOwnOrInheritedPropertyDescriptor(obj, id) { $$; }'], common: true },
];

/** See the file. */
export const VOCABULARY: readonly Word[] = [...LOADING, ...GUARDS, ...ERRORS, ...VALUES, ...CLOSURES, ...MEMORY, ...LOOKS];

/** Members of the classes that stand for Rust's types, which the transform reads by their names: what each does. */
export const MEMBERS: readonly { readonly name: string; readonly static: boolean; readonly is: string }[] = [
  { name: '__destroy_into_raw', static: false, is: 'function () { const ptr = this.$ptr; this.$ptr = 0; $$; return ptr; }' },
  {
    name: '__wrap',
    static: true,
    is: 'function (ptr) { maybe: ptr = ptr >>> 0; const obj = Object.create($_.prototype); obj.$ptr = ptr; $$; return obj; }',
  },
  {
    name: '__unwrap',
    static: true,
    is: 'function (jsValue) { if ($_) { return 0; } return jsValue.__destroy_into_raw(); }',
  },
];

/** How constructors begin: those of classes that extend another, with both; others, with the second or neither. */
export const CONSTRUCTORS: { readonly calls: string; readonly skips: string } = {
  calls: 'super(__wbgSuperSkip);',
  skips: 'if (arguments[0] === __wbgSuperSkip) return;',
};

/** Upstream's own checks of which instance a handle belongs to. */
export const INSTANCE_CHECKS: readonly string[] = [
  `if ($a.__wbg_inst !== undefined && $a.__wbg_inst !== __wbg_instance_id) {
    throw new Error('Invalid stale object from previous Wasm instance');
  }`,
  "Object.defineProperty($_, '__wbg_inst', { value: __wbg_instance_id, writable: true });",
  // As older versions wrote it, 0.2.113 among them.
  '$_.__wbg_inst = __wbg_instance_id;',
];

/** What a program of Rust's gives names to at the top of glue, functions and classes excepted: enums and namespaces. They may have any name. */
export const PROGRAMS: readonly string[] = ['const $_ = Object.freeze($_);', 'const $_ = {};'];

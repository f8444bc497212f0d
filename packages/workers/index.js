import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
//#region ../kernel/dist/index.js
const { defineProperty: defineOn } = Object;
const { then } = Promise.prototype;
const { queueMicrotask: enqueue, Promise: EnginesPromise } = globalThis;
const { [Symbol.hasInstance]: hasInstance } = Function.prototype;
const hasOwn = Object.hasOwn;
const freeze = Object.freeze;
const setPrototypeOf = Object.setPrototypeOf;
const tryToDefine = Reflect.defineProperty;
function bare(properties) {
	return setPrototypeOf(properties, null);
}
function own(object, key) {
	return hasOwn(object, key) ? object[key] : void 0;
}
function define(target, key, descriptor) {
	return defineOn(target, key, bare(descriptor));
}
const { toString: toText } = Object.prototype;
[
	"scope app live nobody exportsFor revive loadModule first initOnce initialising own",
	"host base end turns raw stateFor unborn api this",
	"refuse call unbound isFormer enter leave ended threw returned watch bind release all guarded guardTable noTable guardImports",
	"wrap unwind isException carries payload isStrange assertOwn get"
].flatMap((names) => names.split(" "));
const LONGEST_TEXT = 16384;
4 * LONGEST_TEXT;
function shorten(text, longest = LONGEST_TEXT) {
	return text.length <= longest ? text : begin(text, longest, text.length);
}
function begin(text, longest, all) {
	const room = Math.max(0, longest - NOTE_LENGTH);
	const last = text.charCodeAt(room - 1);
	const end = last >= 55296 && last < 56320 ? room - 1 : room;
	return `${text.slice(0, end)}… [${all - end} more characters left out]`;
}
const NOTE_LENGTH = 48;
const NO_INIT = bare({});
const BRAND = Symbol.for("wasm-revive.error");
const INSPECT = Symbol.for("nodejs.util.inspect.custom");
function showReport() {
	const { report } = this;
	if (report !== void 0) tryToDefine(this, "report", bare(fieldOf(report)));
	return this;
}
var ReviveError = class ReviveError extends Error {
	code;
	retryable;
	constructor(code, message, init = NO_INIT) {
		super(message, hasOwn(init, "cause") ? { cause: init.cause } : void 0);
		this.code = code;
		this.retryable = init.retryable ?? false;
		if (init.report !== void 0) define(this, "report", fieldOf(init.report));
		if (init.retryAfter !== void 0) define(this, "retryAfter", fieldOf(init.retryAfter));
		if (init.ready !== void 0) define(this, "ready", { value: init.ready });
	}
	static {
		define(ReviveError.prototype, BRAND, { value: true });
		define(ReviveError.prototype, INSPECT, { value: showReport });
		define(ReviveError.prototype, "name", {
			value: "ReviveError",
			configurable: true,
			writable: true
		});
	}
};
function fieldOf(value) {
	return {
		value,
		writable: true,
		enumerable: true,
		configurable: true
	};
}
const KNOWN = new WeakMap();
(class PanicError extends ReviveError {
	constructor(message, init = NO_INIT, panic) {
		super("REVIVE_PANIC", shorten(message), init);
		if (panic !== void 0) KNOWN.set(this, panic);
	}
	get panic() {
		return this.report?.failure.panic ?? KNOWN.get(this);
	}
	static {
		define(PanicError.prototype, "name", {
			value: "PanicError",
			configurable: true,
			writable: true
		});
	}
});
function isReviveError(value, code) {
	if (typeof value !== "object" || value === null) return false;
	try {
		return BRAND in value && (code === void 0 || "code" in value && value.code === code);
	} catch {
		return false;
	}
}
(Number.MAX_SAFE_INTEGER + 1) / 2 ** 32;
const FUNCTIONS = 3;
const MACHINERY = [
	"panick",
	"rust_panic",
	"rust_start_panic",
	"rust_begin_unwind",
	"begin_unwind",
	"rust_end_short_backtrace",
	"panic_fmt",
	"unwrap_failed",
	"expect_failed",
	"handle_alloc_error",
	"alloc_error_handler",
	"rust_oom",
	"rg_oom",
	"process::abort",
	"abort_internal",
	"wbindgen",
	"wbg_"
];
function fingerprint(failure) {
	const panic = own(failure, "panic");
	const frames = failure.kind === "aborted" && failure.frames.length > 0 ? failure.frames : panic?.frames ?? [];
	return hash([
		failure.kind,
		...failure.kind === "aborted" ? [failure.cause] : [""],
		...failure.kind === "aborted" && failure.cause === "foreign-exception" ? [failure.trap.name] : [],
		...where(frames, panic && own(panic, "location")),
		panic ? gist(panic.message) : ""
	].join("\n"));
}
function where(frames, location) {
	const all = frames.map((frame) => frame.function).filter((name) => name !== void 0).map(symbol).filter((name) => !MACHINERY.some((part) => name.includes(part)));
	const repeated = all.filter((name, index) => all.indexOf(name) !== index);
	const functions = repeated.length > 0 ? [...new Set(repeated)].sort() : all;
	if (functions.length > 0) return [location?.file ?? "", ...functions.slice(0, location === void 0 ? FUNCTIONS : 1)];
	if (location !== void 0) return [`${location.file}:${location.line}:${location.column}`];
	return frames.slice(0, FUNCTIONS).map(({ index, offset }) => `${index}+${offset}`);
}
function symbol(name) {
	let text = "";
	let depth = 0;
	for (const char of name) {
		if (char === "[") depth++;
		if (depth === 0) text += char;
		if (char === "]" && depth > 0) depth--;
	}
	const tail = text.lastIndexOf("::h");
	return tail >= 0 && text.length - tail === 19 ? text.slice(0, tail) : text;
}
function gist(message) {
	let text = "";
	for (const char of message) {
		if (char === ":" || char === "\"" || char === "'" || char === "\n") break;
		if (char < "0" || char > "9") text += char;
		else if (!text.endsWith("#")) text += "#";
	}
	return text;
}
function hash(text) {
	return [2166136261, 16777619].map((offset) => fnv1a(text, offset).toString(16).padStart(8, "0")).join("");
}
function fnv1a(text, offset) {
	let value = offset;
	for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16777619) >>> 0;
	return value;
}
freeze([]);
function frozen(frames) {
	for (const frame of frames) freeze(frame);
	return freeze(frames);
}
new Uint8Array([
	...[
		0,
		97,
		115,
		109,
		1,
		0,
		0,
		0
	],
	...[
		1,
		4,
		1,
		96,
		0,
		0
	],
	...[
		3,
		2,
		1,
		0
	],
	...[
		7,
		5,
		1,
		1,
		102,
		0,
		0
	],
	...[
		10,
		5,
		1,
		3,
		0,
		0,
		11
	]
]);
let open;
var Source = class {
	#workOut;
	#value;
	constructor(source, workOut) {
		this.#value = source;
		this.#workOut = workOut;
	}
	static {
		open = (source) => {
			const workOut = source.#workOut;
			if (workOut !== void 0) {
				source.#value = freeze(workOut(source.#value));
				source.#workOut = void 0;
			}
			return source.#value;
		};
	}
};
const hidden = bare({ value: void 0 });
function lazyProperty(key, workOut) {
	const SOURCE = Symbol(key);
	function get() {
		return open(this[SOURCE]);
	}
	const lazy = bare({
		get,
		enumerable: true,
		configurable: true
	});
	return (target, source) => {
		hidden.value = new Source(source, workOut);
		if (tryToDefine(target, SOURCE, hidden)) tryToDefine(target, key, lazy);
		hidden.value = void 0;
		return target;
	};
}
lazyProperty("frames", (of) => frozen(of.frames));
lazyProperty("report", (draft) => draft.report);
lazyProperty("fingerprint", fingerprint);
new ReviveError("REVIVE_ABORT", "Rust aborted: stack overflow. There was no stack left to say more; the report has it.");
const REGISTERING = {
	addEventListener: "removeEventListener",
	addListener: "removeListener",
	on: "off",
	once: "off"
};
const TIMERS = {
	setInterval: "clearInterval",
	setTimeout: "clearTimeout",
	setImmediate: "clearImmediate",
	requestAnimationFrame: "cancelAnimationFrame",
	requestIdleCallback: "cancelIdleCallback"
};
[...Object.keys(REGISTERING), ...Object.keys(TIMERS)];
//#endregion
//#region ../entrypoint-shim/dist/index.js
function classShim(wrapper, current, first, path) {
	const madeBy = new WeakMap();
	const statics = new Map();
	const own = class {};
	define(own, "name", {
		value: Reflect.get(first, "name"),
		configurable: true
	});
	Object.setPrototypeOf(own.prototype, new Proxy(Object.create(null), bare({
		get: (_, key, receiver) => Reflect.get((madeBy.get(receiver) ?? current()).prototype, key, receiver),
		has: (_, key) => Reflect.has(current().prototype, key)
	})));
	const shimmed = new Proxy(own, bare({
		construct: (_, args, newTarget) => {
			const real = current();
			const direct = newTarget === shimmed;
			const made = wrapper.around(() => Reflect.construct(real, wrapper.originals(args), direct ? real : newTarget), `new ${path}`);
			madeBy.set(made, real);
			if (!direct) return made;
			const wrapped = wrapper.object(made, path);
			madeBy.set(wrapped, real);
			return wrapped;
		},
		get: (_, key) => {
			if (key === "prototype") return own.prototype;
			if (key === Symbol.hasInstance) return hasInstance;
			const where = `${path}.${String(key)}`;
			const value = wrapper.read(current(), key, where);
			if (typeof value !== "function") return value;
			const self = (caller) => caller === shimmed ? current() : caller;
			const method = statics.get(key) ?? wrapper.callable(() => Reflect.get(current(), key), value, where, self);
			statics.set(key, method);
			return method;
		},
		has: (_, key) => Reflect.has(current(), key)
	}));
	function hasInstance(value) {
		if (this !== shimmed) return Function.prototype[Symbol.hasInstance].call(this, value);
		return isObject(value) && (madeBy.has(value) || value instanceof current());
	}
	return shimmed;
}
function isObject(value) {
	return typeof value === "object" && value !== null;
}
var Wrapper = class {
	around;
	#wrapped = new WeakMap();
	#originals = new WeakMap();
	constructor(around) {
		this.around = around;
	}
	read(target, key, path) {
		return isAccessor(target, key) ? this.around(() => Reflect.get(target, key, target), path) : Reflect.get(target, key, target);
	}
	callable(current, first, path, self = (caller) => this.original(caller)) {
		const run = () => void 0;
		for (const property of ["name", "length"]) define(run, property, {
			value: Reflect.get(first, property),
			configurable: true
		});
		return new Proxy(run, bare({ apply: (_, caller, args) => this.result(this.around(() => Reflect.apply(current(), self(caller), this.originals(args)), path), path) }));
	}
	object(target, path) {
		const known = this.#wrapped.get(target);
		if (known !== void 0) return known;
		const methods = new Map();
		const wrapped = new Proxy(target, bare({
			get: (_, key) => {
				const where = `${path}.${String(key)}`;
				const value = this.read(target, key, where);
				if (typeof value !== "function" || key === "constructor") return value;
				const method = methods.get(key);
				if (method?.of === value) return method.shim;
				const shim = this.callable(() => value, value, where);
				methods.set(key, {
					of: value,
					shim
				});
				return shim;
			},
			set: (_, key, value) => this.around(() => Reflect.set(target, key, value, target), `${path}.${String(key)}`)
		}));
		this.#wrapped.set(target, wrapped);
		this.#originals.set(wrapped, target);
		return wrapped;
	}
	original(value) {
		return typeof value === "object" && value !== null ? this.#originals.get(value) ?? value : value;
	}
	originals(args) {
		return args.map((arg) => this.original(arg));
	}
	result(value, path) {
		return typeof value === "object" && value !== null && typeof Reflect.get(value, "next") === "function" && (Symbol.iterator in value || Symbol.asyncIterator in value) ? this.object(value, path) : value;
	}
};
function isAccessor(target, key) {
	for (let at = target; at !== null; at = Reflect.getPrototypeOf(at)) {
		const descriptor = Reflect.getOwnPropertyDescriptor(at, key);
		if (descriptor !== void 0) return descriptor.get !== void 0;
	}
	return false;
}
function shim(current, options = {}) {
	const wrapper = new Wrapper(options.around ?? ((call) => call()));
	const members = new Map();
	const member = (key) => {
		const value = wrapper.read(current(), key, String(key));
		if (typeof value !== "function") return value;
		let shimmed = members.get(key);
		if (shimmed === void 0) {
			const latest = () => Reflect.get(current(), key);
			shimmed = isClass(value) ? classShim(wrapper, latest, value, String(key)) : wrapper.callable(latest, value, String(key));
			members.set(key, shimmed);
		}
		return shimmed;
	};
	return new Proxy(Object.create(null), bare({
		get: (_, key) => member(key),
		set: (_, key, value) => Reflect.set(current(), key, value),
		has: (_, key) => Reflect.has(current(), key),
		deleteProperty: (_, key) => Reflect.deleteProperty(current(), key),
		ownKeys: () => Reflect.ownKeys(current()),
		getPrototypeOf: () => Reflect.getPrototypeOf(current()),
		getOwnPropertyDescriptor: (_, key) => {
			const descriptor = Reflect.getOwnPropertyDescriptor(current(), key);
			return descriptor && {
				value: member(key),
				enumerable: descriptor.enumerable ?? false,
				configurable: true,
				writable: true
			};
		}
	}));
}
function isClass(value) {
	const text = Function.prototype.toString.call(value);
	return /^class\b/.test(text) || isFixed(value, "prototype") && !text.includes("[native code]");
}
function isFixed(value, key) {
	return Reflect.getOwnPropertyDescriptor(value, key)?.writable === false;
}
//#endregion
//#region src/calls.ts
var Calls = class {
	#inFlight = new Set();
	#innocent = new WeakSet();
	failed({ instance, recovery }) {
		const here = [...this.#inFlight].filter((call) => call.instance === instance && call.isHere());
		if (recovery !== "keep") for (const call of here) call.failure = here.length === 1 ? "own" : "perhaps-own";
		return [...new Set(here.map(({ path }) => path))];
	}
	isInnocent(error) {
		return typeof error === "object" && error !== null && this.#innocent.has(error);
	}
	run(call, path, instance) {
		const own = {
			path,
			instance,
			isHere: eventProbe(),
			failure: "of-another"
		};
		this.#inFlight.add(own);
		let result;
		try {
			result = call();
			if (!isThenable(result)) return result;
			return result.then((value) => {
				this.#inFlight.delete(own);
				return value;
			}, (error) => {
				this.#inFlight.delete(own);
				throw this.#explain(error, own);
			});
		} finally {
			if (!isThenable(result)) this.#inFlight.delete(own);
		}
	}
	#explain(error, { failure }) {
		if (!isReviveError(error, "REVIVE_INSTANCE_LOST")) return error;
		if (failure === "of-another") this.#innocent.add(error);
		return failure === "own" && isReviveError(error.cause) ? error.cause : error;
	}
};
function eventProbe() {
	const { signal } = new AbortController();
	return () => {
		try {
			return !signal.aborted;
		} catch {
			return false;
		}
	};
}
function isThenable(value) {
	return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
//#endregion
//#region src/classes.ts
const NOT_OURS = /^(?:constructor|free|__.*)$/;
function forward(shimmed, exported, targetOf) {
	for (const [key, { value, get, set }] of Object.entries(Object.getOwnPropertyDescriptors(exported))) {
		if (NOT_OURS.test(key)) continue;
		const read = function() {
			return targetOf(this).read(key);
		};
		const write = function(given) {
			targetOf(this).write(key, given);
		};
		const run = function(...args) {
			return targetOf(this).call(key, args);
		};
		const accessors = {
			...get && { get: read },
			...set && { set: write }
		};
		Object.defineProperty(shimmed, key, {
			...typeof value === "function" ? {
				value: run,
				writable: true
			} : accessors,
			configurable: true
		});
	}
}
//#endregion
//#region src/failures.ts
var Failures = class {
	#development;
	#log;
	constructor({ development = isDevelopment, log = writeLine }) {
		this.#development = typeof development === "function" ? development : () => development;
		this.#log = log;
	}
	log(report, calls) {
		this.#log({
			message: summaryOf(report, calls),
			errorId: errorId(report),
			calls,
			report
		});
	}
	response(error, env) {
		if (!isReviveError(error)) return void 0;
		const { report } = error;
		const status = error.retryAfter !== void 0 || error.retryable && report === void 0 ? 503 : 500;
		const headers = new Headers({
			"content-type": "text/plain; charset=utf-8",
			"cache-control": "no-store"
		});
		if (error.retryAfter !== void 0) headers.set("retry-after", String(Math.ceil(error.retryAfter / 1e3)));
		const title = status === 503 ? "Service Unavailable" : "Internal Server Error";
		const id = report === void 0 ? error.code : errorId(report);
		const text = this.#development(env) ? rendered(error) : `${title} (error id ${id})`;
		return new Response(`${text}\n`, {
			status,
			headers
		});
	}
};
const isDevelopment = (env) => typeof env === "object" && env !== null && "WASM_REVIVE_DEVELOPMENT" in env && String(env.WASM_REVIVE_DEVELOPMENT) === "1";
const writeLine = (record) => console.error(JSON.stringify(record));
function errorId({ fingerprint, at, generation }) {
	return `${fingerprint.slice(0, 8)}-${at.toString(36)}-${generation}`;
}
function summaryOf({ failure, entrypoint, instance, callsLost }, calls = []) {
	const what = failure.kind === "unwound" ? "Rust panicked" : `Rust aborted (${failure.cause})`;
	const where = [entrypoint ?? calls.join(" or "), instance].filter(Boolean).join(" of ");
	const { panic } = failure;
	const said = panic === void 0 ? "" : `: ${panic.message}${placeOf(panic)}`;
	return `${what}${where && ` in ${where}`}${said}${callsLost > 0 ? ` (calls lost: ${callsLost})` : ""}`;
}
function placeOf({ location }) {
	return location === void 0 ? "" : ` (${location.file}:${location.line}:${location.column})`;
}
function rendered({ message, code, report }) {
	const lines = [`${code}: ${message}`];
	if (report !== void 0) {
		lines.push("", summaryOf(report));
		const { failure } = report;
		for (const { function: name, offset } of (failure.kind === "unwound" ? failure.panic : failure).frames) lines.push(`    at ${name ?? "(unknown)"}${offset === void 0 ? "" : ` (0x${offset.toString(16)})`}`);
		lines.push("", JSON.stringify(report, void 0, 2));
	}
	return lines.join("\n");
}
//#endregion
//#region src/target.ts
var Target = class {
	#construct;
	#state;
	#object;
	#ready;
	constructor(construct, state) {
		this.#construct = construct;
		this.#state = state;
		this.#object = construct();
	}
	call(key, args) {
		return this.#use((object) => object[key](...args));
	}
	read(key) {
		return this.#use((object) => object[key]);
	}
	write(key, value) {
		this.#use((object) => {
			object[key] = value;
		});
	}
	#use(use) {
		if (this.#ready !== void 0) return this.#ready.then(() => this.#use(use));
		const object = this.#object;
		try {
			return use(object);
		} catch (error) {
			if (!isReviveError(error, "REVIVE_STALE_HANDLE") || !this.#isReplaced(object)) throw error;
		}
		return this.#use(use);
	}
	#isReplaced(object) {
		if (object !== this.#object) return true;
		const fresh = this.#constructAgain();
		if (instanceOf(fresh) === instanceOf(object)) return false;
		this.#object = fresh;
		return true;
	}
	#constructAgain() {
		const state = this.#state;
		const block = state.blockConcurrencyWhile;
		if (block === void 0) return this.#construct();
		const asked = [];
		const value = (callback) => {
			const promise = block.call(state, callback);
			if (isThenable(promise)) asked.push(promise);
			return promise;
		};
		Object.defineProperty(state, "blockConcurrencyWhile", {
			value,
			configurable: true
		});
		try {
			return this.#construct();
		} finally {
			Reflect.deleteProperty(state, "blockConcurrencyWhile");
			if (asked.length > 0) this.#waitFor(asked);
		}
	}
	#waitFor(asked) {
		const ready = Promise.all(asked).finally(() => {
			if (this.#ready === ready) this.#ready = void 0;
		});
		ready.catch(() => void 0);
		this.#ready = ready;
	}
};
function instanceOf({ __wbg_ptr: pointer }) {
	return Math.floor(Number(pointer) / 2 ** 32);
}
//#endregion
//#region src/serve.ts
const HANDLERS = [
	"fetch",
	"scheduled",
	"queue",
	"email",
	"tail",
	"tailStream",
	"trace",
	"test",
	"connect"
];
const MOST_INSTANCES = 1e3;
function serve(pkg, options = {}) {
	const { __revive: revive } = pkg;
	revive.configure({
		maxInstances: MOST_INSTANCES,
		...options.revive
	});
	const failures = new Failures(options);
	const calls = new Calls();
	revive.on("failure", (report) => failures.log(report, calls.failed(report)));
	const exportsOf = (exported, instance) => shim(() => exported, { around: (call, path) => calls.run(call, path, instance) });
	const own = exportsOf(pkg);
	const { objects = [], entrypoints = [], shared = false } = options;
	const { functions = Object.keys(pkg).filter((name) => !name.startsWith("__") && isFunction(Reflect.get(pkg, name))), attempts = 1, retryable = isRepeatable } = options;
	for (const name of [
		...functions,
		...objects,
		...entrypoints,
		...typeof shared === "boolean" ? [] : shared
	]) if (typeof Reflect.get(pkg, name) !== "function") throw new TypeError(`wasm-revive: ${revive.module} exports no function or class ${name}.`);
	const answer = async (request, env, call) => {
		for (let left = attempts;; left--) try {
			return await call();
		} catch (error) {
			if (left > 0 && calls.isInnocent(error) && retryable(request)) continue;
			const response = failures.response(error, env);
			if (response === void 0) throw error;
			return response;
		}
	};
	class Default extends WorkerEntrypoint {
		static {
			for (const name of functions) {
				const run = HANDLERS.includes(name) ? function(event) {
					const call = () => own[name]?.call(this, event, this.env, this.ctx);
					if (name !== "fetch") return call();
					const response = answer(event, this.env, call);
					if (options.runToCompletion) this.ctx.waitUntil(response);
					return response;
				} : function(...args) {
					return own[name]?.apply(this, args);
				};
				Object.defineProperty(Default.prototype, name, {
					value: run,
					configurable: true,
					writable: true
				});
			}
		}
	}
	const isShared = (name) => typeof shared === "boolean" ? shared : shared.includes(name);
	const gone = typeof FinalizationRegistry === "function" ? new FinalizationRegistry((key) => revive.evict(key)) : void 0;
	const exportsFor = (object, name, id) => {
		if (isShared(name)) return own;
		const text = `${name} ${id}`;
		const key = { toString: () => text };
		gone?.register(object, key);
		return exportsOf(revive.instance(key), text);
	};
	const durableObject = (name) => {
		class Shimmed extends DurableObject {
			#target;
			constructor(state, env) {
				super(state, env);
				const exported = exportsFor(this, name, state.id);
				this.#target = new Target(() => new exported[name](state, env), state);
			}
			static {
				forward(Shimmed.prototype, Reflect.get(pkg, name).prototype, (self) => self.#target);
			}
		}
		return Shimmed;
	};
	const entrypoint = (name) => {
		class Shimmed extends WorkerEntrypoint {
			#target;
			constructor(ctx, env) {
				super(ctx, env);
				this.#target = new Target(() => new own[name](ctx, env), ctx);
			}
			static {
				const { prototype } = Shimmed;
				forward(prototype, Reflect.get(pkg, name).prototype, (self) => self.#target);
				const fetch = Reflect.get(prototype, "fetch");
				if (typeof fetch === "function") {
					const value = function(request) {
						return answer(request, this.env, () => fetch.call(this, request));
					};
					Object.defineProperty(prototype, "fetch", {
						value,
						configurable: true,
						writable: true
					});
				}
			}
		}
		return Shimmed;
	};
	return {
		default: Default,
		classes: Object.fromEntries([...objects.map((name) => [name, durableObject(name)]), ...entrypoints.map((name) => [name, entrypoint(name)])])
	};
}
function isFunction(value) {
	return typeof value === "function" && !/^class\b/.test(Function.prototype.toString.call(value));
}
function isRepeatable({ method, body }) {
	return (method === "GET" || method === "HEAD") && body === null;
}
//#endregion
export { serve };

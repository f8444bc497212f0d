import type { Closure } from './own-closures.js';

/** What registers a function with the host, and what takes it back. The emitters of Node.js, and all that are like them, have `on` and `off`. */
const REGISTERING: Readonly<Record<string, string>> = {
  addEventListener: 'removeEventListener',
  addListener: 'removeListener',
  on: 'off',
  once: 'off',
};

/** What sets a timer, and what cancels it. */
const TIMERS: Readonly<Record<string, string>> = {
  setInterval: 'clearInterval',
  setTimeout: 'clearTimeout',
  setImmediate: 'clearImmediate',
  requestAnimationFrame: 'cancelAnimationFrame',
  requestIdleCallback: 'cancelIdleCallback',
};

/** The methods whose calls an import of Rust makes through {@link Registrations.call}. */
export const REGISTERING_METHODS: readonly string[] = [...Object.keys(REGISTERING), ...Object.keys(TIMERS)];

/** Those besides, where turns can be undone. */
export const REMOVING_METHODS: readonly string[] = [...new Set(Object.values(REGISTERING))];

/** How many registrations there are before the first look at which of them have become pointless. */
const FIRST_SWEEP = 64;

type Target = Record<string, unknown>;

/** What is of no use without the instance: closures of Rust, and what settles the promises that Rust makes. */
interface Own {
  has(value: unknown): value is Closure;
}

/** Calls what a timer has been set for that comes only once. */
type Once = (run: () => unknown) => unknown;

/** Told what takes a registration back, should the turn be undone in which it was made. */
type Gives = (takeBack: () => void) => void;

/** A closure that the host may call, and how that is undone. Nothing here keeps the closure or what it is registered with alive. */
interface Registration {
  readonly target: WeakRef<object>;
  readonly closure: WeakRef<object>;
  /** The same for the same registration made again, which the host counts once. */
  readonly key: string;
  readonly undo: (target: Target, closure: Closure) => void;
}

/** A listener, as it is registered again. */
interface Listener {
  readonly registration: Registration;
  readonly method: string;
  readonly type: string | undefined;
  readonly options: unknown;
  /** Whether the host calls it once, and has forgotten it by then. */
  readonly isOnce: boolean;
}

interface Timer {
  /** What the host calls, and lets go of when the timer is over. */
  readonly callback: WeakRef<object>;
  /** An object, as Node.js has it, holds what it calls: a weak reference to it. */
  readonly id: unknown;
  readonly clear: string;
}

/**
 * The closures that an instance has given to the host to call: as listeners, handlers, observers and in timers. When the instance is lost
 * they are taken back, for nobody else will: otherwise every generation leaves its own behind (I6).
 *
 * Note: without weak references (Workers with an old compatibility date) nothing is remembered.
 */
export class Registrations {
  readonly #own: Own;
  #registrations: Registration[] = [];
  #sweepAt = FIRST_SWEEP;
  readonly #timers = new Set<Timer>();
  #sweepTimersAt = FIRST_SWEEP;

  /** What the host has of each closure, where turns can be undone. Note: their options may lead to what they are registered with. */
  readonly #listeners: WeakMap<Closure, Listener[]> | undefined;
  #areSomeOnce = false;
  readonly #once: Once;
  readonly #gives: Gives | undefined;

  /**
   * @param own tells the instance's own functions from others
   * @param gives hears of each, where turns can be undone
   * @param once calls what comes only once
   */
  constructor(own: Own, gives?: Gives, once: Once = (run) => run()) {
    this.#own = own;
    this.#once = once;
    this.#gives = gives;
    this.#listeners = gives && new WeakMap();
  }

  /** `target[method](...args)`, for the methods of {@link REGISTERING_METHODS}. */
  call(target: unknown, method: string, args: unknown[]): unknown {
    const [first, second, options] = args;
    // A method of the same name on anything else may be no timer at all.
    const isTimer = target === globalThis && TIMERS[method] !== undefined && typeof WeakRef === 'function';
    if (isTimer && this.#own.has(first)) return this.#setTimer(method, first, args.slice(1));
    const result = ((target as Target)[method] as Closure)(...args);
    if (TIMERS[method] !== undefined) return result;
    if (typeof first === 'string' && this.#own.has(second)) this.#changed(target, method, second, first, options);
    else if (this.#own.has(first)) this.#changed(target, method, first);
    return result;
  }

  /** `target[property] = handler`, for properties such as `onclick`. @param set does it, in the mode of the glue: strict, or not */
  setHandler(target: unknown, property: string, handler: unknown, set: (target: unknown, handler: unknown) => unknown): void {
    const read = (): unknown => attempt(() => (target as Target)[property]);
    const before = this.#gives && read();
    set(target, handler);
    if (this.#own.has(handler)) {
      const putBack = (target: Target, closure: Closure): void => {
        if (target[property] === closure) set(target, before);
      };
      this.#remember(target, handler, property, clearing(property), putBack);
    } else if (this.#own.has(before)) {
      const after = read();
      this.#gives?.(() => {
        if (read() === after) attempt(() => set(target, before));
      });
    }
  }

  /** `new observer(...args)`, for observers such as `MutationObserver`. */
  observe(observer: new (...args: unknown[]) => object, args: unknown[]): object {
    const made = new observer(...args);
    const [callback] = args;
    if (this.#own.has(callback)) this.#remember(made, callback, 'disconnect', (target) => void (target.disconnect as Closure).call(target));
    return made;
  }

  /** Whether any is still there, as far as anybody can see: what the program has taken back by itself may count until it is garbage. */
  get areAny(): boolean {
    return [...this.#timers].some(({ callback }) => callback.deref() !== undefined) || stillUseful(this.#registrations).length > 0;
  }

  /** Whether a timer is pending that goes off once. */
  get areTimersPending(): boolean {
    return [...this.#timers].some(({ clear, callback }) => clear !== 'clearInterval' && callback.deref() !== undefined);
  }

  /** Takes all of them back. What the host throws meanwhile changes nothing. */
  takeBack(): void {
    if (this.#timers.size === 0 && this.#registrations.length === 0) return;
    const [timers, registrations] = [[...this.#timers], this.#registrations];
    this.#timers.clear();
    this.#registrations = [];
    for (const { id, clear } of timers)
      attempt(() => (globalThis as unknown as Record<string, Closure>)[clear]?.(id instanceof WeakRef ? id.deref() : id));
    for (const { target, closure, undo } of registrations) {
      const [object, listener] = [target.deref(), closure.deref()];
      if (object !== undefined && listener !== undefined) attempt(() => undo(object as Target, listener as Closure));
    }
  }

  /** A listener was added, or removed. */
  #changed(target: unknown, method: string, closure: Closure, type?: string, options?: unknown): void {
    const remove = REGISTERING[method];
    const key = keyOf(method, type, options);
    if (remove === undefined) this.#removed(target, closure, key);
    else this.#listen(target, { method, remove, key, type, options }, closure);
  }

  #listen(target: unknown, { method, remove, key, type, options: given }: Listening, closure: Closure): void {
    // Then the host has ignored this one.
    if (method === 'addEventListener' && this.#found(target, closure, key).length > 0) return;
    // Note: an object, for Node.js 20 takes no `true` here.
    const options = asksForCapture(given) ? [{ capture: true }] : [];
    const registration = this.#remember(target, closure, key, removing(remove, type, options));
    if (registration === undefined || this.#gives === undefined) return;
    const isOnce = method === 'once' || asksForOnce(given);
    this.#areSomeOnce ||= isOnce;
    const listener = { registration, method, type, options: given, isOnce };
    this.#add(closure, listener);
    this.#gives(() => this.#forget(closure, listener));
  }

  /** Rust has taken a listener back. Should the turn be undone, it listens again. */
  #removed(target: unknown, closure: Closure, key: string): void {
    const listener = this.#found(target, closure, key).at(-1);
    if (listener !== undefined) this.#isGone(target, closure, listener);
  }

  /** The host has a listener no more. */
  #isGone(target: unknown, closure: Closure, listener: Listener): void {
    this.#forget(closure, listener);
    const { registration, method, type, options } = listener;
    this.#gives?.(() => {
      this.#registrations.push(registration);
      this.#add(closure, listener);
      attempt(() => ((target as Target)[method] as Closure)(...(type === undefined ? [closure] : [type, closure, options])));
    });
  }

  /** The listeners that a closure is by this key. */
  #found(target: unknown, closure: Closure, key: string): Listener[] {
    const all = this.#listeners?.get(closure) ?? [];
    return all.filter(
      ({ registration, options }) => registration.key === key && registration.target.deref() === target && !isAborted(options),
    );
  }

  #add(closure: Closure, listener: Listener): void {
    this.#listeners?.set(closure, [...(this.#listeners.get(closure) ?? []), listener]);
  }

  #forget(closure: Closure, listener: Listener): void {
    const others = this.#listeners?.get(closure)?.filter((one) => one !== listener);
    if (others !== undefined) this.#listeners?.set(closure, others);
    this.#registrations = this.#registrations.filter((one) => one !== listener.registration);
  }

  /**
   * A closure is called, where turns can be undone. If that is by what it listens to once, the host has forgotten it: should the turn be undone, it
   * listens again, as Rust believes then.
   * @param target what it is called on: listeners are called on what they listen to
   * @param event what it is given
   */
  isCalled(closure: Closure, target: unknown, event: unknown): void {
    if (!this.#areSomeOnce || target === undefined) return;
    for (const listener of this.#listeners?.get(closure) ?? []) {
      const { isOnce, registration, method, type } = listener;
      if (!isOnce || registration.target.deref() !== target) continue;
      const left = method === 'addEventListener' ? undefined : countOf(target, type, closure);
      const isSpent = left === undefined ? isOfType(event, type) : left < this.#found(target, closure, registration.key).length;
      if (isSpent) this.#isGone(target, closure, listener);
    }
  }

  /** @param undoTurn what takes it back with the turn */
  #remember(
    target: unknown,
    closure: Closure,
    key: string,
    undo: Registration['undo'],
    undoTurn: Registration['undo'] = undo,
  ): Registration | undefined {
    const isObject = typeof target === 'function' || (typeof target === 'object' && target !== null);
    if (!isObject || typeof WeakRef !== 'function') return undefined;
    const registration = { target: new WeakRef(target), closure: new WeakRef(closure), key, undo };
    this.#registrations.push(registration);
    this.#gives?.(() => {
      this.#registrations = this.#registrations.filter((one) => one !== registration);
      attempt(() => undoTurn(target as Target, closure));
    });
    if (this.#registrations.length >= this.#sweepAt) {
      this.#registrations = stillUseful(this.#registrations);
      this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.#registrations.length);
    }
    return registration;
  }

  #setTimer(method: string, closure: Closure, others: readonly unknown[]): unknown {
    const global = globalThis as unknown as Record<string, Closure>;
    let timer: Timer | undefined;
    const callback = (...given: unknown[]): unknown => {
      if (method === 'setInterval') return closure(...given);
      if (timer !== undefined) this.#timers.delete(timer);
      return this.#once(() => closure(...given));
    };
    const id = (global[method] as Closure)(callback, ...others);
    const held = typeof id === 'object' && id !== null ? new WeakRef(id) : id;
    timer = { callback: new WeakRef(callback), id: held, clear: TIMERS[method] as string };
    const { clear } = timer;
    this.#timers.add(timer);
    this.#gives?.(() => {
      this.#timers.delete(timer as Timer);
      attempt(() => global[clear]?.(id));
    });
    if (this.#timers.size >= this.#sweepTimersAt) {
      for (const one of this.#timers) if (one.callback.deref() === undefined) this.#timers.delete(one);
      this.#sweepTimersAt = Math.max(FIRST_SWEEP, 2 * this.#timers.size);
    }
    return id;
  }
}

/*
 * What takes registrations back is kept as long as the instance is, and must not keep alive what is registered (I6). Note: so it is made out here. In an
 * engine, functions that are made in one call share all that any of them uses, the target and the closure among it.
 */

function removing(remove: string, type: string | undefined, options: readonly unknown[]): Registration['undo'] {
  return (target, listener) => {
    const args = type === undefined ? [listener] : [type, listener, ...options];
    (target[remove] as Closure).apply(target, args);
  };
}

function clearing(property: string): Registration['undo'] {
  return (target, closure) => {
    if (target[property] === closure) target[property] = null;
  };
}

/** Those of which both ends are still alive, each once. */
function stillUseful(registrations: readonly Registration[]): Registration[] {
  const seen = new Map<object, Map<object, Set<string>>>();
  return registrations.filter(({ target, closure, key }) => {
    const [object, listener] = [target.deref(), closure.deref()];
    if (object === undefined || listener === undefined) return false;
    const ofListener = seen.get(listener) ?? new Map<object, Set<string>>();
    seen.set(listener, ofListener);
    const keys = ofListener.get(object) ?? new Set<string>();
    ofListener.set(object, keys);
    if (keys.has(key)) return false;
    keys.add(key);
    return true;
  });
}

/** A call that adds a listener. */
interface Listening {
  readonly method: string;
  readonly remove: string;
  readonly key: string;
  readonly type: string | undefined;
  readonly options: unknown;
}

/** The same for what adds a listener and what removes it: of emitters, by any name. */
function keyOf(method: string, type: string | undefined, options: unknown): string {
  const isOfEvents = method.endsWith('EventListener');
  return `${isOfEvents ? 'event' : 'emitted'} ${type} ${isOfEvents && asksForCapture(options)}`;
}

/** Whether an event may be of this type. */
function isOfType(event: unknown, type: string | undefined): boolean {
  const given = attempt(() => (event as { type?: unknown } | undefined)?.type);
  return typeof given !== 'string' || given === type;
}

/** How often an emitter would call it; undefined where that isn't known. What it is called with may say any type. */
function countOf(target: unknown, type: string | undefined, closure: Closure): number | undefined {
  return attempt(() => (target as { listeners(type: unknown): unknown[] }).listeners(type).filter((one) => one === closure).length);
}

/** Whether a listener was taken back by its signal. */
function isAborted(options: unknown): boolean {
  return attempt(() => (options as { signal?: { aborted?: unknown } } | undefined)?.signal?.aborted) === true;
}

function asksForOnce(options: unknown): boolean {
  return Boolean(attempt(() => (options as { once?: unknown } | undefined)?.once));
}

/** Note: not in the method, whose closures would keep the options alive. */
function asksForCapture(options: unknown): boolean {
  return options === true || Boolean(attempt(() => (options as { capture?: unknown } | undefined)?.capture));
}

function attempt<R>(run: () => R): R | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

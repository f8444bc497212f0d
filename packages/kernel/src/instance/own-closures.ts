import type { ClosureState } from '../contract/contract.js';

/**
 * Which functions are closures of one instance's Rust, and which of those is the executor of its futures.
 *
 * What an import gives to the host may be any function: a closure of this instance, one of another module, the program's own JavaScript.
 * Only the first kind can fail as this instance does, and only those are guarded and taken back. The others stay what they are.
 */
export class OwnClosures {
  readonly #brand = newBrand<ClosureMade | undefined>();
  readonly #executors = new WeakSet<object>();
  /** What was made right behind a promise that an older executor may run its queue by: the promise. */
  readonly #behind = new WeakMap<object, unknown>();
  #promise: unknown;
  #executorIsMade: 'no' | 'queueMicrotask was read' | 'next' = 'no';

  /** Remembers a closure that the glue has just made. */
  add<F>(closure: F, made?: ClosureMade): F {
    this.#brand.mark(closure as object, made);
    if (this.#executorIsMade === 'next') this.#executors.add(closure as object);
    this.#executorIsMade = 'no';
    if (this.#promise !== undefined) this.#behind.set(closure as object, this.#promise);
    this.#promise = undefined;
    return closure;
  }

  /**
   * Whether a closure that is given to `then` of a promise runs the queue of an executor of wasm-bindgen-futures before 0.4.38: that makes the promise, then
   * the closure, and has it called by that promise whenever there is something to do.
   */
  isReactingExecutor(closure: unknown, promise: unknown): closure is Closure {
    if (!this.has(closure)) return false;
    if (this.#behind.get(closure) === promise) this.#executors.add(closure);
    return this.isExecutor(closure);
  }

  /** How a closure was made; undefined where the value is none, or nothing is known of that. */
  made(value: unknown): ClosureMade | undefined {
    return typeof value === 'function' ? this.#brand.of(value) : undefined;
  }

  /** The closure that is made next runs the queue of an executor, as one did that it takes the place of. */
  makesExecutor(): void {
    this.#executorIsMade = 'next';
  }

  /** Whether a value is a closure of this instance's. */
  has(value: unknown): value is Closure {
    return typeof value === 'function' && this.#brand.isOn(value);
  }

  /** Rust has read `queueMicrotask` as a property, as an executor does that is being made. */
  readQueueMicrotask(): void {
    this.#executorIsMade = 'queueMicrotask was read';
  }

  /** Rust has made a resolved promise, as an executor does after that and right before it makes its closure. @param promise where an older one may */
  resolvedPromise(promise?: unknown): void {
    this.#promise = promise;
    this.#executorIsMade = this.#executorIsMade === 'queueMicrotask was read' ? 'next' : 'no';
  }

  /**
   * Whether a closure runs the queue of an executor, so that it may be called once more after a panic. Names that would say so are stripped
   * from most modules, and a closure of the program's own may be queued in the same way. But how wasm-bindgen-futures makes its queue is seen
   * by the imports that it calls, in this order and with no other closure in between: see `Queue::new` in `queue.rs` of js-sys (before
   * 0.3.90, of wasm-bindgen-futures).
   */
  isExecutor(closure: Closure): boolean {
    return this.#executors.has(closure);
  }
}

/** How the glue has made a closure, where it says so. */
export interface ClosureMade {
  /** See `Scope.closures`. */
  readonly form: number;
  /** What it keeps of the closure. */
  readonly state: ClosureState;
}

/** A closure of Rust as JavaScript calls it. */
export type Closure = (...args: unknown[]) => unknown;

/** Returns what it is given, so that the fields of a class that extends it are put on that. */
class Given {
  constructor(given: object) {
    // biome-ignore lint/correctness/noConstructorReturn: this is what it is for.
    return given;
  }
}

/**
 * A mark with a value that nobody else can see, set or take away: a private field on an object of somebody else's.
 *
 * Note: a `WeakSet` would do the same, and take longer than all of the rest of making a closure (measured: 1–3 µs, against 0.1 µs).
 */
function newBrand<T>(): { mark(object: object, value: T): void; isOn(object: object): boolean; of(object: object): T | undefined } {
  class Marked extends Given {
    readonly #mark: T;

    constructor(object: object, value: T) {
      super(object);
      this.#mark = value;
    }

    static isOn(object: object): boolean {
      return #mark in object;
    }

    static of(object: object): T | undefined {
      return #mark in object ? object.#mark : undefined;
    }
  }
  return { mark: (object, value) => void new Marked(object, value), isOn: Marked.isOn, of: Marked.of };
}

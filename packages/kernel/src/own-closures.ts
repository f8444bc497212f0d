/**
 * Which functions are closures of one instance's Rust, and which of those is the executor of its futures.
 *
 * What an import gives to the host may be any function: a closure of this instance, one of another module, the program's own JavaScript.
 * Only the first kind can fail as this instance does, and only those are guarded and taken back. The others stay what they are.
 */
export class OwnClosures {
  readonly #brand = newBrand();
  readonly #executors = new WeakSet<object>();
  #executorIsMade: 'no' | 'queueMicrotask was read' | 'next' = 'no';

  /** Remembers a closure that the glue has just made. */
  add<F>(closure: F): F {
    this.#brand.mark(closure as object);
    if (this.#executorIsMade === 'next') this.#executors.add(closure as object);
    this.#executorIsMade = 'no';
    return closure;
  }

  /** Whether a value is a closure of this instance's. */
  has(value: unknown): value is Closure {
    return typeof value === 'function' && this.#brand.isOn(value);
  }

  /** Rust has read `queueMicrotask` as a property, as an executor does that is being made. */
  readQueueMicrotask(): void {
    this.#executorIsMade = 'queueMicrotask was read';
  }

  /** Rust has made a resolved promise, as an executor does after that and right before it makes its closure. */
  resolvedPromise(): void {
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
 * A mark that nobody else can see, set or take away: a private field on an object of somebody else's.
 *
 * Note: a `WeakSet` would do the same, and take longer than all of the rest of making a closure (measured: 1–3 µs, against 0.1 µs).
 */
function newBrand(): { mark(object: object): void; isOn(object: object): boolean } {
  class Marked extends Given {
    readonly #mark = true;

    static isOn(object: object): boolean {
      return #mark in object && object.#mark;
    }
  }
  return { mark: (object) => void new Marked(object), isOn: Marked.isOn };
}

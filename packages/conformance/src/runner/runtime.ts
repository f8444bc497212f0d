import { wasmFrames } from '@wasm-revive/kernel';

/** What the runner needs from the JavaScript runtime it is in; all that differs between them. */
export interface Runtime {
  /** Lets the event loop turn once. When it resolves, every microtask has run and unhandled rejections have been told. */
  turn(): Promise<void>;
  /** Errors that reached nobody (uncaught exceptions, unhandled rejections) since the last call. */
  takeUncaught(): unknown[];
  /** Whether {@link takeUncaught} knows of exceptions, too. workerd only logs what a timer's callback throws. */
  readonly seesExceptions: boolean;
  /** Whether the engine tells the Wasm frames of a trap. Where it doesn't, causes that look alike to it are told apart by the crates alone. */
  readonly tellsFrames: boolean;
  /** Whether the engine tells an index out of a table's bounds from an address out of memory's. SpiderMonkey says `index out of bounds` of both. */
  readonly tellsTables: boolean;
  /** Collects garbage now, where the runtime was started so that it can. */
  readonly gc?: () => void;
}

/** `(module (func (export "f") (unreachable)))`. */
const TRAPS = [
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 4, 1, 0x60, 0, 0],
  ...[3, 2, 1, 0],
  ...[7, 5, 1, 1, 0x66, 0, 0],
  ...[10, 5, 1, 3, 0, 0x00, 0x0b],
];

/** For {@link Runtime.tellsFrames}: tried out, where Wasm may be compiled. */
export function tellsFrames(): boolean {
  let run: () => void;
  try {
    ({ f: run } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(TRAPS))).exports as { f: () => void });
  } catch {
    // workerd: V8.
    return true;
  }
  try {
    run();
  } catch (error) {
    return wasmFrames(error).length > 0;
  }
  return false;
}

/** What became of a promise, looked at without waiting for it. Made at once, so that a rejection is never unhandled. */
export class Watched {
  state: 'pending' | 'resolved' | 'rejected' = 'pending';
  value: unknown;

  constructor(promise: unknown) {
    Promise.resolve(promise).then(
      (value) => {
        this.state = 'resolved';
        this.value = value;
      },
      (error: unknown) => {
        this.state = 'rejected';
        this.value = error;
      },
    );
  }
}

/** How many turns of the event loop a promise is given before it counts as hanging. Nothing here needs more than three. */
const PATIENCE = 12;

/** Turns the event loop until `done`; false when it never was. */
export async function until(runtime: Runtime, done: () => boolean, patience: number = PATIENCE): Promise<boolean> {
  for (let turns = 0; turns < patience; turns++) {
    if (done()) return true;
    await runtime.turn();
  }
  return done();
}

/** A promise that is settled from outside. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

/** Makes a {@link Deferred}. */
export function deferred<T>(): Deferred<T> {
  let parts: Omit<Deferred<T>, 'promise'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    parts = { resolve, reject };
  });
  return { promise, ...(parts as Omit<Deferred<T>, 'promise'>) };
}

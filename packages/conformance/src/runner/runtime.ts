import type { Engine } from './engines.ts';

/** What the runner needs from the JavaScript runtime it is in; all that differs between them. */
export interface Runtime {
  /** Lets the event loop turn once. When it resolves, every microtask has run and unhandled rejections have been told. */
  turn(): Promise<void>;
  /** Errors that reached nobody (uncaught exceptions, unhandled rejections) since the last call. */
  takeUncaught(): unknown[];
  /** Whether {@link takeUncaught} knows of exceptions, too. workerd only logs what a timer's callback throws. */
  readonly seesExceptions: boolean;
  /** What it runs JavaScript and Wasm in. */
  readonly engine: Engine;
  /** Whether it compiles Wasm from bytes. workerd takes only the modules that come with a worker. */
  readonly compiles: boolean;
  /** Collects garbage now, where the runtime was started so that it can. */
  readonly gc?: () => void;
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

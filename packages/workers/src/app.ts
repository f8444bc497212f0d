import { shim } from '@wasm-revive/entrypoint-shim';
import type { Revive } from '@wasm-revive/reinit-manager';
import { Calls } from './calls.js';
import { isForItself } from './crate-exports.js';
import { Failures } from './failures.js';
import { KeptOut } from './kept-out.js';
import { WITH_CLASS_OPTIONS, WITH_QUARANTINE } from './left-out.js';
import type { ServeOptions, StatelessQuarantine, WorkerPackage } from './options.js';
import { kvStore } from './quarantine-stores.js';
import { Transactions } from './transactions.js';

/** A class that workerd constructs: of a context, or the state of an object, and `env`. */
export type Class = new (ctx: object, env: unknown) => object;

/** What a package exports, behind the shim that knows each call. */
export type Exports = Record<string, Class & ((...args: unknown[]) => unknown)>;

/** How often what was lost through another call runs again. */
export const ATTEMPTS = 10;

/** A package, and what all of its entrypoints have in common. */
export class App {
  readonly revive: Revive;
  readonly #pkg: WorkerPackage;
  readonly #calls = new Calls();
  readonly #failures: Failures;
  readonly #attempts: number;
  readonly #retryable: (request: Request) => boolean;
  /** Undefined where no class is transactional. */
  readonly transactions: Transactions | undefined;
  readonly #quarantine: StatelessQuarantine | undefined;
  #keptOut: KeptOut | undefined;
  /** What the package exports, for all that has no instance of its own. */
  readonly own: Exports;

  constructor(pkg: WorkerPackage, options: ServeOptions) {
    const { attempts = ATTEMPTS, retryable = isRepeatable, quarantine = false, durableObjects = {} } = options;
    this.#quarantine = quarantine === true ? {} : quarantine || undefined;
    this.#pkg = pkg;
    this.revive = pkg.__revive;
    this.#failures = new Failures(options);
    this.#attempts = attempts;
    this.#retryable = retryable;
    const areTransactional = Object.values(durableObjects).some(({ transactional }) => transactional === true);
    this.transactions = WITH_CLASS_OPTIONS && areTransactional ? new Transactions(pkg.__revive) : undefined;
    this.own = this.exportsOf(pkg);
    // Listeners run before anything else does.
    this.revive.on('failure', (report) => this.#failures.log(report, this.#calls.failed(report)));
  }

  /** Every call of these is known. @param instance one of its own, as reports name it */
  exportsOf(exported: object, instance?: string): Exports {
    return shim(() => exported as Exports, { around: (call, path) => this.#calls.run(call, path, instance) });
  }

  /** What refuses requests; undefined where none are to be. The store is in the environment, which each request brings. */
  #keeperOut(env: unknown): KeptOut | undefined {
    const options = this.#quarantine;
    if (WITH_QUARANTINE && options !== undefined && this.#keptOut === undefined) {
      const build = this.revive.build ?? '';
      const { store } = options;
      this.#keptOut = new KeptOut(options, typeof store === 'string' ? kvStore(env, store, build) : store?.(env, build));
    }
    return this.#keptOut;
  }

  /** The names of the exported functions, without what wasm-bindgen and the `worker` crate export for themselves. */
  functions(): string[] {
    return Object.keys(this.#pkg).filter((name) => !isForItself(name) && isFunction(Reflect.get(this.#pkg, name)));
  }

  /** An exported class, as the package has it. @throws TypeError where nothing of that name can be called */
  classOf(name: string): Class {
    this.check(name);
    return Reflect.get(this.#pkg, name);
  }

  /** The methods of an exported class. @throws TypeError where nothing of that name can be called */
  prototypeOf(name: string): object {
    return this.classOf(name).prototype as object;
  }

  /** @throws TypeError where nothing of that name can be called */
  check(name: string): void {
    if (typeof Reflect.get(this.#pkg, name) === 'function') return;
    throw new TypeError(`wasm-revive: ${this.revive.module} exports no function or class ${name}.`);
  }

  /** Answers a request by a call, which is repeated where it was lost through another one. */
  async answer(request: Request, env: unknown, call: () => unknown): Promise<unknown> {
    const keptOut = this.#keeperOut(env);
    for (let left = this.#attempts; ; left--) {
      try {
        return await (keptOut === undefined ? call() : keptOut.run(request, call));
      } catch (error) {
        if (left > 0 && this.#calls.isInnocent(error) && this.#retryable(request)) continue;
        const response = this.#failures.response(error, env);
        if (response === undefined) throw error;
        return response;
      }
    }
  }
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function' && !/^class\b/.test(Function.prototype.toString.call(value));
}

/** Nothing of the request is used up by a first attempt, and by its method it changes nothing. */
function isRepeatable({ method, body }: Request): boolean {
  return (method === 'GET' || method === 'HEAD') && body === null;
}

import { WorkflowEntrypoint } from 'cloudflare:workers';
import { isReviveError, type ReviveError } from '@wasm-revive/kernel';
import type { App, Class } from './app.js';

/** What does a step. */
type Work = (...args: unknown[]) => unknown;

/** What the runtime gives to a run: `do`, `sleep` and so on, each with the step's name. */
type Steps = Record<string, (name: string, ...args: unknown[]) => unknown>;

/** A Workflow: an exported class, constructed of a context and `env`, with the method `run(event, step)`. */
export function workflow(app: App, name: string, attempts: number): Class {
  app.check(name);
  class Flow extends WorkflowEntrypoint {
    run(event: unknown, steps: Steps): Promise<unknown> {
      const construct = (): { run(event: unknown, steps: Steps): unknown } => {
        const made: unknown = new (app.own[name] as Class)(this.ctx, this.env);
        return made as { run(event: unknown, steps: Steps): unknown };
      };
      return new Run(steps).complete((own) => construct().run(event, own), attempts);
    }
  }
  return Flow as Class;
}

/**
 * One run of a Workflow. Where its instance is lost, with all that was on its way, `run` is begun anew on a fresh one, and passes the steps that it has done: it
 * gets their results, as it does where the runtime begins it anew. A step that the loss has failed is the runtime's to try again, and what does it then is what
 * the new pass brings.
 */
class Run {
  readonly #steps: Steps;
  readonly #known = new Map<string, Step>();
  /** How often each was come by in this pass. */
  #counts = new Map<string, number>();

  constructor(steps: Steps) {
    this.#steps = steps;
  }

  async complete(run: (steps: Steps) => unknown, attempts: number): Promise<unknown> {
    for (let left = attempts; ; left--) {
      const before = this.#begun;
      this.#counts = new Map();
      try {
        return await run(this.#own());
      } catch (error) {
        // Without a step that has failed or begun meanwhile it is `run` itself that fails, and will again.
        if (!isLoss(error) || left <= 0 || (error.code === 'REVIVE_ABORT' && this.#begun === before)) throw error;
        if (this.#begun !== before) left = attempts;
        for (const step of this.#known.values()) step.lost();
      }
    }
  }

  /** How often the runtime has begun to do a step. */
  get #begun(): number {
    return [...this.#known.values()].reduce((sum, { begun }) => sum + begun, 0);
  }

  #own(): Steps {
    return new Proxy({} as Steps, {
      get:
        (_, method: string) =>
        (name: string, ...args: unknown[]) => {
          const path = `${method} ${name}`;
          const count = (this.#counts.get(path) ?? 0) + 1;
          this.#counts.set(path, count);
          const place = `${path} ${count}`;
          const step = this.#known.get(place) ?? new Step();
          this.#known.set(place, step);
          return step.passed(args, (given) => this.#steps[method]?.(name, ...given));
        },
    });
  }
}

/** A step that the runtime knows. */
class Step {
  /** How often the runtime has begun to do it. */
  begun = 0;
  #result: unknown;
  #isKnown = false;
  #work = later<Work>();
  #isBrought = false;

  /** A pass has come to it, with what does it. @param tell the runtime, the first time */
  passed(args: readonly unknown[], tell: (args: readonly unknown[]) => unknown): unknown {
    const work = args.find((arg): arg is Work => typeof arg === 'function');
    if (work !== undefined) {
      this.#work.resolve(work);
      this.#isBrought = true;
    }
    if (this.#isKnown) return this.#result;
    this.#isKnown = true;
    this.#result = tell(args.map((arg) => (arg === work ? this.#do : arg)));
    // The pass that waits for it may be lost.
    if (this.#result instanceof Promise) this.#result.catch(() => undefined);
    return this.#result;
  }

  readonly #do: Work = async (...args) => {
    const work = await this.#work.promise;
    this.begun++;
    try {
      return await work(...args);
    } catch (error) {
      if (isLoss(error)) this.lost();
      throw error;
    }
  };

  /** What does it is gone with its instance: the next pass brings another. */
  lost(): void {
    // Somebody may wait for what the next pass brings already.
    if (!this.#isBrought) return;
    this.#work = later();
    this.#isBrought = false;
  }
}

/** A promise that somebody else keeps. */
function later<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((keep) => {
    resolve = keep;
  });
  return { promise, resolve };
}

/** Whether an error says that the instance is gone. */
function isLoss(error: unknown): error is ReviveError {
  if (!isReviveError(error)) return false;
  const { code, report } = error;
  return (code === 'REVIVE_INSTANCE_LOST' || code === 'REVIVE_ABORT') && report?.recovery !== 'rollback' && report?.recovery !== 'keep';
}

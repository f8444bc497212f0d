import { type Instance, inMicrotask } from '@wasm-revive/kernel';
import type { Clock } from '../clock.js';
import { Drain } from './draining.js';

/** What {@link Departures} needs of the slot around it. */
export interface DepartureSurroundings {
  readonly clock: Clock;
  /** See `ReviveOptions.drainMs`. */
  drainMs(): number;
  /** The instance that serves is to do so no longer. */
  departs(instance: Instance, isReplaced: boolean): void;
  /** An instance that was replaced has finished what was in flight on it, or lost it. */
  drained(instance: Instance, callsLost: number): void;
}

interface Leaving {
  readonly drain: Drain;
  /** Whether another one takes its place. */
  readonly isReplaced: boolean;
  /** How long its calls in flight may take, in milliseconds. */
  readonly ms: number;
}

/** The instances of a slot that are on their way out: the one that goes when its turn is over, and those that have calls in flight to finish. */
export class Departures {
  readonly #around: DepartureSurroundings;
  #leaving: Leaving | undefined;
  /** By their spaces. */
  readonly #draining = new Map<number, Drain>();

  constructor(around: DepartureSurroundings) {
    this.#around = around;
  }

  /** Whether the instance that serves goes when its turn is over. */
  get isLeaving(): boolean {
    return this.#leaving !== undefined;
  }

  /** Whether any is on its way out. Ends those first that wait for nothing but a timer that is gone. */
  get areAny(): boolean {
    for (const drain of this.#draining.values()) drain.look(false);
    return this.isLeaving || this.#draining.size > 0;
  }

  /** The instances that have calls in flight to finish, and serve nobody else. */
  get instances(): Instance[] {
    return [...this.#draining.values()].map(({ instance }) => instance);
  }

  /** The one of these of a space. */
  at(space: number): Instance | undefined {
    return this.#draining.get(space)?.instance;
  }

  /**
   * The instance that serves goes as soon as no frame of it is on the stack: until then it serves what is called from within its turn.
   * @param isReplaced whether another one takes its place
   * @param ms how long its calls in flight may take, in milliseconds
   */
  leave(instance: Instance, reason: string, isReplaced: boolean, ms: number = this.#around.drainMs()): void {
    if (this.isLeaving) return;
    this.#leaving = { drain: this.#drainOf(instance, reason), isReplaced, ms };
    inMicrotask(() => this.departIfDue());
  }

  departIfDue(): void {
    const leaving = this.#leaving;
    if (leaving?.drain.instance.scope.isQuiescent()) this.#depart(leaving);
  }

  /** The instance that serves, of which no frame is on the stack, goes now. */
  depart(instance: Instance, reason: string): void {
    this.#depart({ drain: this.#drainOf(instance, reason), isReplaced: false, ms: this.#around.drainMs() });
  }

  #drainOf(instance: Instance, reason: string): Drain {
    return new Drain(instance, reason, this.#around.clock, (callsLost) => {
      this.#draining.delete(instance.space);
      // The next one may not be there yet, and listeners may call it.
      inMicrotask(() => this.#around.drained(instance, callsLost));
    });
  }

  #depart({ drain, isReplaced, ms }: Leaving): void {
    const { instance } = drain;
    this.#leaving = undefined;
    for (const other of this.#draining.values()) other.look(true);
    this.#draining.set(instance.space, drain);
    this.#around.departs(instance, isReplaced);
    drain.limit(ms, false);
    drain.begin();
  }

  /** The instance that serves goes for another reason. */
  forestall(): void {
    const leaving = this.#leaving;
    this.#leaving = undefined;
    leaving?.drain.over();
  }

  /** An instance was lost. It may have been one of these. */
  lost({ space }: Instance, callsLost: number): void {
    this.#draining.get(space)?.over(callsLost);
  }

  /** Ends all that have calls in flight to finish. Frames of them may be on the stack. */
  end(reason: string): void {
    for (const drain of this.#draining.values()) inMicrotask(() => drain.end(reason));
  }

  /** They have no longer than this, in milliseconds. Resolves when all have ended. */
  async limit(ms: number): Promise<void> {
    const leaving = this.#leaving;
    const drains = [...this.#draining.values(), ...(leaving === undefined ? [] : [leaving.drain])];
    for (const drain of drains) drain.limit(ms, true);
    await Promise.all(drains.map(({ done }) => done));
  }
}

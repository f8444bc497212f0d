import { complain, type Instance, inMicrotask, isReviveError } from '@wasm-revive/kernel';
import type { Clock } from '../clock.js';
import type { Emitter } from '../events.js';
import type { Slot } from '../place/slot.js';
import { STARTED_AFTER } from '../supervision/supervisor.js';

/** When an instance is replaced by a fresh one, though it is well. Whichever comes first. */
export interface RecycleOptions {
  /** Its memory, in bytes, has grown past this. Wasm never gives memory back. */
  readonly memoryBytes?: number | undefined;
  /** It has served so many turns. */
  readonly turns?: number | undefined;
  /** It has served for so long, in milliseconds. */
  readonly ageMs?: number | undefined;
}

/** Which of {@link RecycleOptions} it was. */
export type RecycleReason = 'memory' | 'turns' | 'age';

/** Where no fresh instance could be made, none is tried for this time, in milliseconds. */
const PAUSE = 10_000;

const NONE: RecycleOptions = {};

const WHY = {
  memory: 'Its memory had grown past `recycle.memoryBytes`.',
  turns: 'It had served the turns of `recycle.turns`.',
  age: 'It had served for the time of `recycle.ageMs`.',
} as const satisfies Record<RecycleReason, string>;

/** What a {@link Recycling} needs of the place around it. */
export interface RecyclingSurroundings {
  readonly slot: () => Slot;
  readonly clock: Clock;
  readonly emitter: Emitter;
  readonly name: () => string;
  /** What events say of where it was. */
  where(): { readonly instance?: string };
  policy(): RecycleOptions | undefined;
  /** Whether the module can do with another instance now. */
  mayRecycle(): boolean;
}

/** Has the instance of a slot replaced by the {@link RecycleOptions}, between turns and off any call's path. */
export class Recycling {
  readonly #around: RecyclingSurroundings;
  #turns = 0;
  /** When it began to serve. */
  #since = 0;
  /** Its memory right after it was started. */
  #freshBytes = 0;
  #isStarted = false;
  #wasCalled = false;
  /** Whether the ends of its turns are heard. Else its calls are counted, which the façade has to ask for. */
  #isHeard = false;
  #isScheduled = false;
  #notBefore = Number.NEGATIVE_INFINITY;
  /** The policy that could not be carried out, of which that was said. */
  #saidOf: RecycleOptions | undefined;

  constructor(around: RecyclingSurroundings) {
    this.#around = around;
  }

  /** See `Surroundings.serves`. */
  serves(instance: Instance, isStarted: boolean): void {
    if (instance !== this.#around.slot().current) return;
    if (!isStarted) {
      this.#wasCalled = this.#isHeard = false;
      this.#since = this.#around.clock.now();
    }
    this.#isStarted = isStarted;
    this.#turns = 0;
    this.#freshBytes = instance.memoryBytes;
  }

  /** See `Surroundings.called`. */
  called(instance: Instance): boolean {
    // Else it is part of what goes on, which nobody may have called: see `Supervisor.called`.
    if (instance.scope.isQuiescent()) this.#wasCalled = true;
    if (this.#isHeard || this.#around.policy() === undefined) return false;
    this.#turnOf(instance);
    return true;
  }

  /** A turn of the instance that serves is over. */
  committed(instance: Instance): void {
    if (!this.#isHeard) this.#turns = 0;
    this.#isHeard = true;
    this.#turnOf(instance);
  }

  #turnOf(instance: Instance): void {
    this.#turns++;
    if (this.#isScheduled || this.#reasonFor(instance) === undefined) return;
    this.#isScheduled = true;
    inMicrotask(() => {
      this.#isScheduled = false;
      this.#recycle(instance);
    });
  }

  get #ageMs(): number {
    return this.#around.clock.now() - this.#since;
  }

  #reasonFor(instance: Instance): RecycleReason | undefined {
    // Note: this is on the path of every call, so that nothing is read that isn't asked for.
    const { turns, ageMs, memoryBytes } = this.#around.policy() ?? NONE;
    if (turns !== undefined && this.#turns >= turns) return 'turns';
    if (ageMs !== undefined && this.#ageMs >= ageMs) return 'age';
    if (memoryBytes === undefined || instance.memoryBytes <= memoryBytes) return undefined;
    if (this.#freshBytes <= memoryBytes) return 'memory';
    this.#failed(
      instance,
      'memory',
      new RangeError(
        `A fresh instance has ${this.#freshBytes} bytes of memory by itself, which is more than \`recycle.memoryBytes\` (${memoryBytes}): ` +
          'it is not replaced for that. Raise the mark.',
      ),
    );
    return undefined;
  }

  #recycle(instance: Instance): void {
    const { clock, mayRecycle, emitter, where } = this.#around;
    const slot = this.#around.slot();
    const reason = this.#reasonFor(instance);
    // What a start function leaves behind may grow without end.
    const hasStarted = this.#isStarted && (this.#wasCalled || this.#ageMs >= STARTED_AFTER);
    if (reason === undefined || instance !== slot.current || !hasStarted || !instance.scope.isQuiescent() || !instance.isWell()) return;
    if (clock.now() < this.#notBefore || !mayRecycle()) return;
    try {
      const brought = slot.recycle(instance, WHY[reason]);
      if (brought === undefined) return;
      this.#saidOf = undefined;
      const event = { reason, from: instance.generation, generation: brought.instance.generation, ...brought.thrown, ...where() };
      emitter.emit('recycled', () => event);
    } catch (error) {
      // It is being made, asynchronously, and is there when this is tried again.
      if (isReviveError(error, 'REVIVE_RECOVERING')) return;
      this.#notBefore = clock.now() + PAUSE;
      this.#failed(instance, reason, error);
    }
  }

  /** Says once of a policy that it can't be carried out. */
  #failed({ generation }: Instance, reason: RecycleReason, error: unknown): void {
    const { emitter, policy, where, name } = this.#around;
    if (this.#saidOf === policy()) return;
    this.#saidOf = policy();
    const event = { reason, generation, error, ...where() };
    if (emitter.isHeard('recycleFailed')) emitter.emit('recycleFailed', () => event);
    else complain(`${name()} can't be recycled`, error);
  }
}

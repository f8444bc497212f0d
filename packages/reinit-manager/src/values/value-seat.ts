import { inMicrotask, ReviveError } from '@wasm-revive/kernel';
import type { Clock } from '../clock.js';
import { tell } from '../events.js';
import { DRAIN_MS } from '../leaving/draining.js';
import { Breaker, type BreakerOptions } from '../supervision/breaker.js';
import { crashLoopError } from '../supervision/restarter.js';
import { type DisposeReason, type HeldSurroundings, HeldValue } from './held-value.js';
import type { ValueEmitter, ValueRecycleReason, Where } from './value-events.js';

/** When a value is replaced by a fresh one, though it is well. Whichever comes first. */
export interface ValueRecycleOptions<T> {
  /** It has been used for so many calls. */
  readonly uses?: number;
  /** It was made so long ago, in milliseconds. */
  readonly ageMs?: number;
  /** Says so; asked after each call. */
  readonly when?: (value: T) => boolean;
}

/** What a {@link ValueSeat} needs of the manager around it. */
export interface SeatSurroundings<T> {
  readonly clock: Clock;
  readonly emitter: ValueEmitter;
  readonly options: BreakerOptions & { readonly recycle?: ValueRecycleOptions<T>; readonly standby?: number; readonly drainMs?: number };
  /** What it is called in messages. */
  readonly name: string;
  readonly where: Where;
  readonly counts: { failures: number; recoveries: number };
  create(): T | Promise<T>;
  dispose(value: T, reason: DisposeReason): void;
  isFatal(error: unknown, value: T): boolean;
}

/** Where the values of one key serve, one at a time, generation after generation. */
export class ValueSeat<T> {
  readonly #around: SeatSurroundings<T>;
  readonly #breaker: Breaker;
  readonly #held: HeldSurroundings<T>;
  #current: HeldValue<T> | undefined;
  /** Those that have been replaced, with calls in flight. */
  readonly #leaving = new Set<HeldValue<T>>();
  #making: Promise<HeldValue<T>> | undefined;
  /** Rejects it, for those who wait: what it is made by may never come back. */
  #abandon = (): void => {};
  /** Made ahead. */
  readonly #standby: T[] = [];
  #isFilling = false;
  #generation = 0;
  /** Counted up when all that is there, and all that is being made, is not wanted any more. */
  #epoch = 0;
  /** Why that was done last. */
  #endedFor: DisposeReason = 'reset';
  #lastError: unknown;
  #lostAt: number | undefined;
  #recycled: { readonly reason: ValueRecycleReason; readonly from: number } | undefined;
  lastUsed: number;

  constructor(around: SeatSurroundings<T>) {
    this.#around = around;
    this.#breaker = new Breaker(around.options, around.clock, () => this.#breakerChanged());
    this.lastUsed = around.clock.now();
    this.#held = {
      isFatal: around.isFatal,
      dispose: around.dispose,
      served: (held) => this.#served(held),
      lost: (held, error, callsLost) => this.#lost(held, error, callsLost),
    };
  }

  get generation(): number {
    return this.#generation;
  }

  get current(): HeldValue<T> | undefined {
    return this.#current;
  }

  /** All that have not ended. */
  get values(): HeldValue<T>[] {
    return [...this.#leaving, ...(this.#current ? [this.#current] : [])];
  }

  /** The one that is being made. */
  get making(): Promise<unknown> | undefined {
    return this.#making;
  }

  /** Milliseconds for which calls are refused. */
  get retryAfter(): number {
    return this.#breaker.retryAfter;
  }

  /** Whether there is one, or one is being made. */
  get isUsed(): boolean {
    return this.#current !== undefined || this.#making !== undefined || this.#leaving.size > 0;
  }

  get callsInFlight(): number {
    return this.values.reduce((sum, { callsInFlight }) => sum + callsInFlight, 0);
  }

  /** The value that serves, for somebody who uses it; makes one where there is none. @throws ReviveError */
  take(): HeldValue<T> | Promise<HeldValue<T>> {
    const { clock } = this.#around;
    this.lastUsed = clock.now();
    if (this.#current !== undefined) this.#recycleIfDue(this.#current, true);
    return this.#current ?? this.#making ?? this.#make();
  }

  #make(): HeldValue<T> | Promise<HeldValue<T>> {
    const { clock, create } = this.#around;
    // What makes up for no loss is no restart.
    if (this.#lostAt !== undefined || this.#breaker.state !== 'closed') {
      this.#breaker.admit();
      // A listener may have reset it, or have called one.
      if (this.retryAfter > 0) throw this.#crashLoop(this.retryAfter);
      const made = this.#current ?? this.#making;
      if (made !== undefined) return made;
    }
    if (this.#lostAt !== undefined) this.#breaker.restarted();
    const ready = this.#standby.shift();
    if (ready !== undefined) return this.#serve(ready);
    let value: T | Promise<T>;
    const began = clock.now();
    try {
      value = create();
    } catch (error) {
      throw this.#notMade(error, began);
    }
    if (!(value instanceof Promise)) return this.#serve(value);
    const making = this.#whenMade(value, began);
    this.#making = making;
    // Who waits for it is told; nobody has to.
    making.catch(() => {});
    return making;
  }

  #whenMade(value: Promise<T>, began: number): Promise<HeldValue<T>> {
    const epoch = this.#epoch;
    return new Promise((resolve, reject) => {
      this.#abandon = () => {
        const why = `${this.#around.name} was reset, evicted or disposed of while it was made. This call did nothing.`;
        reject(new ReviveError('REVIVE_INSTANCE_LOST', why, { retryable: true }));
      };
      value.then(
        (made) => {
          if (epoch === this.#epoch) resolve(this.#serve(made));
          else this.#around.dispose(made, this.#endedFor);
        },
        (error: unknown) => {
          // One that nobody waits for any more says nothing about those that are made now.
          if (epoch !== this.#epoch) return;
          this.#making = undefined;
          reject(this.#notMade(error, began));
        },
      );
    });
  }

  #notMade(error: unknown, began: number): ReviveError {
    this.#lastError = error;
    this.#lostAt ??= began;
    this.#breaker.failed(true);
    return new ReviveError('REVIVE_NO_INSTANCE', `${this.#around.name} could not be made. The next call tries again.`, {
      cause: error,
      retryable: true,
    });
  }

  #serve(value: T): HeldValue<T> {
    const { clock, emitter, where, counts } = this.#around;
    const now = clock.now();
    this.#making = undefined;
    const held = new HeldValue(value, ++this.#generation, now, this.#held);
    this.#current = held;
    const { generation } = held;
    const [lostAt, recycled] = [this.#lostAt, this.#recycled];
    this.#lostAt = this.#recycled = undefined;
    this.#fill();
    if (lostAt !== undefined && generation > 1) {
      counts.recoveries++;
      emitter.emit('recovered', { generation, ms: now - lostAt, ...where });
    } else if (recycled !== undefined) emitter.emit('recycled', { ...recycled, generation, ...where });
    return held;
  }

  /** Makes some ahead of need, off any call's path. */
  #fill(): void {
    const { standby = 0 } = this.#around.options;
    if (this.#isFilling || this.#standby.length >= standby) return;
    this.#isFilling = true;
    const epoch = this.#epoch;
    inMicrotask(() => void this.#fillOne(epoch));
  }

  async #fillOne(epoch: number): Promise<void> {
    const { create, dispose } = this.#around;
    try {
      const value = await create();
      if (epoch !== this.#epoch) {
        dispose(value, this.#endedFor);
        return;
      }
      this.#standby.push(value);
      this.#isFilling = false;
      this.#fill();
    } catch {
      // The call that needs one makes it by itself, and gets the error.
      if (epoch === this.#epoch) this.#isFilling = false;
    }
  }

  #served(held: HeldValue<T>): void {
    this.#breaker.succeeded();
    this.#recycleIfDue(held, false);
  }

  #lost(held: HeldValue<T>, error: unknown, callsLost: number): void {
    const { clock, counts, emitter, where } = this.#around;
    const { generation } = held;
    this.#leaving.delete(held);
    this.#lastError = error;
    counts.failures++;
    emitter.together(() => {
      emitter.emit('failure', { error, generation, callsLost, ...where });
      if (held !== this.#current) return;
      this.#current = undefined;
      this.#lostAt = clock.now();
      this.#breaker.failed();
    });
  }

  /** @param isIdle before a call: only time has passed since the last one */
  #recycleIfDue(held: HeldValue<T>, isIdle: boolean): void {
    const { uses = Number.POSITIVE_INFINITY, ageMs = Number.POSITIVE_INFINITY, when } = this.#around.options.recycle ?? {};
    if (held !== this.#current) return;
    const isOld = this.#around.clock.now() - held.madeAt >= ageMs;
    const reason = isOld ? 'age' : isIdle ? undefined : held.uses >= uses ? 'uses' : saysSo(when, held.value) ? 'when' : undefined;
    if (reason === undefined) return;
    this.#recycled = { reason, from: held.generation };
    void this.#leave('recycled', this.#around.options.drainMs ?? DRAIN_MS);
  }

  /** New calls go to another one; those in flight have time to finish. Resolves when it has ended. */
  #leave(reason: DisposeReason, drainMs: number): Promise<void> {
    const held = this.#current;
    if (held === undefined) return Promise.resolve();
    this.#current = undefined;
    this.#leaving.add(held);
    return this.#endWhenIdle(held, reason, drainMs);
  }

  #endWhenIdle(held: HeldValue<T>, reason: DisposeReason, drainMs: number): Promise<void> {
    return new Promise((resolve) => {
      let stopTimer = (): void => {};
      const end = (): void => {
        stopTimer();
        held.end(reason, undefined);
        this.#leaving.delete(held);
        resolve();
      };
      held.whenIdle(end);
      if (!held.isGone && Number.isFinite(drainMs)) stopTimer = this.#around.clock.later(end, drainMs);
    });
  }

  /** Ends all that there is. With time for calls in flight, and for those that wait for a value, or at once. */
  async endAll(reason: DisposeReason, drainMs = 0): Promise<void> {
    if (drainMs > 0 && this.#making !== undefined) {
      const epoch = this.#epoch;
      const due = this.#around.clock.now() + drainMs;
      await this.#madeWithin(this.#making, drainMs);
      if (epoch === this.#epoch) await this.endAll(reason, Math.max(due - this.#around.clock.now(), 0));
      // All was ended meanwhile, and what serves now was made for calls that came after that.
      else await Promise.all([...this.#leaving].map((held) => new Promise<void>((resolve) => held.whenIdle(resolve))));
      return;
    }
    this.#epoch++;
    this.#endedFor = reason;
    this.#abandon();
    this.#making = undefined;
    this.#isFilling = false;
    for (const value of this.#standby.splice(0)) this.#around.dispose(value, reason);
    if (drainMs > 0) {
      const leaving = [...this.#leaving].map((held) => this.#endWhenIdle(held, reason, drainMs));
      await Promise.all([this.#leave(reason, drainMs), ...leaving]);
      return;
    }
    const all = this.values;
    this.#current = undefined;
    this.#leaving.clear();
    for (const held of all) held.end(reason, undefined);
  }

  #madeWithin(making: Promise<unknown>, ms: number): Promise<void> {
    return new Promise((resolve) => {
      making.then(
        () => resolve(),
        () => resolve(),
      );
      if (Number.isFinite(ms)) this.#around.clock.later(resolve, ms);
    });
  }

  /** Forgets all failures. */
  forgive(): void {
    this.#lastError = this.#lostAt = undefined;
    this.#breaker.forgive();
  }

  #crashLoop(wait: number): ReviveError {
    return crashLoopError(
      this.#around.name,
      wait,
      this.#lastError,
      'It is not tried again by itself: call reset() after the reason is gone.',
    );
  }

  #breakerChanged(): void {
    const { emitter, where } = this.#around;
    const { state, attempt, retryAfter } = this.#breaker;
    switch (state) {
      case 'open':
        emitter.emit('opened', { error: this.#crashLoop(retryAfter), retryAfter, attempt, ...where });
        break;
      case 'half-open':
        emitter.emit('probing', { attempt, ...where });
        break;
      case 'closed':
        emitter.emit('closed', where);
    }
  }
}

function saysSo<T>(when: ((value: T) => boolean) | undefined, value: T): boolean {
  let says = false;
  if (when !== undefined) {
    tell('recycle.when', () => {
      says = when(value);
    });
  }
  return says;
}

import { type Api, type Live, ReviveError, spaceOf, staleHandleError } from '@wasm-revive/kernel';
import { LONGEST_TIMER } from '../clock.js';
import type { ReviveOptions } from '../control.js';
import type { DrainOptions } from '../leaving/closing.js';
import { checkDrainOptions } from '../options.js';
import type { Shared } from '../place/place.js';
import { NOBODY, Sibling, type SiblingSurroundings } from './sibling.js';

/** What {@link ReviveOptions.maxInstances} is by default. */
const MOST = 64;

/** How many are found fast: a power of two. What is kept of one that is gone is an empty {@link Live}. */
const RECENT = 64;

/** No pointer is in it. */
const NOWHERE: Live = { raw: NOBODY, base: 0 };

/** What {@link Siblings} need of those around them. */
export interface Surroundings extends Pick<SiblingSurroundings, 'isReady' | 'notReady' | 'asks' | 'api'> {
  /** Whether an idle instance may be evicted. */
  maySpare(sibling: Sibling): boolean;
}

/** Who somebody else may hold, and may not. */
interface Held {
  deref(): Sibling | undefined;
}

/** What is left of one that is garbage. */
interface Kept {
  readonly held: Held;
  /** Its key, where that is no object. */
  readonly text: unknown;
}

/** The instances of a module beside the one that its own exports lead to, by keys of the program's. */
export class Siblings {
  readonly #shared: Shared;
  readonly #surroundings: Surroundings;
  /** Those that somebody holds: who has none gets another one for the same key. */
  readonly #byText = new Map<unknown, Held>();
  readonly #byObject = new WeakMap<object, Held>();
  /** All of them. */
  readonly #held = new Set<Held>();
  readonly #collected =
    typeof FinalizationRegistry === 'function' ? new FinalizationRegistry<Kept>((kept) => this.#forget(kept)) : undefined;
  /** Those that have an instance, or had one when somebody looked: nobody else holds them. */
  readonly #seated = new Set<Sibling>();
  /** Those of a pool, which bounds them by itself. */
  readonly #members = new WeakSet<Sibling>();
  #max = MOST;
  #idleMs = Number.POSITIVE_INFINITY;
  /** The timer that sweeps next, if it ever comes: in Workers there are none outside of requests. */
  #timer: { readonly due: number } | undefined;
  /** Of the sibling whose handle was used last. */
  #last: Live = NOWHERE;
  /** Of those before, by the last digits of their spaces. */
  readonly #recent: Live[] = new Array<Live>(RECENT).fill(NOWHERE);

  constructor(shared: Shared, surroundings: Surroundings) {
    this.#shared = shared;
    this.#surroundings = surroundings;
    this.configure(shared.settings.options);
  }

  configure({ maxInstances = MOST, idleMs = Number.POSITIVE_INFINITY }: ReviveOptions): void {
    this.#max = maxInstances;
    if (idleMs !== this.#idleMs) this.#timer = undefined;
    this.#idleMs = idleMs;
    this.#sweepLater();
  }

  /** Those that somebody holds. */
  places(): Sibling[] {
    const held = [...this.#held].map((one) => one.deref()).filter((one) => one !== undefined);
    return [...new Set([...this.#seated, ...held])];
  }

  /** See `Revive.instance`. */
  instance(key: unknown): object {
    const { siblings: facade, name } = this.#shared.module.description;
    if (facade !== undefined) return this.sibling(key).exportsBy(facade);
    throw new TypeError(`wasm-revive: ${name} was not transformed, so that there is nothing to give another instance's exports.`);
  }

  /** Who serves a key. */
  sibling(key: unknown): Sibling {
    const found = this.#find(key);
    if (found !== undefined) return found;
    const sibling: Sibling = this.#make(key, () => this.seat(sibling, this.#max));
    this.#hold(key, sibling);
    return sibling;
  }

  /** One without a key, for a pool. */
  member(name: string): Sibling {
    const sibling: Sibling = this.#make(name, () => this.#take(sibling));
    this.#members.add(sibling);
    return sibling;
  }

  #make(key: unknown, seat: () => void): Sibling {
    const sibling: Sibling = new Sibling(this.#shared, key, { ...this.#surroundings, seat, left: () => this.#seated.delete(sibling) });
    return sibling;
  }

  /** Those that have an instance, or had one when somebody looked. */
  get seated(): ReadonlySet<Sibling> {
    return this.#seated;
  }

  #find(key: unknown): Sibling | undefined {
    return (isObject(key) ? this.#byObject.get(key) : this.#byText.get(key))?.deref();
  }

  #hold(key: unknown, sibling: Sibling): void {
    const held: Held = typeof WeakRef === 'function' ? new WeakRef(sibling) : { deref: () => sibling };
    this.#held.add(held);
    const isByObject = isObject(key);
    if (isByObject) this.#byObject.set(key, held);
    else this.#byText.set(key, held);
    // Not the object: that is to go, too.
    this.#collected?.register(sibling, { held, text: isByObject ? undefined : key });
  }

  #forget({ held, text }: Kept): void {
    this.#held.delete(held);
    if (this.#byText.get(text) === held) this.#byText.delete(text);
  }

  /** See `Revive.evict`. */
  evict(key: unknown): boolean {
    const sibling = this.#find(key);
    return sibling !== undefined && this.end(sibling, `The program has evicted ${sibling.name}.`);
  }

  /** The same, but calls in flight have time to finish. */
  async drain(key: unknown, options: DrainOptions): Promise<boolean> {
    checkDrainOptions(options);
    const { drainMs = this.#shared.closing.drainMs } = options;
    const sibling = this.#find(key);
    if (sibling === undefined) return false;
    const { isUsed, generation } = sibling.slot;
    // The fresh instance may be called at once.
    sibling.persisted.forget(generation);
    await sibling.leaveForGood(`The program has evicted ${sibling.name}.`, drainMs);
    return isUsed;
  }

  /** Nobody needs its instance any more, until somebody calls. Says whether there was one. */
  end(sibling: Sibling, reason: string): boolean {
    const had = sibling.slot.evict(reason);
    sibling.persisted.forget(sibling.slot.generation);
    this.#seated.delete(sibling);
    return had;
  }

  /** The same, but what it has persisted stays for the next one. */
  giveUp(sibling: Sibling, reason: string): void {
    sibling.slot.evict(reason);
    this.#seated.delete(sibling);
  }

  /** Somebody calls it: there is to be an instance of it from now on. @param most how many there may be that have a key */
  seat(sibling: Sibling, most: number): void {
    if (this.#seated.has(sibling)) return;
    if (this.#keyed >= most) this.#sweep();
    const keyed = this.#keyed;
    if (keyed >= most) {
      throw new ReviveError(
        'REVIVE_TOO_MANY_INSTANCES',
        `${this.#shared.module.description.name} has ${keyed} keyed instances, which is as many as there may be, so that ${sibling.name} was ` +
          'not made. This call did nothing. Evict one that is not needed any more (`__revive.evict(key)`), have idle ones evicted ' +
          '(`__revive.configure({ idleMs })`), or allow more (`maxInstances`, or `max` of a pool).',
        { retryable: true },
      );
    }
    this.#take(sibling);
  }

  #take(sibling: Sibling): void {
    if (this.#seated.has(sibling)) return;
    this.#seated.add(sibling);
    this.#sweepLater();
  }

  get #keyed(): number {
    let count = 0;
    for (const sibling of this.#seated) if (!this.#members.has(sibling)) count++;
    return count;
  }

  /** The functions for a handle of a sibling, by its pointer. Throws `REVIVE_STALE_HANDLE`. */
  owner(pointer: number, what: string): Api {
    // Note: V8 inlines this much, and no more, without a cost for the handles of the default instance (measured: 0.8 ns a call).
    const { raw, base } = this.#last;
    if (raw.api !== undefined && pointer >= base && pointer < base + 2 ** 32) return raw.api;
    return this.#otherOwner(pointer, what);
  }

  /** The same, of another one than the last. To look each up would take a call three times as long. */
  #otherOwner(pointer: number, what: string): Api {
    const space = spaceOf(pointer) ?? 0;
    const live = this.#recentlyAt(space, pointer);
    if (live.raw.api !== undefined) {
      this.#last = live;
      return live.raw.api;
    }
    const sibling = this.#at(space);
    const instance = sibling?.holder(space, what);
    if (sibling === undefined || instance === undefined) throw staleHandleError(what, space, undefined);
    if (instance === sibling.slot.current) this.#recent[space & (RECENT - 1)] = this.#last = sibling.live;
    return instance.scope.api;
  }

  /** Whether what a handle of a sibling points to is gone. */
  isGone(pointer: number): boolean {
    const space = spaceOf(pointer) ?? 0;
    if (this.#recentlyAt(space, pointer).raw.api !== undefined) return false;
    return this.#at(space)?.slot.has(space) !== true;
  }

  #recentlyAt(space: number, pointer: number): Live {
    const live = this.#recent[space & (RECENT - 1)] as Live;
    return pointer >= live.base && pointer < live.base + 2 ** 32 ? live : NOWHERE;
  }

  #at(space: number): Sibling | undefined {
    return this.#shared.module.owners.get(space) as Sibling | undefined;
  }

  #sweepLater(): void {
    if (this.#idleMs === Number.POSITIVE_INFINITY || this.#seated.size === 0) return;
    const pause = Math.min(this.#idleMs / 2, LONGEST_TIMER);
    const time = this.#shared.clock.now();
    if (this.#timer !== undefined && time < this.#timer.due + pause) return;
    const timer = { due: time + pause };
    this.#timer = timer;
    this.#shared.clock.later(() => {
      if (timer !== this.#timer) return;
      this.#timer = undefined;
      this.#sweep();
      this.#sweepLater();
    }, pause);
  }

  /** Takes the seats of those that have no instance any more, and of idle ones. */
  #sweep(): void {
    for (const sibling of this.#seated) {
      if (!sibling.slot.isUsed) this.#seated.delete(sibling);
      else if (sibling.isIdle(this.#idleMs) && this.#surroundings.maySpare(sibling))
        this.end(sibling, `${sibling.name} was idle for ${this.#idleMs} ms, and was evicted.`);
    }
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

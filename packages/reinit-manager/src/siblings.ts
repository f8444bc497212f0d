import { type Api, type Live, ReviveError, spaceOf, staleHandleError } from '@wasm-revive/kernel';
import type { ReviveOptions } from './control.js';
import type { Place, Shared } from './place.js';
import { later } from './recovery-schedule.js';
import { NOBODY, Sibling, type SiblingSurroundings } from './sibling.js';

/** What {@link ReviveOptions.maxInstances} is by default. */
const MOST = 64;

/** What a timer waits for at most, in milliseconds: past it, engines take it for none. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** How many are found fast: a power of two. What is kept of one that is gone is an empty {@link Live}. */
const RECENT = 64;

/** No pointer is in it. */
const NOWHERE: Live = { raw: NOBODY, base: 0 };

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
  readonly #surroundings: Pick<SiblingSurroundings, 'isReady' | 'notReady'>;
  /** Those that somebody holds: who has none gets another one for the same key. */
  readonly #byText = new Map<unknown, Held>();
  readonly #byObject = new WeakMap<object, Held>();
  /** All of them. */
  readonly #held = new Set<Held>();
  readonly #collected =
    typeof FinalizationRegistry === 'function' ? new FinalizationRegistry<Kept>((kept) => this.#forget(kept)) : undefined;
  /** Those that have an instance, or had one when somebody looked: nobody else holds them. */
  readonly #seated = new Set<Sibling>();
  #max = MOST;
  #idleMs = Number.POSITIVE_INFINITY;
  /** The timer that sweeps next, if it ever comes: in Workers there are none outside of requests. */
  #timer: { readonly due: number } | undefined;
  /** Of the sibling whose handle was used last. */
  #last: Live = NOWHERE;
  /** Of those before, by the last digits of their spaces. */
  readonly #recent: Live[] = new Array<Live>(RECENT).fill(NOWHERE);

  constructor(shared: Shared, surroundings: Pick<SiblingSurroundings, 'isReady' | 'notReady'>) {
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
  places(): Place[] {
    const held = [...this.#held].map((one) => one.deref()).filter((one) => one !== undefined);
    return [...new Set([...this.#seated, ...held])];
  }

  /** See `Revive.instance`. */
  instance(key: unknown): object {
    const found = this.#find(key);
    if (found !== undefined) return found.exports;
    const { siblings: facade, name } = this.#shared.module.description;
    if (facade === undefined) {
      throw new TypeError(`wasm-revive: ${name} was not transformed, so that there is nothing to give another instance's exports.`);
    }
    const sibling: Sibling = new Sibling(this.#shared, facade, key, {
      ...this.#surroundings,
      seat: () => this.#seat(sibling),
    });
    this.#hold(key, sibling);
    return sibling.exports;
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
    return sibling !== undefined && this.#evict(sibling, `The program has evicted ${sibling.name}.`);
  }

  #evict(sibling: Sibling, reason: string): boolean {
    const had = sibling.slot.evict(reason);
    this.#seated.delete(sibling);
    return had;
  }

  /** Somebody calls it: there is to be an instance of it from now on. */
  #seat(sibling: Sibling): void {
    if (this.#seated.has(sibling)) return;
    if (this.#seated.size >= this.#max) this.#sweep();
    if (this.#seated.size >= this.#max) {
      throw new ReviveError(
        'REVIVE_TOO_MANY_INSTANCES',
        `${this.#shared.module.description.name} has ${this.#seated.size} keyed instances, which is as many as there may be, so that ${sibling.name} was ` +
          'not made. This call did nothing. Evict one that is not needed any more (`__revive.evict(key)`), have idle ones evicted ' +
          '(`__revive.configure({ idleMs })`), or allow more (`maxInstances`).',
        { retryable: true },
      );
    }
    this.#seated.add(sibling);
    this.#sweepLater();
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
    if (sibling?.slot.current?.space === space) {
      const instance = sibling.serving();
      this.#recent[space & (RECENT - 1)] = this.#last = sibling.live;
      if (instance.space === space) return instance.scope.api;
    }
    throw staleHandleError(what, space, undefined);
  }

  /** Whether what a handle of a sibling points to is gone. */
  isGone(pointer: number): boolean {
    const space = spaceOf(pointer) ?? 0;
    if (this.#recentlyAt(space, pointer).raw.api !== undefined) return false;
    const current = this.#at(space)?.slot.current;
    return current?.space !== space || !current.isWell();
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
    const time = performance.now();
    if (this.#timer !== undefined && time < this.#timer.due + pause) return;
    const timer = { due: time + pause };
    this.#timer = timer;
    later(() => {
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
      else if (sibling.isIdle(this.#idleMs)) this.#evict(sibling, `${sibling.name} was idle for ${this.#idleMs} ms, and was evicted.`);
    }
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

import { type Api, type Instance, type Live, ReviveError, type SiblingFacade, spaceOf, staleHandleError } from '@wasm-revive/kernel';
import type { ReviveOptions } from './control.js';
import { Place, type Shared } from './place.js';
import { later } from './recovery-schedule.js';
import { siblingExports } from './sibling-exports.js';

/** What {@link ReviveOptions.maxInstances} is by default. */
const MOST = 64;

/** In place of what binds a scope while nobody serves. Note: with the same fields in the same order as that, so that V8 sees one shape. */
const NOBODY: Live['raw'] = { state: undefined, api: undefined, binding: undefined } as never;

/** How many are found fast: a power of two. What is kept of one that is gone is an empty {@link Live}. */
const RECENT = 64;

/** No pointer is in it. */
const NOWHERE: Live = { raw: NOBODY, base: 0 };

/** What {@link Siblings} need of the module. */
interface Surroundings {
  /** Whether the module has been initialised. */
  isReady(): boolean;
  /** The error of a call that comes before that. */
  notReady(): ReviveError;
}

/** The instances of a module beside the one that its own exports lead to, by keys of the program's. */
export class Siblings {
  readonly #shared: Shared;
  readonly #surroundings: Surroundings;
  /** Those that somebody holds: who has none gets another one for the same key. */
  readonly #byKey = new Map<unknown, { deref(): Sibling | undefined }>();
  readonly #collected = typeof FinalizationRegistry === 'function' ? new FinalizationRegistry((key) => this.#forget(key)) : undefined;
  /** Those that have an instance, or are about to. */
  readonly #live = new Set<Sibling>();
  /** How many instances have been made for them. */
  #made = 0;
  #max = MOST;
  #idleMs = Number.POSITIVE_INFINITY;
  #isSweeping = false;
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
    this.#idleMs = idleMs;
    this.#sweepLater();
  }

  /** Those that have an instance. */
  places(): Place[] {
    return [...this.#live];
  }

  /** See `Revive.instance`. */
  instance(key: unknown): object {
    const found = this.#byKey.get(key)?.deref();
    if (found !== undefined) return found.exports;
    const { siblings: facade, name } = this.#shared.module.description;
    if (facade === undefined) {
      throw new TypeError(`wasm-revive: ${name} was not transformed, so that there is nothing to give another instance's exports.`);
    }
    const sibling: Sibling = new Sibling(this.#shared, facade, key, {
      space: () => -++this.#made,
      ...this.#surroundings,
      admit: () => this.#admit(sibling),
    });
    this.#byKey.set(key, typeof WeakRef === 'function' ? new WeakRef(sibling) : { deref: () => sibling });
    this.#collected?.register(sibling, key);
    return sibling.exports;
  }

  #forget(key: unknown): void {
    if (this.#byKey.get(key)?.deref() === undefined) this.#byKey.delete(key);
  }

  /** See `Revive.evict`. */
  evict(key: unknown): boolean {
    const sibling = this.#byKey.get(key)?.deref();
    if (sibling === undefined || !this.#live.delete(sibling)) return false;
    sibling.slot.evict(`The program has evicted ${sibling.name}.`);
    return true;
  }

  /** Somebody calls it: there is to be an instance of it from now on. */
  #admit(sibling: Sibling): void {
    if (this.#live.has(sibling)) return;
    if (this.#live.size >= this.#max) this.#sweep();
    if (this.#live.size >= this.#max) {
      throw new ReviveError(
        'REVIVE_TOO_MANY_INSTANCES',
        `${this.#shared.module.description.name} has ${this.#live.size} keyed instances, which is as many as there may be, so that ${sibling.name} was ` +
          'not made. This call did nothing. Evict one that is not needed any more (`__revive.evict(key)`), have idle ones evicted ' +
          '(`__revive.configure({ idleMs })`), or allow more (`maxInstances`).',
        { retryable: true },
      );
    }
    this.#live.add(sibling);
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
    if (this.#isSweeping || this.#idleMs === Number.POSITIVE_INFINITY || this.#live.size === 0) return;
    this.#isSweeping = true;
    later(() => {
      this.#isSweeping = false;
      this.#sweep();
      this.#sweepLater();
    }, this.#idleMs / 2);
  }

  #sweep(): void {
    for (const sibling of this.#live) {
      if (!sibling.isIdle(this.#idleMs)) continue;
      this.#live.delete(sibling);
      sibling.slot.evict(`${sibling.name} was idle for ${this.#idleMs} ms, and was evicted.`);
    }
  }
}

/** What a {@link Sibling} needs of those around it. */
interface SiblingSurroundings extends Surroundings {
  space(): number;
  /** Somebody calls it. Throws `REVIVE_TOO_MANY_INSTANCES`. */
  admit(): void;
}

/** Where the instances of a key serve. */
class Sibling extends Place {
  /** Where the façade's functions for it go. */
  readonly live: Live;
  readonly exports: object;
  readonly #admit: () => void;
  /** Whether it was called since somebody looked whether it is idle; that empties {@link live}, so that the next call is known. */
  #wasCalled = true;
  #idleSince = 0;

  constructor(shared: Shared, facade: SiblingFacade, key: unknown, { space, isReady, notReady, admit }: SiblingSurroundings) {
    const live: Live = { raw: NOBODY, base: 0 };
    super(shared, {
      name: `instance ${typeof key === 'string' ? JSON.stringify(key) : String(key)}`,
      key: String(key),
      space,
      sendTo(instance) {
        live.raw = instance?.scope.raw ?? NOBODY;
        live.base = instance?.base ?? 0;
      },
      claim: () => false,
      isReady,
      notReady,
    });
    this.live = live;
    this.#admit = admit;
    const application = { control: { reset: () => this.slot.reset() }, wake: () => this.serving().scope.api };
    this.exports = siblingExports(facade, facade.exportsFor(live, application));
  }

  /** The instance that serves, for somebody who calls it. */
  serving(): Instance {
    this.#admit();
    this.#wasCalled = true;
    return this.slot.instance();
  }

  /** Whether nobody has called it for so long, and it owes nothing. To be asked again and again. */
  isIdle(ms: number): boolean {
    const { current } = this.slot;
    const now = performance.now();
    if (this.#wasCalled || (current !== undefined && (current.callsInFlight > 0 || !current.scope.isQuiescent()))) {
      this.#wasCalled = false;
      this.#idleSince = now;
      if (current !== undefined) this.slot.suspect(current);
      return false;
    }
    return now - this.#idleSince >= ms;
  }
}

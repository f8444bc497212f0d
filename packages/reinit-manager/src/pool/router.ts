import { type Api, type Instance, inMicrotask, type Owner, type Raw, spaceOf } from '@wasm-revive/kernel';
import type { ReviveOptions } from '../control.js';
import type { Public } from '../left-out.js';
import type { Place, Shared } from '../place/place.js';
import { Sibling } from '../siblings/sibling.js';
import type { Siblings } from '../siblings/siblings.js';
import { type Call, type CallSite, Calls } from './calls.js';
import { DirectRouter } from './direct-router.js';
import { pointerOf } from './handles.js';
import { ALONE, type PoolPlan, planOf } from './pool.js';
import { type Choose, givenTo, repeatBy, routeBy, routeByOwner } from './routes.js';
import { Seat } from './seat.js';

/** The same, until there is a pool, or calls are run again. Then the façade goes to functions that choose an instance for each call. */
export class Router extends DirectRouter {
  readonly #siblings: Public<Siblings>;
  readonly #default: Seat;
  /** Those of a pool, the default instance's first. With keys, only that. */
  readonly #seats: Seat[];
  readonly #seatOf = new WeakMap<Owner, Seat>();
  /** Those that were called last, to be found fast. */
  readonly #keyed = new Map<unknown, Seat>();
  #plan: PoolPlan = ALONE;
  readonly #calls: () => Calls;
  /** What the façade goes to in place of a scope's functions, if it does. */
  #routing: Raw | undefined;
  /** Whether the first instance is awaited, so that others can be made ahead. */
  #isWaiting = false;
  /** Of siblings, for the functions of their scopes. */
  #apis = new WeakMap<Api, Api>();

  constructor(shared: Shared, place: Place, siblings: Public<Siblings>, calls: () => Calls) {
    super(shared, place);
    this.#siblings = siblings;
    this.#calls = calls;
    this.#default = new Seat(place, this.live, () => place.slot.instance());
    this.#seats = [this.#default];
    this.#seatOf.set(place, this.#default);
    this.configure(shared.settings.options);
  }

  protected override tell(): void {
    if (this.#routing === undefined) super.tell();
  }

  override started(): void {
    if (this.#isWaiting) this.#makeAhead();
  }

  override configure(changes: ReviveOptions): void {
    if (!('pool' in changes || 'retry' in changes)) return;
    const { pool, retry } = this.shared.settings.options;
    this.#plan = planOf(pool);
    const surplus = this.#seats.splice(this.#plan.route === undefined ? this.#plan.max : 1);
    const wasRouting = this.#routing !== undefined;
    this.#routing = pool === undefined && retry === undefined ? undefined : this.#facade();
    if (this.#routing !== undefined) this.shared.module.description.onCurrent(this.#routing, Number.POSITIVE_INFINITY);
    else if (wasRouting) this.tell();
    for (const { place } of surplus) {
      this.#seatOf.delete(place);
      this.#siblings.end(place as Sibling, 'Its pool was made smaller.');
    }
    if ('retry' in changes) {
      this.#apis = new WeakMap();
      for (const sibling of this.#siblings.places()) sibling.ask();
    }
    this.#makeAhead();
  }

  override get repeats(): boolean {
    return this.shared.settings.options.retry !== undefined;
  }

  override apiOf(sibling: Sibling, { scope }: Instance): Api {
    if (!this.repeats) return scope.api;
    const known = this.#apis.get(scope.api);
    if (known !== undefined) return known;
    const seat = this.#seatAt(sibling);
    const calls = Calls.of(scope.api);
    const api = this.#routes(
      () => seat,
      (_, index) => calls[index] as Call,
    );
    this.#apis.set(scope.api, api);
    return api;
  }

  override places(): Place[] {
    return this.#seats.slice(1).map(({ place }) => place);
  }

  override get callsInFlight(): number {
    const keyed = this.#plan.route === undefined ? [] : [...this.#siblings.seated];
    const all = [...this.#seats.map(({ current }) => current), ...keyed.map(({ slot }) => slot.current)];
    return all.reduce((sum, instance) => sum + (instance?.callsInFlight ?? 0), 0);
  }

  override reset(): void {
    for (const { place } of this.#seats.slice(1)) this.#siblings.end(place as Sibling, 'The module was reset.');
    this.#makeAhead();
  }

  /** Of a pool, `min` are kept. */
  override maySpare(sibling: Sibling): boolean {
    if (!this.#seats.some(({ place }) => place === sibling)) return true;
    return this.#seats.filter(({ current }) => current !== undefined).length > this.#plan.min;
  }

  /** Makes those that a pool has at least, off anybody's call. */
  #makeAhead(): void {
    this.#isWaiting = this.#default.place.slot.generation === 0;
    if (this.#isWaiting || this.#plan.min < 2) return;
    inMicrotask(() => {
      for (let n = 1; n < this.#plan.min; n++) ((this.#seats[n] ?? this.#add()).place as Sibling).makeAhead();
    });
  }

  #add(): Seat {
    const sibling = this.#siblings.member(`pool ${this.#seats.length + 1}`);
    const seat = this.#seatAt(sibling);
    this.#seats.push(seat);
    return seat;
  }

  #seatAt(sibling: Sibling): Seat {
    let seat = this.#seatOf.get(sibling);
    if (seat === undefined) {
      seat = new Seat(sibling, sibling.live, () => sibling.serving());
      this.#seatOf.set(sibling, seat);
    }
    return seat;
  }

  /**
   * Functions in place of a scope's.
   * @param choose chooses for those that are run again
   * @param route makes all others
   */
  #routes(choose: Choose, route: (site: CallSite, index: number) => Call): Api {
    const { emitter, settings } = this.shared;
    const { idempotent, attempts = 1 } = settings.options.retry ?? {};
    return this.#calls().replaced((site, index) =>
      idempotent?.includes(site.name) && site.kind !== 'method' ? repeatBy(choose, site, index, attempts, emitter) : route(site, index),
    );
  }

  /** What the façade goes to. With the same fields in the same order as a scope's, so that V8 sees one shape. */
  #facade(): Raw {
    const choose: Choose = (site, args) => this.#choose(site, args);
    const owners = { ownerOf: (value: unknown) => this.#ownerOf(value), free: () => this.#nested() ?? this.#leastInFlight() };
    const isKeyed = this.#plan.route !== undefined;
    const api = this.#routes(choose, (site, index) => {
      const any = routeBy(choose, site, index);
      return isKeyed ? any : routeByOwner(owners, any, index);
    });
    return { state: undefined, api, binding: undefined } as never;
  }

  #choose(site: CallSite, args: readonly unknown[]): Seat {
    for (const arg of args) {
      const owner = this.#ownerOf(arg);
      if (owner !== undefined) return owner;
    }
    const { route } = this.#plan;
    return this.#nested() ?? (route === undefined ? this.#leastInFlight() : this.#ofKey(route(site.name, givenTo(site, args))));
  }

  /** Where a handle lives, or the first of an array of handles. Of what doesn't live any more, nothing is said here. */
  #ownerOf(value: unknown): Seat | undefined {
    const space = spaceOf(pointerOf(value));
    if (space === undefined) return undefined;
    const owner = this.shared.module.owners.get(space);
    if (owner === undefined) return undefined;
    const seat = this.#seatOf.get(owner);
    if (this.#plan.route !== undefined) return seat ?? (owner instanceof Sibling ? this.#seatAt(owner) : undefined);
    // A key's may have a seat for another reason.
    return seat !== undefined && this.#seats.includes(seat) ? seat : undefined;
  }

  /** The one of which frames are on the stack, whose import has called. */
  #nested(): Seat | undefined {
    for (const seat of this.#seats) if (isEntered(seat.current)) return seat;
    if (this.#plan.route === undefined) return undefined;
    for (const sibling of this.#siblings.seated) if (isEntered(sibling.slot.current)) return this.#seatAt(sibling);
    return undefined;
  }

  #ofKey(key: unknown): Seat {
    if (key === undefined) return this.#default;
    const known = this.#keyed.get(key);
    if (known?.live.raw.api !== undefined) return known;
    const sibling = this.#siblings.sibling(key);
    this.#siblings.seat(sibling, this.#plan.max - 1);
    const seat = this.#seatAt(sibling);
    // Who owns an object may want it to be garbage.
    if (typeof key === 'object' || typeof key === 'function') return seat;
    for (const [other, { live }] of this.#keyed) if (live.raw.api === undefined) this.#keyed.delete(other);
    this.#keyed.set(key, seat);
    return seat;
  }

  #leastInFlight(): Seat {
    const seats = this.#seats;
    let hasRoom = seats.length < this.#plan.max;
    let best: Seat | undefined;
    let least = 0;
    for (let n = 0; n < seats.length; n++) {
      const seat = seats[n] as Seat;
      const { current } = seat;
      if (current === undefined) {
        hasRoom = true;
        continue;
      }
      const calls = current.callsInFlight;
      if (calls === 0) return seat;
      if (best !== undefined && calls >= least) continue;
      best = seat;
      least = calls;
    }
    return (hasRoom ? this.#another() : undefined) ?? best ?? this.#default;
  }

  /** One that has no instance yet, or none any more, where one may be made now. */
  #another(): Seat | undefined {
    if (this.#default.place.slot.generation === 0) return undefined;
    for (let n = 0; n < this.#plan.max; n++) {
      const seat = this.#seats[n] ?? this.#add();
      if (seat.current !== undefined || seat.place.slot.state === 'retired') continue;
      // Not by a call, which would count twice. Where none can be made, whoever serves takes the call, or the default instance says why.
      if (seat === this.#default) seat.place.slot.recoverQuietly();
      else (seat.place as Sibling).makeAhead();
      if (seat.current !== undefined) return seat;
    }
    return undefined;
  }
}

/** Whether an import of it is running, so that frames of it are on the stack. */
function isEntered(instance: Instance | undefined): boolean {
  return instance !== undefined && (instance.scope.raw.state as { readonly imports: number }).imports > 0;
}

/** What `crates/fixtures` exports, as far as the runner uses it; whatever was done to it after wasm-bindgen. */
export interface Fixtures {
  // state
  starts(): number;
  bump(): number;
  count(): number;
  bump_static(): number;
  hold(name: string, value: unknown): void;
  held(name: string): unknown;
  held_adder(): (n: number) => number | undefined;
  remember(key: string, value: string): void;
  recall(key: string): string | undefined;
  notes(): number;
  fail_holding_notes(kind: string): void;
  memory_pages(): number;
  // values
  add(a: number, b: number): number;
  echo(text: string): string;
  points(count: number): Point[];
  sum_points(points: Point[]): number;
  length_by_pointer(point: Point): number;
  maybe_point(point?: Point): Point | undefined;
  same(value: unknown): unknown;
  // ways to fail
  fail(kind: string): void;
  fail_as(way: string): void;
  ways_to_fail(): string[];
  fail_first_poll(kind: string): Promise<void>;
  fail_later_poll(kind: string, promise: Promise<unknown>): Promise<void>;
  spawn_fail(kind: string, promise: Promise<unknown>): void;
  failing_closure(): (kind: string) => number;
  failing_once(): (kind: string) => void;
  lend_failing(kind: string): number;
  panic_past(how: string, f: () => unknown): void;
  panic_past_later(how: string, f: () => unknown, promise: Promise<unknown>): Promise<void>;
  panic_in_hook(how: string, f: () => unknown): void;
  catch_own_panic(): boolean;
  panicking(): boolean;
  nested(f: () => unknown): unknown;
  nested_catching(f: () => unknown): unknown;
  nested_deep(f: () => unknown, depth: number): unknown;
  nested_both(f: () => unknown, g: () => unknown): unknown;
  nested_text(f: () => unknown, n: number): string;
  call_may_throw(value: unknown): unknown;
  call_tick(x: number): number;
  lend_closure(text: string): number;
  lend_closure_mut(count: number): number;
  // async
  ready(n: number): Promise<number>;
  wait_for<T>(promise: Promise<T>): Promise<T>;
  wait_often(next: () => unknown, times: number): Promise<number>;
  reject(message: string): Promise<void>;
  promise_of<T>(promise: Promise<T>): Promise<T>;
  promise_that_fails<T>(kind: string, promise: Promise<T>): Promise<T>;
  spawn_after(promise: Promise<unknown>): void;
  tasks_finished(): number;
  // promises that Rust owes
  owe(way: string): Promise<unknown>;
  pay(value: unknown): void;
  hand_over(to: (resolve: (value: unknown) => void) => void): void;
  fail_owing(kind: string): void;
  fail_owing_later(kind: string, promise: Promise<unknown>): void;
  timeout(ms: number): Promise<unknown>;
  ready_then_fails(kind: string): Promise<unknown>;
  or_default(promise: Promise<unknown>): Promise<unknown>;
  count_resolved(promises: readonly Promise<unknown>[]): Promise<number>;
  handle_result(f: () => Promise<unknown>): void;
  // closures
  length_adder(): RustClosure<(text: string) => number>;
  multiplier(factor: number): RustClosure<(n: number) => number>;
  once(text: string): RustClosure<() => string>;
  // what the host is to call later
  fail_in_microtask(kind: string, once: boolean): void;
  fail_in_timeout(kind: string, ms: number): unknown;
  register_everywhere(target: EventTarget, ms: number): void;
  pass_on(how: string, target: unknown, f: unknown): unknown;
  counting_closure(): RustClosure<() => void>;
  registered_runs(): number;
  // errors on purpose
  check(n: number): number;
  throw_value(value: unknown): void;
  throw_range_error(): void;
  throw_text(text: string): void;
  parse_number(text: string): number;
  next_u64(n: bigint): bigint;
  catch_from(f: () => unknown): unknown;
  // classes
  readonly Counter: CounterClass;
  readonly Point: new (x: number, y: number) => Point;
  readonly Dog: AnimalClass<Dog>;
  readonly Animal: AnimalClass<Handle>;
  readonly Ticker: new (n: number) => Ticker;
  readonly Faller: FallerClass;
  readonly DropBomb: new (kind: string) => DropBomb;
  readonly Notebook: new () => Notebook;
  readonly Percent: new (n: number) => Handle;
  /** Only in what an older version of wasm-bindgen has made: which. */
  readonly older_wasm_bindgen?: () => string;
  // only with the feature `revive`
  readonly fail_marked?: (kind: string) => void;
  readonly fail_in_task?: (kind: string, promise: Promise<unknown>) => Promise<number>;
  readonly catch_failure?: (kind: string) => string | undefined;
  readonly ask_for_reinit?: () => boolean;
  readonly fail_after_breadcrumbs?: (kind: string, text: string, count: number) => void;
  readonly try_reserve?: (bytes: number) => boolean;
  readonly generations?: () => Uint32Array;
  readonly ledger?: () => number;
  readonly ledger_at_start?: () => number;
  readonly ledger_note?: () => string;
  readonly ledger_is_restored?: () => boolean;
  readonly ledger_up?: (note: string) => number;
  readonly save_ledger?: (kind: string) => boolean;
  readonly save_ledger_and_call?: (f: () => unknown) => unknown;
  readonly newer_ledger?: () => number;
  readonly save_fuse?: (kind: string) => boolean;
  readonly fuse?: () => string;
  readonly panic_past_a_caught_one?: () => void;
  readonly unwind_from?: (f: () => unknown) => number;
  readonly catch_unwind_from?: (f: () => unknown) => unknown;
  readonly unwind_later?: (promise: Promise<unknown>, f: () => unknown) => Promise<number>;
  readonly task_script?: (script: string, next: () => unknown) => Promise<number>;
  readonly task_failing_in_drop?: (script: string, next: () => unknown, inDrop: string) => Promise<number>;
  readonly task_guards?: () => Uint32Array;
  readonly task_total?: () => number;
  readonly spawn_unwind?: (promise: Promise<unknown>, f: () => unknown) => void;
  // only in transformed output
  readonly __revive: Control;
  /** Only in output made with `--experimental-reset-state-function`. */
  readonly __wbg_reset_state?: () => void;
}

/** A closure of Rust as glue gives it to JavaScript. */
export type RustClosure<F> = F & { _wbg_cb_unref?: () => void };

/** What every handle has. */
export interface Handle {
  free(): void;
  [Symbol.dispose](): void;
}

export interface CounterClass {
  new (n: number): Counter;
  of(n: number): Counter;
}

export interface Counter extends Handle {
  step: number;
  readonly id: number;
  label: string;
  value: number;
  readonly isEven: boolean;
  inc(): number;
  get(): number;
  add(other: Counter): number;
  drain(other: Counter): number;
  eat(other: Counter): number;
  eat_maybe(other?: Counter): number;
  finish(): number;
  split(): Counter[];
  dec(): number;
  with(f: () => unknown): unknown;
  later(): Promise<number>;
}

export interface Point extends Handle {
  x: number;
  y: number;
  readonly length: number;
  toJSON(): object;
}

/** Its statics are inherited. */
interface AnimalClass<A> {
  new (name: string): A;
  tally(): number;
  made: number;
}

export interface Dog extends Handle {
  readonly name: string;
  rename(name: string): void;
  bark(): string;
}

export interface Ticker extends Handle {
  readonly tick: RustClosure<() => number>;
}

export interface FallerClass {
  new (kind: string): Faller;
  armed(kind: string): Faller;
  fail_static(kind: string): void;
}

export interface Faller extends Handle {
  calls(): number;
  fail(kind: string): void;
  fail_mut(kind: string): void;
  fail_by_value(kind: string): void;
  get trouble(): number;
  set trouble(kind: string);
  fail_later(kind: string): Promise<number>;
}

export interface Notebook extends Handle {
  write(text: string, promise: Promise<unknown>, kind: string): Promise<number>;
  pages(): number | undefined;
  repair(): void;
  writer(): (text: string) => number;
}

export interface DropBomb extends Handle {
  explode(): void;
}

/** What a plugin gets of an instance, as far as the suite looks at it. */
export interface View {
  readonly generation: number;
}

/** The control handle of a transformed package, `__revive`, spelt out here so that the suite does not lean on the code it judges. */
export interface Control {
  readonly generation: number;
  readonly state: string;
  readonly ready: Promise<void>;
  readonly stats: { readonly failures: number; readonly recoveries: number; readonly inFlight: number };
  on(event: 'failure', listener: (report: Report) => void): () => void;
  on(event: 'retired', listener: (error: unknown) => void): () => void;
  on(event: 'opened', listener: (event: { error: unknown; retryAfter: number; attempt: number; instance?: string }) => void): () => void;
  on(event: 'probing', listener: (event: { attempt: number; instance?: string }) => void): () => void;
  on(event: 'retried', listener: (event: { entrypoint: string; attempt: number; error: unknown; instance?: string }) => void): () => void;
  on(event: 'closed', listener: (event: { instance?: string }) => void): () => void;
  on(event: 'recovered', listener: (event: { generation: number; ms: number; error?: unknown; instance?: string }) => void): () => void;
  on(event: 'recycled', listener: (event: { reason: string; from: number; generation: number; instance?: string }) => void): () => void;
  on(event: 'drained', listener: (event: { generation: number; callsLost: number; instance?: string }) => void): () => void;
  on(
    event: 'restored',
    listener: (event: { name: string; version: number; bytes: number; generation: number; instance?: string }) => void,
  ): () => void;
  on(event: 'persistFailed', listener: (event: { name: string; action: 'save' | 'restore'; reason: string }) => void): () => void;
  on(event: 'retried', listener: (event: { entrypoint: string; attempt: number }) => void): () => void;
  on(event: 'stale', listener: (event: { entrypoint: string; generation: number; instance?: string }) => void): () => void;
  configure(options: {
    consecutiveFailures?: number | undefined;
    backoffMs?: number | undefined;
    maxBackoffMs?: number;
    maxRestarts?: number;
    withinMs?: number;
    onFailure?: ((report: Report) => void) | undefined;
    foreignExceptions?: 'keep' | 'recover';
    staleClosures?: 'ignore' | 'throw';
    redact?: ((text: string) => string) | undefined;
    maxInstances?: number;
    idleMs?: number;
    drainMs?: number | undefined;
    recycle?: { memoryBytes?: number; turns?: number; ageMs?: number } | undefined;
    maxPersistedBytes?: number | undefined;
    persist?: PersistStore | undefined;
    pool?: { min?: number; max?: number; route?: (entry: string, args: readonly unknown[]) => unknown } | undefined;
    retry?: { idempotent: readonly string[]; attempts?: number } | undefined;
    standby?: number | { count: number; maxBytes?: number; started?: boolean } | undefined;
  }): void;
  use(plugin: {
    readonly name: string;
    failed?(instance: View): 'keep' | 'fresh' | 'retire' | undefined;
    instantiated?(instance: View): void;
    entered?(instance: unknown, entrypoint: string): void;
    committed?(): void;
    lost?(instance: View, report: Report): void;
  }): void;
  checkpoint(): Uint8Array;
  restore(bytes: Uint8Array): void;
  reset(): void;
  forget(): void;
  instance(key: unknown): Fixtures;
  evict(key: unknown): boolean;
  evict(key: unknown, options: { readonly drain: true; readonly drainMs?: number }): Promise<boolean>;
  drain(): Promise<void>;
  dispose(options?: { readonly drainMs?: number }): Promise<void>;
}

/** Where a program keeps what Rust saves. */
export interface PersistStore {
  load?(name: string, instance?: string, key?: unknown): { readonly version: number; readonly bytes: Uint8Array } | undefined;
  save?(name: string, saved: { readonly version: number; readonly bytes: Uint8Array }, instance?: string, key?: unknown): void;
}

/** A crash report. */
export interface Report {
  readonly failure: {
    readonly kind: 'unwound' | 'aborted';
    readonly cause?: string;
    readonly panic?: {
      readonly message: string;
      readonly location?: { readonly file: string; readonly line: number };
      readonly frames: readonly { readonly function?: string }[];
    };
    readonly allocation?: { readonly size: number };
    readonly trap?: { readonly name: string; readonly message: string };
    readonly frames?: readonly { readonly function?: string }[];
  };
  readonly fingerprint: string;
  readonly task?: number;
  readonly instance?: string;
  readonly breadcrumbs?: readonly string[];
  readonly entrypoint: string | undefined;
  readonly module: string;
  readonly generation: number;
  readonly memoryBytes: number;
  readonly callsLost: number;
  readonly recovery: string;
  readonly firstAttempt?: Report['failure'];
}

/** An error of wasm-revive, as its users see it. */
export interface Told extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly report?: Report;
  readonly retryAfter?: number;
  readonly ready?: Promise<void>;
}

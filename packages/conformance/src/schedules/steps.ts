/** What a random schedule is made of: plain data, so that fast-check can shrink it and a seed repeats it. */

/** What the program throws on purpose, or out of an import. Most are equal to each other however often they are made. */
export const THROWN = ['error', 'range-error', 'same-object', 'frozen', 'text', 'number', 'undefined', 'null'] as const;
export type ThrownKind = (typeof THROWN)[number];

/** Calls that go well, or throw what Rust throws on purpose. */
export const CALLS = ['bump', 'count', 'bump_static', 'remember', 'notes', 'recall', 'add', 'echo', 'starts', 'tally', 'raise'] as const;

/** Ways into a call that fails: see the fixtures' README. */
export const FAIL_WAYS = ['fail', 'static', 'constructor', 'method', 'method-mut', 'by-value', 'getter', 'setter', 'once', 'drop'] as const;

/** How JavaScript is called in the middle of Rust. */
export const NESTINGS = ['nested', 'nested_catching', 'nested_deep', 'with'] as const;

/** How JavaScript in the middle of Rust ends. */
export type Ending = 'return' | 'rethrow' | ThrownKind;

/** What is made and used later. */
export const OBJECTS = ['counter', 'twice', 'dog', 'point', 'adder', 'failing', 'once'] as const;

/** What is done with something that was made, whatever has become of it meanwhile. */
export const USES = ['use', 'read', 'give', 'free', 'dispose', 'consume', 'forget'] as const;

/** Calls that are in flight until they settle. */
export const FLIGHTS = ['ready', 'wait_for', 'promise_of', 'reject', 'first-poll', 'later-poll', 'method', 'spawn', 'spawn-fail'] as const;

export const EVENTS = ['failure', 'recovered', 'stale', 'retired', 'onFailure'] as const;

/** Which instance a step is about: 0 is the default one, the others are siblings. */
export interface At {
  readonly at: number;
}

/** One thing that a program does. */
export type Step =
  | (At & { readonly do: 'call'; readonly what: (typeof CALLS)[number] })
  | (At & { readonly do: 'fail'; readonly way: (typeof FAIL_WAYS)[number]; readonly kind: string })
  | (At & { readonly do: 'throw'; readonly value: ThrownKind })
  | (At & { readonly do: 'nest'; readonly way: (typeof NESTINGS)[number]; readonly inside: readonly Step[]; readonly end: Ending })
  | (At & { readonly do: 'make'; readonly what: (typeof OBJECTS)[number] })
  /** At another instance than its own it is given to that. */
  | (At & { readonly do: 'use'; readonly which: number; readonly how: (typeof USES)[number]; readonly kind: string })
  | (At & { readonly do: 'start'; readonly what: (typeof FLIGHTS)[number]; readonly gate: number; readonly kind: string })
  | (At & { readonly do: 'call-back'; readonly inside: readonly Step[]; readonly end: Ending })
  | (At & { readonly do: 'register' })
  | (At & { readonly do: 'evict'; readonly drains: boolean })
  | { readonly do: 'close'; readonly how: 'drain' | 'dispose' }
  | { readonly do: 'settle'; readonly gate: number; readonly how: 'resolve' | 'reject' }
  | { readonly do: 'later'; readonly by: 'microtask' | 'timer' | 'promise'; readonly inside: readonly Step[] }
  | {
      readonly do: 'listen';
      readonly to: (typeof EVENTS)[number];
      readonly times: number;
      readonly inside: readonly Step[];
      readonly end: ListenerEnd;
    }
  | { readonly do: 'stop-listening'; readonly which: number }
  | { readonly do: 'reset' }
  | { readonly do: 'configure'; readonly option: Option }
  | { readonly do: 'plugin'; readonly decides: Decision }
  | { readonly do: 'turn' }
  | { readonly do: 'wait' }
  /** `long`: so much that what nobody has called meanwhile is idle. */
  | { readonly do: 'idle'; readonly long: boolean }
  | { readonly do: 'collect' };

export type ListenerEnd = 'return' | 'throw' | 'throw-later' | 'stop' | 'spoil';
export type Option =
  | 'foreign-keep'
  | 'foreign-recover'
  | 'ignore'
  | 'throw'
  | 'redact'
  | 'show'
  | 'limit'
  | 'no-restart'
  | 'no-limit'
  | 'break'
  | 'break-at-once'
  | 'no-break'
  | 'few'
  | 'many'
  | 'evict-idle'
  | 'keep-idle'
  | 'recycle'
  | 'keep'
  | 'pool'
  | 'no-pool'
  | 'share-two'
  | 'share-three'
  | 'share-ahead';
export type Decision = 'nothing' | 'keep' | 'fresh' | 'retire' | 'throw';

/** A schedule. `asks`: whether an innocent call follows each outermost step, which then leaves nothing for a microtask to recover. */
export interface Schedule {
  readonly asks: boolean;
  readonly steps: readonly Step[];
}

/** What the plain model knows of instances, of the calls that are in them, and of how those are to fail. */
import type { Report } from '../runner/fixtures.ts';
import type { Expected as KindExpected } from '../runner/kinds.ts';

/** How a call that enters Rust is to fail there; `ambiguous`: it may as well be taken for the one before it. */
export type Failing = Exclude<KindExpected, { class: 'well' }> & { readonly ambiguous?: boolean };

/** One generation: what it remembers, and what has become of it. */
export class Generation {
  /** Undefined while nothing has said it: a sibling's is only told with what becomes of it. */
  number: number | undefined;
  /** `drains`: it has calls in flight to finish. `replaced`: by `reset()`, or evicted; calls that are in it run on. */
  state: 'serves' | 'drains' | 'replaced' | 'lost' = 'serves';
  /** Whether its end is told, since it was to finish calls in flight. */
  departed = false;
  /** Whether the time is over that its calls in flight have. */
  isOverdue = false;
  /** How many calls in flight it has lost when it ended, where that was said since the event loop has turned. */
  drained: number | undefined;
  /** The foreign exception that cost it. */
  lostTo: { readonly value: unknown } | undefined;
  /** The foreign exceptions that were reported and whose way out may not have ended: JavaScript in between has them. */
  readonly taints: unknown[] = [];
  /** By the program, from outside, or it has served for long: from then on it has started. */
  called = false;
  /** Whether it has served for so long that this says it was well. */
  isOld = false;
  /** Whether a call of the program's from outside has ended, and it was well. */
  served = false;
  /** Whether that is known only to whoever calls next, for the call was in flight. */
  settledLate = false;
  count = 100;
  calls = 0;
  tasks = 0;
  dogs = 0;
  /** How many listeners it has left with the host. */
  listeners = 0;
  readonly notes = new Map<string, string>();

  constructor(number: number | undefined) {
    this.number = number;
  }

  /** Whether calls in flight on it go on. */
  get isAlive(): boolean {
    return this.state === 'serves' || this.state === 'drains';
  }

  /** For messages. */
  get name(): string {
    return `generation ${this.number ?? '?'}`;
  }
}

/** One call, from when JavaScript makes it until it has returned or thrown. */
export interface Call {
  readonly entersBy: 'façade' | 'itself';
  /** Of a closure: where that was made. */
  readonly of?: Generation | undefined;
  /** Where it is, once JavaScript in the middle of it says so. */
  inside?: Generation | undefined;
  failing?: Failing | undefined;
  /** Whether there are several calls, with JavaScript between them: when the innermost fails, the others are still on the stack. */
  isDeep?: boolean;
  /** What JavaScript in the middle of it threw into Rust. */
  thrown?: { readonly value: unknown };
  /** Whether the program makes it outside of listeners, and of other calls of the instance, through the façade. */
  readonly outside: boolean;
  /** The instance that failed in it. */
  failed?: Generation;
  /** Whether messages were redacted when it failed. */
  redacted?: boolean;
  /** Whether what was reported further in goes on through it. */
  passesOn?: boolean;
  /** Through whose frames the foreign exception went that was reported. */
  tainted?: Generation;
  /** Whether it was turned away at once, for there are as many instances as there may be. */
  turnedAway?: boolean;
}

/** A failure that the event loop enters: a task's poll. */
export interface DueFailure {
  readonly generation: Generation;
  readonly failing: Failing;
  report?: Report;
}

/** A failure, and what its report has to say. */
export interface Told {
  readonly generation: Generation | undefined;
  readonly failing: Failing | undefined;
  readonly recovery: string | undefined;
}

/** Whether a report is one of a failure like this. */
export function isReportOf(failing: Failing, { failure }: Report): boolean {
  switch (failing.class) {
    case 'unwound':
      return failure.kind === 'unwound';
    case 'foreign':
      return failure.kind === 'aborted' && failure.cause === 'foreign-exception';
    case 'aborted':
      return failure.kind === 'aborted' && failing.causes.includes(failure.cause ?? '');
  }
}

/** For messages. */
export function describeFailing(failing: Failing): string {
  return failing.class === 'aborted' ? failing.causes.join(' or ') : failing.class;
}

/** How random schedules are drawn. What is slow (a full memory, the collector) is drawn seldom. */
import fc from 'fast-check';
import { KINDS } from '../runner/kinds.ts';
import { LIMITS } from './limits.ts';
import { CALLS, EVENTS, FAIL_WAYS, FLIGHTS, NESTINGS, OBJECTS, type Option, type Schedule, type Step, THROWN, USES } from './steps.ts';

const SLOW: Readonly<Record<string, number>> = { oom: 1, 'stack-overflow': 3, 'shadow-stack-overflow': 3, none: 4 };

// What a double panic is depends on the version of Rust.
const kinds = KINDS.filter(({ name }) => name !== 'double-panic');
const which = fc.nat(15);
const gate = fc.nat(3);

/** With which options schedules begin: those of one kind seldom meet by themselves. */
const THEMES: readonly (readonly Option[])[] = [[], [], ['break'], ['break-at-once'], ['break', 'limit'], ['break-at-once', 'pool']];

/** Those in which calls of the module's own exports go to several instances. */
const SHARING: readonly (readonly Option[])[] = [['share-two'], ['share-two', 'break'], ['share-three'], ['share-ahead']];

/** Which instance a step is about. A schedule is about one more than about all others, or nothing would come to anything. */
function atMost(focus: number): fc.Arbitrary<number> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(focus) }, { weight: 3, arbitrary: fc.nat(3) });
}

/** Steps at some depth. @param outermost whether the event loop may turn between them @param focus what they are about most */
function stepsAt(depth: number, outermost: boolean, without: ReadonlySet<string>, focus: number): fc.Arbitrary<Step> {
  const at = atMost(focus);
  const oneOf = <T extends string>(...values: readonly T[]): fc.Arbitrary<T> =>
    fc.constantFrom(...values.filter((value) => !without.has(value)));
  const kind = fc.oneof(
    ...kinds.flatMap(({ name }) => (without.has(name) ? [] : [{ weight: SLOW[name] ?? 10, arbitrary: fc.constant(name) }])),
  );
  const thrown = oneOf(...THROWN);
  const ending = fc.oneof(
    { weight: 3, arbitrary: fc.constant('return' as const) },
    { weight: 2, arbitrary: fc.constant('rethrow' as const) },
    { weight: 3, arbitrary: thrown },
  );
  const deeper = depth > 0 ? fc.array(stepsAt(depth - 1, false, without, focus), { maxLength: LIMITS.inside }) : fc.constant<Step[]>([]);
  const all: Readonly<Record<Step['do'], { weight: number; arbitrary: fc.Arbitrary<Step> }>> = {
    call: { weight: 8, arbitrary: fc.record({ do: fc.constant('call' as const), at, what: oneOf(...CALLS) }) },
    fail: { weight: 8, arbitrary: fc.record({ do: fc.constant('fail' as const), at, way: oneOf(...FAIL_WAYS), kind }) },
    throw: { weight: 2, arbitrary: fc.record({ do: fc.constant('throw' as const), at, value: thrown }) },
    nest: {
      weight: depth > 0 ? 6 : 1,
      arbitrary: fc.record({ do: fc.constant('nest' as const), at, way: oneOf(...NESTINGS), inside: deeper, end: ending }),
    },
    make: { weight: 6, arbitrary: fc.record({ do: fc.constant('make' as const), at, what: oneOf(...OBJECTS) }) },
    use: { weight: 10, arbitrary: fc.record({ do: fc.constant('use' as const), at, which, how: oneOf(...USES), kind }) },
    start: { weight: 6, arbitrary: fc.record({ do: fc.constant('start' as const), at, what: oneOf(...FLIGHTS), gate, kind }) },
    'call-back': {
      weight: depth > 0 ? 2 : 1,
      arbitrary: fc.record({ do: fc.constant('call-back' as const), at, inside: deeper, end: ending }),
    },
    settle: {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('settle' as const),
        gate,
        how: oneOf(...(['resolve', 'reject'] as const)),
      }),
    },
    later: {
      weight: depth > 0 ? 2 : 0,
      arbitrary: fc.record({
        do: fc.constant('later' as const),
        by: oneOf(...(['microtask', 'timer', 'promise'] as const)),
        inside: deeper,
      }),
    },
    listen: {
      weight: depth > 0 ? 2 : 0,
      arbitrary: fc.record({
        do: fc.constant('listen' as const),
        to: oneOf(...EVENTS),
        times: fc.integer({ min: 1, max: LIMITS.listenerActs }),
        inside: deeper,
        end: oneOf(...(['return', 'return', 'throw', 'throw-later', 'stop', 'spoil'] as const)),
      }),
    },
    register: { weight: 2, arbitrary: fc.record({ do: fc.constant('register' as const), at }) },
    evict: {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('evict' as const), at: at.filter((one) => one > 0), drains: fc.boolean() }),
    },
    close: {
      weight: outermost ? 1 : 0,
      arbitrary: fc.record({ do: fc.constant('close' as const), how: oneOf(...(['drain', 'dispose'] as const)) }),
    },
    'stop-listening': { weight: 1, arbitrary: fc.record({ do: fc.constant('stop-listening' as const), which }) },
    reset: { weight: 1, arbitrary: fc.constant<Step>({ do: 'reset' }) },
    configure: {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('configure' as const),
        option: oneOf(
          ...(['foreign-keep', 'foreign-recover', 'ignore', 'throw', 'redact', 'show', 'limit', 'no-limit'] as const),
          ...(['share-two', 'share-three', 'share-ahead', 'no-restart', 'break', 'break', 'break', 'break-at-once', 'no-break'] as const),
          ...(['few', 'many', 'evict-idle', 'evict-idle', 'keep-idle', 'recycle', 'recycle', 'keep', 'pool', 'pool', 'no-pool'] as const),
        ),
      }),
    },
    plugin: {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('plugin' as const),
        decides: oneOf(...(['nothing', 'nothing', 'keep', 'fresh', 'retire', 'throw'] as const)),
      }),
    },
    turn: { weight: outermost ? 12 : 0, arbitrary: fc.constant<Step>({ do: 'turn' }) },
    wait: { weight: outermost ? 3 : 0, arbitrary: fc.constant<Step>({ do: 'wait' }) },
    idle: { weight: outermost ? 6 : 0, arbitrary: fc.record({ do: fc.constant('idle' as const), long: fc.boolean() }) },
    collect: { weight: outermost ? 1 : 0, arbitrary: fc.constant<Step>({ do: 'collect' }) },
  };
  return fc.oneof(...Object.entries(all).flatMap(([name, entry]) => (entry.weight > 0 && !without.has(name) ? [entry] : [])));
}

/** Random schedules. @param without names of steps, and of what is in them, to leave out while a fault in them is known */
export function schedules(without: ReadonlySet<string>): fc.Arbitrary<Schedule> {
  const focused = [0, 1, 2, 3].map((focus) =>
    fc.record({
      asks: fc.boolean(),
      begin: fc.constantFrom<readonly Option[]>(...THEMES, ...(focus === 0 ? [...SHARING, ...SHARING, ...SHARING] : [])),
      steps: fc.array(stepsAt(LIMITS.depth, true, without, focus), { minLength: 1, maxLength: LIMITS.steps, size: 'max' }),
    }),
  );
  return fc.oneof(...focused).map(({ asks, begin, steps }) => ({
    asks,
    steps: [...begin.filter((option) => !without.has(option)).map((option): Step => ({ do: 'configure', option })), ...steps],
  }));
}

import { describeFailure, type Frame } from '@wasm-revive/kernel';
import { isFailure, type Timeline, type TimelineEvent, type Turn, type Whose } from './document.js';
import { also, duration, shown, titleByName } from './titles.js';

export { duration } from './titles.js';

/** What an event is drawn as. `other`: whatever this version doesn't know by name. */
export type EventKind =
  | 'abort'
  | 'panic'
  | 'recovered'
  | 'replaced'
  | 'retried'
  | 'stale'
  | 'warning'
  | 'refused'
  | 'retired'
  | 'made'
  | 'other';

/** The symbols of events: told apart by their shapes, too. */
export const SYMBOLS: Readonly<Record<EventKind, string>> = {
  abort: '✖',
  panic: '▲',
  recovered: '●',
  replaced: '◐',
  retried: '↻',
  stale: '◆',
  warning: '!',
  refused: '□',
  retired: '■',
  made: '·',
  other: '○',
};

/** What each kind is called. */
export const KIND_NAMES: Readonly<Record<EventKind, string>> = {
  abort: 'instance lost',
  panic: 'failure, instance kept',
  recovered: 'recovered',
  replaced: 'replaced or ended, well',
  retried: 'call run again',
  stale: 'stale use',
  warning: 'not carried out',
  refused: 'calls refused for a while',
  retired: 'retired',
  made: 'instance made',
  other: 'other event',
};

/** Which event is shown where there is no room for several: the first of these. */
export const MOST_TELLING: readonly EventKind[] = [
  'abort',
  'retired',
  'refused',
  'panic',
  'warning',
  'other',
  'stale',
  'retried',
  'replaced',
  'recovered',
  'made',
];

const KINDS: ReadonlyMap<string, EventKind> = new Map([
  ['recovered', 'recovered'],
  ['recycled', 'replaced'],
  ['drained', 'replaced'],
  ['retried', 'retried'],
  ['recycleFailed', 'warning'],
  ['persistFailed', 'warning'],
  ['opened', 'refused'],
  ['stale', 'stale'],
  ['retired', 'retired'],
  ['instantiated', 'made'],
]);

export function kindOf(event: TimelineEvent): EventKind {
  if (isFailure(event)) return event.report.recovery === 'keep' ? 'panic' : 'abort';
  return KINDS.get(event.name) ?? 'other';
}

/** The lane of an instance. */
export function laneName({ instance }: Whose): string {
  return instance === undefined ? 'default' : JSON.stringify(instance);
}

/** One line of what happened. */
export function titleOf(event: TimelineEvent): string {
  if (isFailure(event)) return describeFailure(event.report.failure, event.report.entrypoint);
  const { name, generation, fields } = event;
  const serves = generation === undefined ? 'a fresh instance' : `generation ${generation}`;
  switch (kindOf(event)) {
    case 'recovered': {
      const { ms, ...others } = fields;
      return `recovered: ${serves} serves${typeof ms === 'number' ? `, after ${duration(ms)}` : ''}${also(others)}`;
    }
    case 'stale': {
      const { entrypoint, ...others } = fields;
      return `stale use of ${shown(entrypoint)}, of generation ${generation ?? '?'}${also(others)}`;
    }
    case 'retired':
      return `retired: ${shown(fields.message ?? '')}`;
    case 'made': {
      const { memoryBytes, ...others } = fields;
      return `generation ${generation ?? '?'} made${typeof memoryBytes === 'number' ? `, ${bytes(memoryBytes)}` : ''}${also(others)}`;
    }
    default:
      return (
        titleByName(name, fields, generation) ?? `${name}${generation === undefined ? '' : `, generation ${generation}`}${also(fields)}`
      );
  }
}

/** What was done about a failure. */
export function outcomeOf(event: TimelineEvent): string | undefined {
  if (!isFailure(event)) return undefined;
  const { recovery, callsLost } = event.report;
  const lost = callsLost === 0 ? '' : `; ${count(callsLost, 'call')} in flight ${callsLost === 1 ? 'was' : 'were'} rejected`;
  const done = {
    keep: 'the instance was kept',
    rollback: 'the turn was undone, nothing else was lost',
    fresh: 'a fresh instance',
    retire: 'no fresh instance takes its place',
  }[recovery];
  return `${done ?? shown(recovery)}${lost}`;
}

/** Everything that is known of an event, a line each. */
export function factsOf(event: TimelineEvent): [name: string, text: string][] {
  const known: [string, string | undefined][] = [
    ['event', event.name],
    ['at', `+${duration(event.at)}`],
    ['instance', laneName(event)],
    ['generation', event.generation?.toString()],
    ...(isFailure(event)
      ? factsOfFailure(event)
      : Object.entries(event.fields).map(([name, value]): [string, string] => [name, shown(value)])),
  ];
  return known.filter((fact): fact is [string, string] => fact[1] !== undefined && fact[1] !== '');
}

function factsOfFailure(event: TimelineEvent & { readonly name: 'failure' }): [string, string | undefined][] {
  if (!isFailure(event)) return [];
  const { failure, entrypoint, task, recovery, memoryBytes, uptimeMs, fingerprint, breadcrumbs = [] } = event.report;
  const location = failure.panic?.location;
  const frames = failure.panic?.frames.length ? failure.panic.frames : failure.kind === 'aborted' ? failure.frames : [];
  return [
    ['kind', failure.kind === 'aborted' ? `aborted, ${failure.cause}` : 'unwound'],
    ['message', failure.panic?.message ?? (failure.kind === 'aborted' ? `${failure.trap.name}: ${failure.trap.message}` : undefined)],
    ['location', location && `${location.file}:${location.line}:${location.column}`],
    ['entrypoint', entrypoint],
    ['task', task?.toString()],
    ['recovery', recovery && outcomeOf(event)],
    ['memory', bytes(memoryBytes)],
    ['uptime', duration(uptimeMs)],
    ['fingerprint', fingerprint],
    ['breadcrumbs', breadcrumbs.join('\n')],
    ['stack', frames.map(frameText).join('\n')],
  ];
}

function frameText({ function: name, index, offset }: Frame): string {
  const place = `wasm-function[${index ?? '?'}]${offset === undefined ? '' : `:0x${offset.toString(16)}`}`;
  return name === undefined ? place : `${name} (${place})`;
}

/** What is known of a turn, or of some in a row. */
export function factsOfTurns(turns: readonly Turn[]): [name: string, text: string][] {
  const [first] = turns;
  const last = turns.at(-1);
  if (first === undefined || last === undefined) return [];
  const facts: [string, string][] = [
    ['turn', callsOf(turns)],
    ['at', `+${duration(first.at)}`],
    ['took', durationOf(turns)],
    ['instance', laneName(first)],
    ['generation', String(first.generation)],
    ['outcome', OUTCOMES[last.outcome]],
  ];
  if (last.callsInFlight !== undefined) facts.push(['calls in flight', `${last.callsInFlight} when it ended`]);
  return facts;
}

export const OUTCOMES: Readonly<Record<Turn['outcome'], string>> = {
  ended: 'ended',
  failed: 'Rust failed in it, the instance went on',
  lost: 'it cost the instance',
  open: 'its end was not recorded',
};

/** The entrypoints of turns in a row: `add ×12, inc ×3`. */
export function callsOf(turns: readonly Turn[]): string {
  const counts = new Map<string, number>();
  for (const { entrypoint } of turns) counts.set(entrypoint, (counts.get(entrypoint) ?? 0) + 1);
  const most = [...counts].sort(([, a], [, b]) => b - a);
  const shown = most.slice(0, 4).map(([name, times]) => (times === 1 ? name : `${name} ×${times}`));
  return most.length > 4 ? `${shown.join(', ')} and ${most.length - 4} more` : shown.join(', ');
}

/** How long turns took, all together. */
export function durationOf(turns: readonly Turn[]): string {
  return turns.some(({ ms }) => ms === undefined) ? '…' : duration(turns.reduce((sum, { ms = 0 }) => sum + ms, 0));
}

/** What there is in a timeline, in numbers. */
export function summaryOf({ turns, events }: Timeline): string[] {
  const kinds = events.map(kindOf);
  const of = (...wanted: readonly EventKind[]): number => kinds.filter((kind) => wanted.includes(kind)).length;
  const counts: [number, string, string][] = [
    [new Set([...turns, ...events].map(laneName)).size, 'lane', 'lanes'],
    [turns.length, 'turn', 'turns'],
    [of('abort', 'panic'), 'failure', 'failures'],
    [of('recovered'), 'recovery', 'recoveries'],
    [of('retried'), 'retry', 'retries'],
    [of('stale'), 'stale use', 'stale uses'],
    [of('warning'), 'warning', 'warnings'],
    [of('refused'), 'pause', 'pauses'],
    [of('retired'), 'retirement', 'retirements'],
  ];
  return counts.filter(([n], index) => n > 0 || index < 4).map(([n, one, many]) => `${n} ${n === 1 ? one : many}`);
}

/** What a timeline can't show. */
export function notesOf({ heardFrom, leftOut: { turns, events } }: Timeline): string[] {
  const notes: string[] = [];
  if (turns > 0)
    notes.push(
      `${count(turns, 'turn')} before the first that is shown ${turns === 1 ? 'was' : 'were'} forgotten for want of room (maxTurns).`,
    );
  if (events > 0)
    notes.push(
      `${count(events, 'event')} before the first that is shown ${events === 1 ? 'was' : 'were'} forgotten for want of room (maxEvents).`,
    );
  if (heardFrom > 1)
    notes.push(
      `Turns of the default instance are known from generation ${heardFrom} on: the recording began when generation ${heardFrom - 1} was there.`,
    );
  return notes;
}

export function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

function bytes(n: number): string {
  return `${(n / 2 ** 20).toFixed(1)} MiB`;
}

import { laneName } from './describe.js';
import { isFailure, type Timeline, type TimelineEvent, type Turn } from './document.js';

/** A timeline, put in order for drawing. */
export interface Layout {
  readonly ms: number;
  readonly lanes: readonly Lane[];
}

/** One instance's place: its own exports lead to the first, each key of a sibling has one. */
export interface Lane {
  readonly name: string;
  readonly generations: readonly Generation[];
  readonly turns: readonly PlacedTurn[];
  readonly events: readonly PlacedEvent[];
  /** How many turns stand in each other at most. */
  readonly depth: number;
  readonly mostInFlight: number;
}

/** The time in which a generation served, as far as it is known. */
export interface Generation {
  readonly generation: number;
  readonly from: number;
  readonly to: number;
  /** Whether it was lost: it didn't end with the recording, nor because another took its place. */
  readonly isLost: boolean;
}

/** A turn in its row. */
export interface PlacedTurn {
  readonly turn: Turn;
  /** Where it is in the timeline's list. */
  readonly index: number;
  readonly from: number;
  readonly to: number;
  /** 0: it stands in no other. */
  readonly depth: number;
}

export interface PlacedEvent {
  readonly event: TimelineEvent;
  readonly index: number;
}

/** Finds out the lanes. What is before 0 or after the end, in a document that somebody has changed, is put inside. */
export function layOut({ ms, turns, events }: Timeline): Layout {
  const end = Math.max(ms, 0.001);
  const inside = (at: number): number => Math.min(Math.max(at, 0), end);
  const names = [...new Set([...turns, ...events].sort((a, b) => a.at - b.at).map(laneName))];
  const first = laneName({});
  const ordered = names.includes(first) ? [first, ...names.filter((name) => name !== first)] : names;
  const lanes = ordered.map((name): Lane => {
    const own = turns.flatMap((turn, index) => (laneName(turn) === name ? [{ turn, index }] : []));
    const placed = nested(own.map(({ turn, index }) => ({ turn, index, from: inside(turn.at), to: inside(turn.at + (turn.ms ?? end)) })));
    const ownEvents = events.flatMap((event, index) => (laneName(event) === name ? [{ event, index }] : []));
    return {
      name,
      generations: generationsOf(
        placed,
        ownEvents.map(({ event }) => event),
        end,
      ),
      turns: placed,
      events: ownEvents,
      depth: placed.reduce((most, { depth }) => Math.max(most, depth + 1), 1),
      mostInFlight: own.reduce((most, { turn }) => Math.max(most, turn.callsInFlight ?? 0), 0),
    };
  });
  return { ms: end, lanes };
}

/** How deep each stands in those that began before and have not ended: after a failure in a nested call, generations may overlap. */
function nested(turns: readonly Omit<PlacedTurn, 'depth'>[]): PlacedTurn[] {
  const open: number[] = [];
  return turns.map((turn) => {
    while (open.length > 0 && (open.at(-1) as number) <= turn.from) open.pop();
    const placed = { ...turn, depth: open.length };
    open.push(turn.to);
    return placed;
  });
}

/** One may be made long before it serves: from when it was made counts only where nothing else is known, and nobody else serves. */
function generationsOf(turns: readonly PlacedTurn[], events: readonly TimelineEvent[], end: number): Generation[] {
  const began = new Map<number, number>();
  const made = new Map<number, number>();
  const lost = new Map<number, number>();
  const ended = new Map<number, number>();
  const note = (to: Map<number, number>, generation: number, at: number): void =>
    void to.set(generation, Math.min(at, to.get(generation) ?? at));
  for (const { turn, from } of turns) note(began, turn.generation, from);
  for (const event of events) {
    if (event.generation === undefined) continue;
    if (event.name === 'instantiated') note(made, event.generation, event.at);
    else if (event.name === 'recovered' || event.name === 'recycled') note(began, event.generation, event.at);
    else if (event.name === 'drained') note(ended, event.generation, event.at);
    else if (isFailure(event) && event.report.recovery !== 'keep' && event.report.recovery !== 'rollback')
      note(lost, event.generation, event.at);
  }
  const all = [...new Set([...began.keys(), ...lost.keys(), ...made.keys(), ...ended.keys()])].sort((a, b) => a - b);
  const served = all.filter((generation, index) => began.has(generation) || lost.has(generation) || index === 0);
  return served.map((generation, index) => {
    const next = served[index + 1];
    const nextBegan = next === undefined ? undefined : began.get(next);
    const lostAt = lost.get(generation);
    // Of the first, an instance of which nothing was heard may have been there before.
    const from = index === 0 ? Math.min(made.get(generation) ?? 0, began.get(generation) ?? end) : (began.get(generation) ?? lostAt ?? end);
    // One that drains goes on while the next one serves, and may be lost then.
    const to = Math.min(lostAt ?? end, nextBegan ?? end, ended.get(generation) ?? end);
    return { generation, from, to: Math.max(from, to), isLost: lostAt !== undefined };
  });
}

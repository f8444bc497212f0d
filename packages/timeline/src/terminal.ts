/**
 * Shows a timeline in a terminal. For Node.js, and what has its `node:util`.
 * @module
 */
import { styleText } from 'node:util';
import Table from 'cli-table3';
import {
  callsOf,
  count,
  duration,
  durationOf,
  type EventKind,
  KIND_NAMES,
  kindOf,
  laneName,
  MOST_TELLING,
  notesOf,
  outcomeOf,
  SYMBOLS,
  summaryOf,
  titleOf,
} from './describe.js';
import type { Timeline, TimelineEvent, Turn } from './document.js';
import { plainLine } from './escape.js';
import { type Lane, type Layout, layOut } from './layout.js';
import { place, type Scale, ticks, tickText } from './scale.js';

/** Options of {@link renderTerminal}. */
export interface TerminalOptions {
  /** In columns. Default 100. */
  readonly width?: number;
  /** Whether to use colours. Default: no. */
  readonly colour?: boolean;
}

type Format = Parameters<typeof styleText>[0];
type Style = (format: Format, text: string) => string;

const COLOURS: Readonly<Record<EventKind, Format>> = {
  abort: 'red',
  panic: 'yellow',
  recovered: 'green',
  replaced: 'green',
  retried: 'cyan',
  stale: 'magenta',
  warning: 'yellow',
  refused: ['bold', 'red'],
  retired: ['bold', 'red'],
  made: 'dim',
  other: 'cyan',
};

/** Share of a column's time in which the instance was in turns. */
const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

const NARROWEST = 40;

/** A timeline for people: its lanes, and below them what happened, one after the other. Ends with a line break. */
export function renderTerminal(timeline: Timeline, { width = 100, colour = false }: TerminalOptions = {}): string {
  const style: Style = colour ? (format, text) => styleText(format, text, { validateStream: false }) : (_, text) => text;
  const wide = Math.max(Math.floor(width), NARROWEST);
  const layout = layOut(timeline);
  const parts = [
    `${style('bold', plainLine(timeline.module))}  ${style('dim', `${new Date(timeline.startedAt).toISOString()}, ${duration(timeline.ms)}`)}\n${summaryOf(timeline).join(', ')}`,
    lanes(layout, wide, style),
    list(timeline, wide, style),
    notesOf(timeline)
      .map((note) => style('dim', `! ${note}`))
      .join('\n'),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function lanes(layout: Layout, width: number, style: Style): string {
  const longest = Math.max(7, ...layout.lanes.map(({ name }) => plainLine(name).length));
  const gutter = Math.min(longest, Math.floor(width / 4));
  const scale: Scale = { from: 0, to: layout.ms, left: 0, width: width - gutter - 2 };
  const rows = layout.lanes.flatMap((lane) => lanesRows(lane, gutter, scale, style));
  return [axis(gutter, scale, style), ...rows, ...legend(layout, gutter, width, style)].join('\n');
}

function axis(gutter: number, scale: Scale, style: Style): string {
  const at = ticks(scale, 12);
  const step = (at[1] ?? scale.to) - (at[0] ?? 0);
  const line: string[] = new Array<string>(scale.width).fill(' ');
  for (const one of at) {
    const text = `╷${tickText(one, step)}`;
    const begin = Math.floor(place(scale, one));
    if (begin + text.length <= scale.width) for (const [index, letter] of [...text].entries()) line[begin + index] = letter;
  }
  return style('dim', `${' '.repeat(gutter + 2)}${line.join('').trimEnd()}`);
}

function lanesRows(lane: Lane, gutter: number, scale: Scale, style: Style): string[] {
  const ms = (scale.to - scale.from) / scale.width;
  const columns = Array.from({ length: scale.width }, (_, index) => ({ from: index * ms, to: (index + 1) * ms }));
  const column = (at: number): number => Math.min(Math.floor(at / ms), scale.width - 1);
  const marks: string[] = new Array<string>(scale.width).fill(' ');
  const events = lane.events.map(({ event }) => event).sort((a, b) => MOST_TELLING.indexOf(kindOf(b)) - MOST_TELLING.indexOf(kindOf(a)));
  for (const event of events) {
    const kind = kindOf(event);
    if (kind !== 'made') marks[column(event.at)] = style(COLOURS[kind], SYMBOLS[kind]);
  }
  // Behind the marks of what began there.
  for (const { generation, from } of lane.generations) {
    const digits = [...String(generation)];
    let begin = column(from);
    while (marks[begin] !== ' ' && begin < scale.width) begin++;
    if (digits.every((_, index) => marks[begin + index] === ' ')) {
      for (const [index, digit] of digits.entries()) marks[begin + index] = style('dim', digit);
    }
  }
  const bars = columns.map(({ from, to }) => {
    const within = lane.turns.filter((turn) => turn.from < to && (turn.to > from || (turn.to === turn.from && turn.from >= from)));
    if (within.length > 0) {
      const busy = within.reduce((sum, turn) => sum + (turn.depth > 0 ? 0 : Math.min(turn.to, to) - Math.max(turn.from, from)), 0);
      const bar = BARS[Math.min(Math.floor((busy / ms) * BARS.length), BARS.length - 1)] as string;
      const worst = within.find(({ turn }) => turn.outcome === 'lost') ?? within.find(({ turn }) => turn.outcome === 'failed');
      return style(worst === undefined ? 'blue' : worst.turn.outcome === 'lost' ? 'red' : 'yellow', bar);
    }
    return style('dim', lane.generations.some((one) => one.from < to && one.to > from) ? '─' : ' ');
  });
  const name = plainLine(lane.name);
  const shown = name.length > gutter ? `${name.slice(0, gutter - 1)}…` : name.padEnd(gutter);
  return [`${' '.repeat(gutter + 2)}${marks.join('')}`, `${style('bold', shown)}  ${bars.join('')}`].map((row) => row.trimEnd());
}

function legend({ lanes }: Layout, gutter: number, width: number, style: Style): string[] {
  const there = new Set(lanes.flatMap(({ events }) => events.map(({ event }) => kindOf(event))));
  const kinds = MOST_TELLING.filter((kind) => kind !== 'made' && there.has(kind));
  const entries: (readonly [format: Format, symbol: string, name: string])[] = [
    ...kinds.map((kind) => [COLOURS[kind], SYMBOLS[kind], KIND_NAMES[kind]] as const),
    ['blue', '▁█', 'turns'],
    ['dim', '─', 'idle'],
  ];
  const lines: string[] = [];
  let room = 0;
  for (const [format, symbol, name] of entries) {
    const text = `${style(format, symbol)} ${name}`;
    const length = symbol.length + name.length + 4;
    if (room < length) {
      lines.push(`${' '.repeat(gutter + 2)}${text}`);
      room = width - gutter - 2 + 3;
    } else lines.push(`${lines.pop()}   ${text}`);
    room -= length;
  }
  return lines;
}

/** One thing that happened, or turns in a row. */
type Entry = { readonly at: number; readonly event: TimelineEvent } | { readonly at: number; readonly turns: Turn[] };

function list({ turns, events }: Timeline, width: number, style: Style): string {
  const entries = inOrder(turns, events);
  if (entries.length === 0) return '';
  const times = entries.map(({ at }) => `+${duration(at)}`);
  const wheres = entries.map((entry) => whereOf('event' in entry ? entry.event : (entry.turns[0] as Turn)));
  const time = Math.max(...times.map(({ length }) => length)) + 2;
  const where = Math.min(Math.max(...wheres.map(({ length }) => length)), Math.floor(width / 4)) + 2;
  const cells = entries.map((entry): [string, string] =>
    'event' in entry ? eventCells(entry.event, style) : ['', style('dim', turnsText(entry.turns))],
  );
  const table = new Table({
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: '',
    },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    colWidths: [time, where, 3, width - time - where - 3],
    colAligns: ['right', 'left', 'left', 'left'],
    wordWrap: true,
    // Between words, a word that is longer than its line would be cut off.
    wrapOnWordBoundary: cells.every(([, what]) => what.split(/\s/).every(({ length }) => length < width - time - where - 14)),
  });
  for (const [index, [symbol, what]] of cells.entries())
    table.push([times[index] ?? '', clip(wheres[index] ?? '', where - 2), symbol, what]);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function eventCells(event: TimelineEvent, style: Style): [string, string] {
  const kind = kindOf(event);
  const done = outcomeOf(event);
  const title = plainLine(titleOf(event));
  const text = `${title.length > 500 ? `${title.slice(0, 500)}…` : title}${done === undefined ? '' : `\n→ ${plainLine(done)}`}`;
  return [style(COLOURS[kind], SYMBOLS[kind]), kind === 'made' ? style('dim', text) : text];
}

function turnsText(turns: readonly Turn[]): string {
  const lost = turns.at(-1)?.outcome ?? 'ended';
  const how = lost === 'ended' ? '' : { failed: ', failed', lost: ', lost', open: ', has not ended' }[lost];
  const inFlight = turns.at(-1)?.callsInFlight ?? 0;
  return `${turns.length === 1 ? '' : `${count(turns.length, 'turn')}: `}${plainLine(callsOf(turns))}, ${durationOf(turns)}${how}${inFlight > 0 ? `, ${inFlight} in flight` : ''}`;
}

/** Between two events, or turns that failed, the turns of an instance are one entry: instances whose calls alternate would fill the list. */
function inOrder(turns: readonly Turn[], events: readonly TimelineEvent[]): Entry[] {
  const all = [...turns.map((turn) => ({ at: turn.at, turn })), ...events.map((event) => ({ at: event.at, event }))].sort(
    (a, b) => a.at - b.at,
  );
  const entries: Entry[] = [];
  let open = new Map<string, Turn[]>();
  for (const one of all) {
    if ('event' in one) {
      entries.push(one);
      open = new Map();
      continue;
    }
    const { turn } = one;
    const where = whereOf(turn);
    const last = open.get(where);
    if (last !== undefined && turn.outcome === 'ended' && last.at(-1)?.callsInFlight === turn.callsInFlight) {
      last.push(turn);
      continue;
    }
    const row = [turn];
    entries.push({ at: one.at, turns: row });
    if (turn.outcome === 'ended') open.set(where, row);
    else open = new Map();
  }
  return entries;
}

function whereOf(one: Turn | TimelineEvent): string {
  return `${plainLine(laneName(one))}${one.generation === undefined ? '' : ` ${one.generation}`}`;
}

function clip(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

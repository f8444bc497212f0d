import { callsOf, duration, durationOf, kindOf, MOST_TELLING, OUTCOMES, outcomeOf, titleOf } from './describe.js';
import { escaped } from './escape.js';
import { glyph } from './glyphs.js';
import type { Generation, Lane, Layout, PlacedEvent, PlacedTurn } from './layout.js';
import { place, type Scale, ticks, tickText } from './scale.js';

/** What is drawn of a layout. */
export interface Picture {
  /** In pixels. */
  readonly width: number;
  /** The part that is shown. Default: all. */
  readonly from?: number;
  readonly to?: number;
  /** Which turns and events are drawn. Default: all. */
  readonly shows?: (item: PlacedTurn | PlacedEvent) => boolean;
  /** The item that is chosen, by its id. */
  readonly selected?: string;
}

const GUTTER = 150;
const AXIS = 26;
const MARKS = 20;
const ROW = 18;
const IN_FLIGHT = 12;
const GAP = 10;
const LETTER = 6.7;

/** Turns that are nearer than this to each other, in pixels, are drawn as one. */
const NEAR = 0.75;
const NARROWEST = 2;

/** How many marks may stand beside each other where they belong to one place. */
const MOST_MARKS = 3;
const MARK = 13;

/** The rest of what an event says is shown where there is room for it. */
const LONGEST_TITLE = 400;

/** The contents and the size of a picture: an `svg` element without style. All text in it is escaped. */
export function drawSvg(layout: Layout, picture: Picture): string {
  const { width, from = 0, to = layout.ms } = picture;
  const scale = scaleOf(width, from, to);
  const tops: number[] = [];
  let bottom = AXIS + 4;
  for (const lane of layout.lanes) {
    tops.push(bottom);
    bottom += heightOf(lane);
  }
  const lanes = layout.lanes.map((lane, index) => drawLane(lane, tops[index] ?? 0, scale, picture));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="timeline" width="${width}" height="${bottom + 4}" viewBox="0 0 ${width} ${bottom + 4}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="11">`,
    `<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" d="M0 0V6"/></pattern>`,
    `<clipPath id="plot"><rect x="${GUTTER}" y="0" width="${scale.width + 12}" height="${bottom + 4}"/></clipPath></defs>`,
    drawAxis(scale, bottom),
    ...lanes,
    '</svg>',
  ].join('');
}

function scaleOf(width: number, from: number, to: number): Scale {
  return { from, to, left: GUTTER, width: Math.max(width - GUTTER - 12, 50) };
}

/** The time that is drawn at a place of a picture of this width. */
export function timeAt(x: number, width: number, from: number, to: number): number {
  const scale = scaleOf(width, from, to);
  return from + ((x - scale.left) / scale.width) * (to - from);
}

function heightOf({ depth, mostInFlight }: Lane): number {
  return MARKS + depth * ROW + (mostInFlight > 0 ? IN_FLIGHT : 0) + GAP;
}

function drawAxis(scale: Scale, bottom: number): string {
  const at = ticks(scale, 90);
  const step = (at[1] ?? scale.to) - (at[0] ?? scale.from);
  const lines = at.map((one) => {
    const x = round(place(scale, one));
    const label = tickText(one, step);
    const fits = x + 3 + label.length * LETTER < scale.left + scale.width + 12;
    const text = fits ? `<text class="tick" x="${x + 3}" y="${AXIS - 10}">${label}</text>` : '';
    return `<path class="grid" d="M${x} ${AXIS - 6}V${bottom}"/>${text}`;
  });
  return `<g class="axis" aria-hidden="true">${lines.join('')}</g>`;
}

function drawLane(lane: Lane, top: number, scale: Scale, picture: Picture): string {
  const { shows = () => true } = picture;
  const bars = top + MARKS;
  const groups = groupMarks(lane.events.filter(shows), scale);
  const marks = groups.flatMap((group) => group.marks.map((_, index) => group.x + index * MARK));
  const foot = bars + lane.depth * ROW;
  const name = lane.name.length * LETTER > GUTTER - 20 ? `${lane.name.slice(0, Math.floor((GUTTER - 26) / LETTER))}…` : lane.name;
  return [
    `<g class="lane" data-lane="${escaped(lane.name)}"><path class="edge" d="M0 ${top + heightOf(lane) - 4}H${scale.left + scale.width + 12}"/>`,
    `<text class="name" x="10" y="${bars + 12}"><title>${escaped(lane.name)}</title>${escaped(name)}</text><g clip-path="url(#plot)">`,
    ...lane.generations.map((one, index) => drawGeneration(one, lane.generations[index + 1], marks, top, foot, scale)),
    ...(lane.mostInFlight > 0 ? [drawInFlight(lane, foot, scale)] : []),
    ...drawTurns(lane.turns.filter(shows), bars, scale, picture),
    ...groups.map((group) => drawMarks(group, top, foot, scale, picture.selected)),
    '</g></g>',
  ].join('');
}

function drawGeneration(
  { generation, from, to, isLost }: Generation,
  next: Generation | undefined,
  marks: number[],
  top: number,
  foot: number,
  scale: Scale,
): string {
  const x0 = clamp(place(scale, from), scale);
  const x1 = clamp(place(scale, to), scale);
  const band = `<rect class="generation${isLost ? ' is-lost' : ''}" x="${x0}" y="${top + 2}" width="${round(Math.max(x1 - x0, 0))}" height="${foot - top}" rx="3"/>`;
  // Between two, nobody serves.
  const until = next === undefined ? scale.left + scale.width : clamp(place(scale, next.from), scale);
  const gap =
    isLost && until > x1
      ? `<rect class="down" x="${x1}" y="${top + MARKS}" width="${round(until - x1)}" height="${foot - top - MARKS}"/>`
      : '';
  return `${band}${gap}${drawNumber(generation, x0, x1, marks, top + 14)}`;
}

/** Where the first marks leave room for it; nowhere, where they don't. */
function drawNumber(generation: number, x0: number, x1: number, marks: readonly number[], y: number): string {
  for (const text of [`generation ${generation}`, String(generation)]) {
    const width = text.length * LETTER;
    let x = x0 + 6;
    for (const mark of marks) if (x + width > mark - 8 && x < mark + 10) x = mark + 10;
    if (x + width < x1 - 4) return `<text class="number" x="${round(x)}" y="${y}">${text}</text>`;
  }
  return '';
}

/** Calls in flight, from the end of a turn until that of the next. */
function drawInFlight({ turns, mostInFlight, generations }: Lane, foot: number, scale: Scale): string {
  const steps = turns.filter(({ turn }) => turn.callsInFlight !== undefined);
  const bars = steps.map(({ turn, to }, index) => {
    const { callsInFlight = 0, generation } = turn;
    const lost = generations.find((one) => one.generation === generation)?.to ?? scale.to;
    const x0 = clamp(place(scale, to), scale);
    const x1 = clamp(place(scale, Math.max(to, Math.min(steps[index + 1]?.to ?? lost, lost))), scale);
    if (callsInFlight === 0 || x1 <= x0) return '';
    const height = round(Math.max(2, (callsInFlight / mostInFlight) * (IN_FLIGHT - 3)));
    return `<rect class="in-flight" x="${x0}" y="${round(foot + IN_FLIGHT - height)}" width="${round(x1 - x0)}" height="${height}"><title>${callsInFlight} in flight</title></rect>`;
  });
  return bars.join('');
}

/** Turns in a row for which there is no room are drawn as one. */
function drawTurns(turns: readonly PlacedTurn[], bars: number, scale: Scale, { selected }: Picture): string[] {
  interface Bar {
    readonly turns: PlacedTurn[];
    x0: number;
    x1: number;
  }
  const drawn: Bar[] = [];
  const lastOf = new Map<number, Bar>();
  for (const placed of turns) {
    if (placed.to < scale.from || placed.from > scale.to) continue;
    const x0 = place(scale, placed.from);
    const x1 = Math.max(place(scale, placed.to), x0 + NARROWEST);
    const last = lastOf.get(placed.depth);
    const before = last?.turns[0]?.turn;
    if (last && before && x0 < last.x1 + NEAR && before.outcome === placed.turn.outcome && before.generation === placed.turn.generation) {
      last.turns.push(placed);
      last.x1 = Math.max(x1, last.x1);
    } else {
      const bar = { turns: [placed], x0, x1 };
      drawn.push(bar);
      lastOf.set(placed.depth, bar);
    }
  }
  return drawn.map(({ turns: [first, ...others], x0, x1 }) => {
    if (first === undefined) return '';
    const all = [first, ...others].map(({ turn }) => turn);
    const { outcome } = first.turn;
    const left = clamp(x0, scale);
    const width = round(Math.max(clamp(x1, scale) - left, NARROWEST));
    const y = bars + first.depth * ROW;
    const title = `${callsOf(all)}: ${durationOf(all)}${outcome === 'ended' ? '' : ` (${OUTCOMES[outcome]})`}`;
    const id = `t${first.index}`;
    const many = others.length > 0 ? ` data-last="${others.at(-1)?.index}" data-n="${all.length}"` : '';
    const label = callsOf(all);
    const fits = label.length * LETTER + 8 < width;
    return (
      `<g class="item turn ${outcome}${all.length > 1 ? ' many' : ''}${id === selected ? ' selected' : ''}" data-id="${id}"${many} role="img" aria-label="${escaped(title)}">` +
      `<title>${escaped(title)}</title><rect x="${left}" y="${y}" width="${width}" height="${ROW - 3}" rx="2"/>` +
      `${fits ? `<text x="${left + 4}" y="${y + 11}">${escaped(label)}</text>` : ''}</g>`
    );
  });
}

/** Where the marks of a lane stand. */
interface MarkGroup {
  /** Of the first, in pixels. */
  readonly x: number;
  readonly marks: PlacedEvent[];
  /** How many are not drawn. */
  readonly more: number;
}

/** Marks of one place stand beside each other, as many as there is room for. */
function groupMarks(events: readonly PlacedEvent[], scale: Scale): MarkGroup[] {
  const groups: { readonly x: number; readonly all: PlacedEvent[] }[] = [];
  for (const placed of events) {
    if (placed.event.at < scale.from || placed.event.at > scale.to) continue;
    const x = place(scale, placed.event.at);
    const last = groups.at(-1);
    if (last !== undefined && x < last.x + MARK * Math.min(last.all.length, MOST_MARKS + 1)) last.all.push(placed);
    else groups.push({ x, all: [placed] });
  }
  return groups.map(({ x, all }) => {
    const marks = all.length > MOST_MARKS + 1 ? mostTelling(all) : all;
    const more = all.length - marks.length;
    // At the right edge they stand to the left of their place.
    const wide = (marks.length - 1) * MARK + 8 + (more > 0 ? 24 : 0);
    return { x: Math.min(x, scale.left + scale.width + 10 - wide), marks, more };
  });
}

function drawMarks({ x, marks, more }: MarkGroup, top: number, foot: number, scale: Scale, selected: string | undefined): string {
  const drawn = marks.map((placed, index) => {
    const { event } = placed;
    const kind = kindOf(event);
    const id = `e${placed.index}`;
    const done = outcomeOf(event);
    const title = escaped(`+${duration(event.at)}  ${titleOf(event)}${done === undefined ? '' : ` → ${done}`}`.slice(0, LONGEST_TITLE));
    const at = round(place(scale, event.at));
    const line = kind === 'made' ? '' : `<path class="at" d="M${at} ${top + 16}V${foot}"/>`;
    return (
      `<g class="item mark ${kind}${id === selected ? ' selected' : ''}" data-id="${id}" role="img" aria-label="${title}"><title>${title}</title>${line}` +
      `<g transform="translate(${round(x + index * MARK)} ${top + 10})"><rect class="hit" x="-6" y="-8" width="13" height="17"/>${glyph(kind)}</g></g>`
    );
  });
  return `${drawn.join('')}${more > 0 ? `<text class="more" x="${round(x + marks.length * MARK - 4)}" y="${top + 14}">+${more}</text>` : ''}`;
}

/** Which of many events of one place are drawn: failures before all others. */
function mostTelling(events: readonly PlacedEvent[]): PlacedEvent[] {
  const rank = ({ event }: PlacedEvent): number => MOST_TELLING.indexOf(kindOf(event));
  const sorted = [...events].sort((a, b) => rank(a) - rank(b));
  return sorted.slice(0, MOST_MARKS).sort((a, b) => a.index - b.index);
}

function clamp(x: number, { left, width }: Scale): number {
  return round(Math.min(Math.max(x, left - 4), left + width + 12));
}

function round(x: number): number {
  return Math.round(x * 10) / 10;
}

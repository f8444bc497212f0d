import type { WorkerKind } from '@wasm-revive/worker-fixture';
import { OBJECTS, PLACES, type Place } from '../workers/requests.ts';
import type { WorkerVerdict } from '../workers/worker-client.ts';
import { drawMark } from './draw-mark.ts';
import type { Bar, Model, Trace } from './model.ts';

/** How much time is shown, in milliseconds. */
const SHOWN_MS = 20_000;

const ROW = 15;
const GUTTER = 18;
const TOP = 3;

/** What is drawn, in CSS pixels. */
export const HEIGHT = PLACES.length * ROW + 2 * TOP;

/** Colours by what they are for, as the style sheet has them. */
export type Colours = (name: WorkerVerdict | 'text' | 'bar-odd' | 'bar-even' | 'line') => string;

/** Draws the lanes of a Worker as they are now. */
export function drawLanes(canvas: HTMLCanvasElement, model: Model, kind: WorkerKind): void {
  const { clientWidth: width } = canvas;
  const scale = devicePixelRatio;
  if (canvas.width !== Math.round(width * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = HEIGHT * scale;
  }
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, HEIGHT);
  const style = getComputedStyle(canvas);
  const colours: Colours = (name) => style.getPropertyValue(`--${name}`);
  const now = Date.now();
  const x = (at: number): number => GUTTER + ((at - now + SHOWN_MS) / SHOWN_MS) * (width - GUTTER - 4);
  context.font = `11px ${style.fontFamily}`;
  context.textBaseline = 'middle';
  context.save();
  context.beginPath();
  context.rect(GUTTER, 0, width - GUTTER, HEIGHT);
  context.clip();
  for (const bar of model.barsOf(kind)) drawBar(context, bar, x, now, colours);
  for (const trace of model.traces) if (trace.sentAt > now - SHOWN_MS - 5_000) drawTrace(context, trace, kind, x, now, colours);
  context.restore();
  context.fillStyle = colours('text');
  for (const place of PLACES) context.fillText(place === 'worker' ? 'W' : String(place), 2, middle(place));
}

function drawBar(context: CanvasRenderingContext2D, bar: Bar, x: (at: number) => number, now: number, colours: Colours): void {
  const { place, generation, from, to = now } = bar;
  if (to < now - SHOWN_MS) return;
  const left = Math.max(GUTTER, x(from));
  const right = x(to);
  const [top, height] = place === undefined ? [TOP, PLACES.length * ROW] : [middle(place) - ROW / 2, ROW];
  context.fillStyle = colours(generation % 2 === 1 ? 'bar-odd' : 'bar-even');
  context.fillRect(left, top + 1, Math.max(1, right - left), height - 2);
  if (from > now - SHOWN_MS && generation > 1) {
    context.fillStyle = colours('line');
    context.fillRect(left - 1, top + 1, 2, height - 2);
  }
  if (right - left < 24) return;
  context.fillStyle = colours('line');
  context.fillText(String(generation), left + 4, place === undefined ? TOP + ROW / 2 : middle(place));
}

function drawTrace(
  context: CanvasRenderingContext2D,
  { request, place, poison, sentAt, ends }: Trace,
  kind: WorkerKind,
  x: (at: number) => number,
  now: number,
  colours: Colours,
): void {
  const end = ends.get(kind);
  // Requests of one place lie side by side.
  const y = middle(place) + ((request % 3) - 1) * 3;
  context.strokeStyle = colours(end?.verdict ?? (poison === undefined ? 'served' : 'failed'));
  context.lineWidth = 1;
  context.setLineDash(end === undefined ? [2, 2] : []);
  context.beginPath();
  context.moveTo(x(sentAt), y);
  context.lineTo(x(end?.at ?? now), y);
  context.stroke();
  context.setLineDash([]);
  if (end !== undefined) drawMark(context, end.verdict, x(end.at), y, colours);
}

/** Where a place's lane is. */
function middle(place: Place): number {
  const row = place === 'worker' ? 0 : Math.min(place, OBJECTS - 1) + 1;
  return TOP + row * ROW + ROW / 2;
}

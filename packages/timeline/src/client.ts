/** What runs in the page: draws the picture anew for the part that is chosen, and shows what is known of what is chosen. */
import { factsOf, factsOfTurns, kindOf } from './describe.js';
import type { Timeline } from './document.js';
import { type Lane, layOut, type PlacedEvent, type PlacedTurn } from './layout.js';
import { drawSvg, timeAt } from './svg.js';

type Item = PlacedTurn | PlacedEvent;

const timeline = JSON.parse(element('timeline').textContent ?? '') as Timeline;
const layout = layOut(timeline);
const chart = element('chart');
const details = element('details');
const tip = element('tip');
const filter = element('filter') as HTMLInputElement;
const boxes = [...document.querySelectorAll<HTMLInputElement>('input[data-kind]')];
const rows = [...document.querySelectorAll<HTMLElement>('tr[data-id]')];
/** The least that is shown, in milliseconds. */
const LEAST = 0.002;

let from = 0;
let to = layout.ms;
let selected = '';
let isDrawing = false;

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`#${id} is missing`);
  return found;
}

function idOf(item: Item): string {
  return 'turn' in item ? `t${item.index}` : `e${item.index}`;
}

function at(item: Item): number {
  return 'turn' in item ? item.from : item.event.at;
}

function shows(item: Item): boolean {
  const kind = 'turn' in item ? 'turn' : kindOf(item.event);
  if (boxes.some((box) => box.dataset.kind === kind && !box.checked)) return false;
  const wanted = filter.value.trim().toLowerCase();
  if (wanted === '') return true;
  if ('turn' in item) return `${item.turn.entrypoint} ${item.turn.instance ?? 'default'}`.toLowerCase().includes(wanted);
  return rows[item.index]?.dataset.text?.includes(wanted) === true;
}

function draw(): void {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    // Everything in it is escaped by what draws it.
    chart.innerHTML = drawSvg(layout, { width: chart.clientWidth, from, to, shows, selected });
    for (const row of rows)
      row.hidden = !shows({ event: timeline.events[Number(row.dataset.id?.slice(1))] as never, index: Number(row.dataset.id?.slice(1)) });
  });
}

function show(begin: number, end: number): void {
  const length = Math.min(Math.max(end - begin, LEAST), layout.ms);
  from = Math.min(Math.max(begin, 0), layout.ms - length);
  to = from + length;
  draw();
}

/** @param where in milliseconds, stays in its place */
function zoom(factor: number, where: number = (from + to) / 2): void {
  const length = Math.min(Math.max((to - from) * factor, LEAST), layout.ms);
  const share = (where - from) / (to - from);
  show(where - length * share, where + length * (1 - share));
}

function itemsOf({ turns, events }: Lane): Item[] {
  return [...turns, ...events].filter(shows).sort((a, b) => at(a) - at(b));
}

function find(id: string): { readonly item: Item; readonly lane: number } | undefined {
  for (const [lane, { turns, events }] of layout.lanes.entries()) {
    const item = [...turns, ...events].find((one) => idOf(one) === id);
    if (item !== undefined) return { item, lane };
  }
  return undefined;
}

/** @param last where some turns are drawn as one, the last of them */
function select(id: string, last = id): void {
  const found = find(id);
  if (found === undefined) return;
  selected = id;
  const { item } = found;
  for (const row of rows) row.classList.toggle('selected', row.dataset.id === id);
  details.replaceChildren();
  const heading = document.createElement('h2');
  heading.textContent = 'turn' in item ? 'Turn' : item.event.name;
  const list = document.createElement('dl');
  for (const [name, text] of 'turn' in item ? factsOfTurns(turnsTo(item, last)) : factsOf(item.event)) {
    const term = document.createElement('dt');
    const fact = document.createElement('dd');
    term.textContent = name;
    fact.textContent = text;
    fact.className = name;
    list.append(term, fact);
  }
  details.append(heading, list);
  const length = to - from;
  if (at(item) < from || at(item) > to) show(at(item) - length / 2, at(item) + length / 2);
  else draw();
}

function turnsTo(first: PlacedTurn, last: string): PlacedTurn['turn'][] {
  const lane = layout.lanes.find(({ turns }) => turns.includes(first));
  const until = Math.max(first.index, Number(last.slice(1)));
  const all = lane?.turns.filter(({ index, depth }) => index >= first.index && index <= until && depth === first.depth) ?? [];
  return all.filter(shows).map(({ turn }) => turn);
}

/** To the next item of the lane, or to the nearest of another one. */
function move(along: number, across: number): void {
  const found = find(selected);
  if (found === undefined) {
    const first = layout.lanes.flatMap(itemsOf)[0];
    if (first !== undefined) select(idOf(first));
    return;
  }
  const lane = layout.lanes[found.lane + across];
  if (lane === undefined) return;
  const items = itemsOf(lane);
  const here = at(found.item);
  const next =
    across === 0
      ? items[items.findIndex((one) => idOf(one) === selected) + along]
      : items.sort((a, b) => Math.abs(at(a) - here) - Math.abs(at(b) - here))[0];
  if (next !== undefined) select(idOf(next));
}

function zoomToSelected(): void {
  const item = find(selected)?.item;
  if (item === undefined) return;
  const length = 'turn' in item ? Math.max((item.to - item.from) * 3, LEAST * 10) : (to - from) / 8;
  const middle = 'turn' in item ? (item.from + item.to) / 2 : item.event.at;
  show(middle - length / 2, middle + length / 2);
}

const KEYS: Readonly<Record<string, () => void>> = {
  ArrowLeft: () => move(-1, 0),
  ArrowRight: () => move(1, 0),
  ArrowUp: () => move(0, -1),
  ArrowDown: () => move(0, 1),
  '+': () => zoom(0.6),
  '=': () => zoom(0.6),
  '-': () => zoom(1 / 0.6),
  '0': () => show(0, layout.ms),
  Home: () => show(0, to - from),
  End: () => show(layout.ms - (to - from), layout.ms),
  Enter: zoomToSelected,
};

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === filter) {
    if (event.key !== 'Escape') return;
    filter.value = '';
    chart.focus();
    draw();
    return;
  }
  if (event.key === '/') {
    event.preventDefault();
    filter.focus();
    return;
  }
  const isOnChart = event.target === chart || event.target === document.body;
  const act = isOnChart ? KEYS[event.key] : undefined;
  if (act === undefined) return;
  event.preventDefault();
  act();
});

const timeUnder = (event: MouseEvent): number => timeAt(event.clientX - chart.getBoundingClientRect().left, chart.clientWidth, from, to);

chart.addEventListener(
  'wheel',
  (event) => {
    const along = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (!event.shiftKey && Math.abs(event.deltaY) < Math.abs(event.deltaX))
      show(from + ((to - from) * along) / 800, to + ((to - from) * along) / 800);
    else if (event.shiftKey) show(from + ((to - from) * along) / 800, to + ((to - from) * along) / 800);
    else zoom(1.0015 ** event.deltaY, timeUnder(event));
    event.preventDefault();
  },
  { passive: false },
);

let drag: { readonly x: number; readonly from: number; readonly to: number; moved: boolean } | undefined;
chart.addEventListener('pointerdown', (event) => {
  if (event.button === 0) drag = { x: event.clientX, from, to, moved: false };
});
window.addEventListener('pointermove', (event) => {
  if (drag !== undefined && (drag.moved || Math.abs(event.clientX - drag.x) > 4)) {
    drag.moved = true;
    const by = timeAt(drag.x, chart.clientWidth, drag.from, drag.to) - timeAt(event.clientX, chart.clientWidth, drag.from, drag.to);
    show(drag.from + by, drag.to + by);
  }
  const item = (event.target as Element).closest?.('#chart .item');
  tip.hidden = item === null || item === undefined;
  if (!item) return;
  tip.textContent = (item.getAttribute('aria-label') ?? '').slice(0, 600);
  tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${event.clientY + 18 + tip.offsetHeight > innerHeight ? event.clientY - tip.offsetHeight - 8 : event.clientY + 18}px`;
});
window.addEventListener('pointerup', (event) => {
  const wasMoved = drag?.moved === true;
  drag = undefined;
  if (wasMoved) return;
  const item = (event.target as Element).closest?.<SVGElement>('#chart .item');
  const { id, last } = item?.dataset ?? {};
  if (id !== undefined) select(id, last === undefined ? id : `t${last}`);
});
for (const row of rows) {
  row.tabIndex = 0;
  const choose = (): void => select(row.dataset.id ?? '');
  row.addEventListener('click', choose);
  row.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      choose();
    }
  });
}
for (const button of document.querySelectorAll<HTMLElement>('[data-do]')) {
  const does: Record<string, () => void> = { in: () => zoom(0.6), out: () => zoom(1 / 0.6), all: () => show(0, layout.ms) };
  button.addEventListener('click', does[button.dataset.do ?? ''] ?? draw);
}
for (const input of [filter, ...boxes]) input.addEventListener('input', draw);
document.querySelector('form')?.addEventListener('submit', (event) => event.preventDefault());
new ResizeObserver(draw).observe(chart);
for (const hidden of document.querySelectorAll<HTMLElement>('.tools,.keys')) hidden.hidden = false;
draw();

import type { WorkerKind } from '@wasm-revive/worker-fixture';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { TITLES } from '../protocol.ts';
import type { Model, Second } from './model.ts';

/** How many seconds are shown. */
const SHOWN_S = 60;

const HEIGHT = 180;

/** A dash pattern for each kind, for those who don't see the colours. */
const DASHES: Readonly<Record<WorkerKind, number[]>> = { plain: [2, 3], upstream: [6, 3], fresh: [10, 3, 2, 3], rollback: [] };

const servedOf = ({ served }: Second): number => served;
const letDownOf = ({ letDown }: Second): number => letDown;

/** Good requests by the second, as two charts. */
export function Rates({ model }: { readonly model: Model }) {
  return (
    <section aria-labelledby="rates-title">
      <h2 id="rates-title">Good requests by the second</h2>
      <ul class="legend" aria-label="Lines">
        {model.kinds.map((kind) => (
          <li key={kind}>
            <svg width="28" height="8" aria-hidden="true">
              <line x1="0" y1="4" x2="28" y2="4" class={`series ${kind}`} stroke-dasharray={DASHES[kind].join(' ')} />
            </svg>{' '}
            {TITLES[kind]}
          </li>
        ))}
      </ul>
      <div class="charts">
        <Chart model={model} title="Served" of={servedOf} />
        <Chart model={model} title="Failed, or without an answer" of={letDownOf} />
      </div>
    </section>
  );
}

interface ChartProps {
  readonly model: Model;
  readonly title: string;
  readonly of: (second: Second) => number;
}

function Chart({ model, title, of }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const kinds = model.kinds.join(' ');
  useEffect(() => {
    const element = place.current;
    if (element === null || kinds === '') return;
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const make = (): void => {
      chart.current?.destroy();
      chart.current = new uPlot(optionsOf(element, kinds.split(' ') as WorkerKind[]), dataOf(model, of), element);
    };
    make();
    // A canvas takes no colours from the style sheet by itself.
    dark.addEventListener('change', make);
    const sized = new ResizeObserver(() => chart.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    sized.observe(element);
    const timer = setInterval(() => chart.current?.setData(dataOf(model, of)), 1_000);
    return () => {
      clearInterval(timer);
      sized.disconnect();
      dark.removeEventListener('change', make);
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, [model, kinds, of]);
  return (
    <figure>
      <figcaption>{title}</figcaption>
      <div ref={place} class="chart" role="img" aria-label={`${title}: ${inWords(model, of)}`} />
    </figure>
  );
}

function optionsOf(element: HTMLElement, kinds: readonly WorkerKind[]): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`);
  const axis = { stroke: colour('text'), grid: { stroke: colour('grid'), width: 1 }, ticks: { stroke: colour('grid'), width: 1 } };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_, __, most) => [0, Math.max(5, Math.ceil(most * 1.1))] } },
    axes: [
      {
        ...axis,
        splits: (_, __, least, most) => [most, most - 20, most - 40].filter((at) => at >= least),
        values: (chart, splits) => splits.map((at) => secondsAgo(at, chart.scales.x?.max)),
      },
      { ...axis, size: 34, incrs: [1, 2, 5, 10, 20, 50] },
    ],
    series: [
      {},
      ...kinds.map((kind) => ({ label: TITLES[kind], stroke: colour(kind), width: 2, dash: DASHES[kind], points: { show: false } })),
    ],
  };
}

function secondsAgo(at: number, now = at): string {
  return at === now ? 'now' : `${now - at} s ago`;
}

/** Whole seconds alone: of the one that goes on not everything is known. */
function dataOf(model: Model, of: (second: Second) => number): uPlot.AlignedData {
  const last = Math.floor(Date.now() / 1000) - 1;
  const seconds = Array.from({ length: SHOWN_S }, (_, index) => last - SHOWN_S + 1 + index);
  return [seconds, ...model.kinds.map((kind) => seconds.map((second) => valueAt(model, kind, second, of)))];
}

function valueAt(model: Model, kind: WorkerKind, second: number, of: (second: Second) => number): number {
  const found = model.secondOf(kind, second);
  return found === undefined ? 0 : of(found);
}

/** The last ten seconds, in words. */
function inWords(model: Model, of: (second: Second) => number): string {
  const now = Math.floor(Date.now() / 1000);
  return model.kinds
    .map((kind) => {
      let sum = 0;
      for (let second = now - 10; second < now; second++) sum += valueAt(model, kind, second, of);
      return `${TITLES[kind]} ${(sum / 10).toFixed(1)} a second`;
    })
    .join(', ');
}

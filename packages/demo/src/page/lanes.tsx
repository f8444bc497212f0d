import type { WorkerKind } from '@wasm-revive/worker-fixture';
import { useEffect, useRef } from 'preact/hooks';
import { TITLES } from '../protocol.ts';
import { lostWrites } from '../workers/worker-client.ts';
import { drawLanes, HEIGHT } from './draw-lanes.ts';
import type { Model } from './model.ts';

/** How often lanes are drawn, in milliseconds; where motion is to be reduced, the second. */
const FRAME_MS = 50;
const CALM_FRAME_MS = 1_000;

interface LanesProps {
  readonly model: Model;
  readonly kind: WorkerKind;
}

/** The lanes of one Worker: what serves, and what becomes of its requests. */
export function Lanes({ model, kind }: LanesProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const calm = matchMedia('(prefers-reduced-motion: reduce)');
    let drawn = 0;
    let frame = 0;
    const draw = (now: number): void => {
      frame = requestAnimationFrame(draw);
      if (now - drawn < (calm.matches ? CALM_FRAME_MS : FRAME_MS)) return;
      drawn = now;
      if (canvas.current !== null) drawLanes(canvas.current, model, kind);
    };
    frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);
  }, [model, kind]);
  const { text, isWell } = summary(model, kind);
  return (
    <article class="lane" data-kind={kind}>
      <h3>{TITLES[kind]}</h3>
      <p class={isWell ? 'good' : 'bad'}>{text}</p>
      <canvas ref={canvas} role="img" aria-label={describe(model, kind)} style={{ height: `${HEIGHT}px` }} />
    </article>
  );
}

function summary(model: Model, kind: WorkerKind): { readonly text: string; readonly isWell: boolean } {
  const state = model.stateOf(kind);
  if (state === undefined) return { text: 'starting', isWell: true };
  const { collateral, withInstance, hung, failed } = state.totals;
  const lost = lostWrites(state.counters);
  const costs = [
    collateral + withInstance > 0 && `${numbered(collateral + withInstance, 'good request')} failed`,
    hung > 0 && `${hung} without an answer`,
    lost > 0 && `${numbered(lost, 'count')} lost`,
  ].filter((cost) => cost !== false);
  if (costs.length > 0) return { text: costs.join(', '), isWell: false };
  return { text: failed > 0 ? `${failed} failed as they must, and nothing else` : 'all is well', isWell: true };
}

function numbered(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** The same as the picture, in words. */
function describe(model: Model, kind: WorkerKind): string {
  const bars = model.barsOf(kind);
  const serving = bars.filter(({ to }) => to === undefined);
  const most = Math.max(0, ...bars.map(({ generation }) => generation));
  const where = serving.length === 1 ? 'one instance for the Worker and all objects' : `${serving.length} instances, one for each object`;
  return `${where}; the highest generation is ${most}`;
}

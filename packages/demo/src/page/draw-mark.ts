import type { WorkerVerdict } from '../workers/worker-client.ts';
import type { Colours } from './draw-lanes.ts';

/** Draws how a request has ended. The shapes differ, for those who don't see the colours; what is bad is larger. */
export function drawMark(context: CanvasRenderingContext2D, verdict: WorkerVerdict, x: number, y: number, colours: Colours): void {
  context.fillStyle = colours(verdict);
  context.strokeStyle = colours(verdict);
  context.lineWidth = 2;
  context.beginPath();
  switch (verdict) {
    case 'served':
      context.arc(x, y, 1.8, 0, 2 * Math.PI);
      context.fill();
      break;
    case 'failed':
      context.moveTo(x - 4, y - 4);
      context.lineTo(x + 4, y + 4);
      context.moveTo(x + 4, y - 4);
      context.lineTo(x - 4, y + 4);
      context.stroke();
      break;
    case 'collateral':
      context.fillRect(x - 3, y - 3, 6, 6);
      break;
    case 'withInstance':
      context.strokeRect(x - 3, y - 3, 6, 6);
      break;
    case 'hung':
      context.arc(x, y, 3.5, 0, 2 * Math.PI);
      context.stroke();
      break;
    case 'masked':
      context.moveTo(x, y - 5);
      context.lineTo(x + 5, y);
      context.lineTo(x, y + 5);
      context.lineTo(x - 5, y);
      context.fill();
      break;
  }
}

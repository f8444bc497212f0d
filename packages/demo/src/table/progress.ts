import { colour } from './colour.ts';

/** Shows how far a run is: one line that is rewritten on a terminal, one line a run elsewhere. */
export interface Progress {
  advance(done: number, trouble: number): void;
  end(text: string): void;
}

const WIDTH = 30;

/** Begins to show one run. */
export function showProgress(title: string, total: number): Progress {
  const live = process.stdout.isTTY;
  const started = performance.now();
  let shown = 0;
  return {
    advance(done, trouble) {
      const now = performance.now();
      // Twenty times a second is enough to look alive.
      if (!live || (now - shown < 50 && done < total)) return;
      shown = now;
      const filled = Math.round((done / total) * WIDTH);
      const bar = colour('cyan', '█'.repeat(filled)) + colour('gray', '░'.repeat(WIDTH - filled));
      const warning = trouble > 0 ? colour('red', `  ${trouble} good ones failed`) : '';
      process.stdout.write(`\r\x1b[2K  ${title}  ${bar}  ${done}/${total}${warning}`);
    },
    end(text) {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      process.stdout.write(`${live ? '\r\x1b[2K' : ''}  ${title}  ${text} ${colour('gray', `(${seconds} s)`)}\n`);
    },
  };
}

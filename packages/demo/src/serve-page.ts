import type { PanicMode } from '@wasm-revive/worker-fixture';
import { serve } from './server/serve.ts';
import { Stage } from './server/stage.ts';
import { colour } from './table/colour.ts';

/** What is sent from the beginning: enough to see, and nothing that fails. */
const SETTINGS = { perSecond: 12, poisonPercent: 0, paused: false };

/** Serves the page until the process is told to end. Gives the exit code. */
export async function servePage(options: { readonly panic: PanicMode; readonly port: number; readonly seed: number }): Promise<number> {
  const stage = new Stage({ ...options, settings: SETTINGS });
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
  try {
    console.log('Starting the Worker on workerd, once for each kind …');
    await stage.start();
    const serving = await serve(stage, options.port);
    console.log(`\n  ${colour('bold', serving.url)}\n`);
    if (!stage.kinds.includes('upstream')) console.log('Without upstream’s shim, which the set-up could not get from crates.io.');
    console.log('Ctrl-C ends it. `npm run demo -- --once` prints a table instead.');
    await ended;
    await serving.end();
    return 0;
  } finally {
    await stage.end();
  }
}

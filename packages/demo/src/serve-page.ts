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
  const serving = await serve(stage, options.port).catch((error: NodeJS.ErrnoException) => error);
  if (serving instanceof Error) {
    const isTaken = serving.code === 'EADDRINUSE';
    console.error(isTaken ? `Port ${options.port} is taken. Name another one by --port; 0 takes any that is free.` : serving.message);
    await stage.end();
    return 1;
  }
  try {
    console.log('Starting the Worker on workerd, once for each kind …');
    await stage.start();
    console.log(`\n  ${colour('bold', serving.url)}\n`);
    if (!stage.kinds.includes('upstream')) console.log('Without upstream’s shim, which the set-up could not get from crates.io.');
    console.log('Ctrl-C ends it. `npm run demo -- --once` prints a table instead.');
    await ended;
    return 0;
  } finally {
    await serving.end();
    await stage.end();
  }
}

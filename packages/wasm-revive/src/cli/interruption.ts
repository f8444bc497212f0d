import { setImmediate } from 'node:timers/promises';
import { Interrupted } from '../toolchain/processes.js';

/** Those by which a person, or what has started the command, asks it to end. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs what is to take away its half-made files before a signal ends the command. The command then ends as the signal says, so that a shell stops
 * what it is in the middle of, too. A second signal of a kind ends it at once.
 * @param run is given what aborts when a signal has come
 */
export async function interruptible<R>(run: (interruption: AbortSignal) => Promise<R>): Promise<R> {
  const controller = new AbortController();
  const interrupt = (signal: NodeJS.Signals): void => controller.abort(new Interrupted(signal));
  for (const signal of SIGNALS) process.once(signal, interrupt);
  try {
    return await run(controller.signal);
  } finally {
    // A signal that came while JavaScript ran, or that a tool has heard first, is reported in the next turn of the event loop.
    await setImmediate();
    for (const signal of SIGNALS) process.off(signal, interrupt);
    if (controller.signal.aborted) process.kill(process.pid, (controller.signal.reason as Interrupted).signal);
  }
}

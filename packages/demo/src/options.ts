import { parseArgs } from 'node:util';
import type { PanicMode } from '@wasm-revive/worker-fixture';

const USAGE = `Usage: npm run demo -- [options]

Without --once, serves a page on 127.0.0.1 until Ctrl-C:
  --panic abort|unwind  how the Worker was compiled (default abort)
  --port N              where (default 4870; 0: any that is free)
  --seed N              which requests (default 2026)

With --once, prints a table and ends:
  --once
  --requests N          how many requests each variant gets in Node.js (default 600); a third of them on workerd
  --seed N              which ones (default 2026)
  --uncaught log|die    what the program does with errors that reach no caller (default log; Node's own default is die)`;

/** What the command line says. */
export type Options =
  | { readonly do: 'page'; readonly panic: PanicMode; readonly port: number; readonly seed: number }
  | ({ readonly do: 'once' } & TableOptions);

/** Options of the table. */
export interface TableOptions {
  readonly seed: number;
  readonly count: number;
  readonly uncaught: 'log' | 'die';
}

/** Reads the command line. Text where it can't be read. */
export function parseOptions(args: readonly string[]): Options | string {
  try {
    const string = { type: 'string' } as const;
    const { values } = parseArgs({
      args: [...args],
      options: { once: { type: 'boolean' }, panic: string, port: string, requests: string, seed: string, uncaught: string },
    });
    const number = (name: 'requests' | 'seed' | 'port', or: number, least = 1): number => {
      const value = Number(values[name] ?? or);
      if (!Number.isInteger(value) || value < least)
        throw new Error(`--${name} takes a whole number from ${least}, not "${values[name]}".`);
      return value;
    };
    const only = (names: readonly ('panic' | 'port' | 'requests' | 'uncaught')[], where: string): void => {
      for (const name of names) if (values[name] !== undefined) throw new Error(`--${name} is ${where} --once.`);
    };
    const seed = number('seed', 2026);
    const { uncaught = 'log', panic = 'abort' } = values;
    if (values.once === true) {
      only(['panic', 'port'], 'for the page, without');
      if (uncaught !== 'log' && uncaught !== 'die') throw new Error(`--uncaught is log or die, not "${uncaught}".`);
      return { do: 'once', count: number('requests', 600), seed, uncaught };
    }
    only(['requests', 'uncaught'], 'for the table, with');
    if (panic !== 'abort' && panic !== 'unwind') throw new Error(`--panic is abort or unwind, not "${panic}".`);
    return { do: 'page', panic, port: number('port', 4870, 0), seed };
  } catch (error) {
    return `${error instanceof Error ? error.message : error}\n\n${USAGE}`;
  }
}

/**
 * What a package that is never failed looks like from outside: every well-behaved use of the fixtures, written down as text, so that
 * a transformed package can be compared with what it was made of, use by use.
 */
import type { AllFixtures } from './all-fixtures.ts';
import { ASYNC } from './async.ts';
import { CLASSES } from './classes.ts';
import { IMPORTS } from './imports.ts';
import { SHAPE } from './shape.ts';
import { VALUES } from './values.ts';
import { written } from './written.ts';

/** One use: what it gives is written down, and so is what it throws. */
export type Use = (ns: AllFixtures) => unknown;

/** Every use by name, in the order they are made. */
export const USES: Readonly<Record<string, Use>> = { ...SHAPE, ...VALUES, ...CLASSES, ...IMPORTS, ...ASYNC };

/** Makes every use once, and gives what came of each. @param after called with the name of a use, before the next one is made */
export async function behaviour(ns: AllFixtures, after?: (name: string) => Promise<void>): Promise<Record<string, string>> {
  const seen: Record<string, string> = {};
  for (const [name, use] of Object.entries(USES)) {
    try {
      seen[name] = written(await use(ns));
    } catch (error) {
      seen[name] = `threw ${written(error)}`;
    }
    await after?.(name);
  }
  return seen;
}

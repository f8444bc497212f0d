/** The traps that engines raise, and what cause is told of each: no Rust, and no package around it. */
import { abortCause } from '@wasm-revive/abort-detector';
// Written there byte by byte, for the package's own tests.
import { callTrap, TRAPS } from '../../../abort-detector/test/traps.ts';

/** By the names in {@link TRAPS}. */
export async function raiseAll(): Promise<Record<string, string>> {
  const told: Record<string, string> = {};
  for (const { name } of TRAPS) told[name] = causeOf(await callTrap(name));
  return told;
}

/** What has to be told of them. */
export const CAUSES: Readonly<Record<string, string>> = Object.fromEntries(TRAPS.map(({ name, cause }) => [name, cause]));

function causeOf(run: () => void): string {
  try {
    run();
  } catch (error) {
    return abortCause(error as Error);
  }
  return 'none: it did not trap';
}

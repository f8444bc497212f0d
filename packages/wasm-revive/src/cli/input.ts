import { readFileSync } from 'node:fs';

/** What the person who ran the command has named; `-` is standard input. @param refuse makes the error of what can't be read */
export function readInput(file: string, refuse: (message: string, cause: unknown) => Error): Buffer {
  try {
    return readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw refuse(
      `${file === '-' ? 'Standard input' : file} can't be read: ${error instanceof Error ? error.message : String(error)}.`,
      error,
    );
  }
}

/** As programs agree on it: https://no-color.org, https://force-color.org. */
export function wantsColour(): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0';
  return !NO_COLOR && process.stdout.isTTY === true;
}

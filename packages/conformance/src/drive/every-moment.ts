/** Runs the command line, and gives what a folder was before each change to the disk. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cli, needed, programs, RUNNING_NODE } from './paths.ts';
import { runProgram } from './run-in-node.ts';

/**
 * Gives what `watched` was at each moment, as folders.
 * @param moments an empty folder, for them
 * @param args of the command line
 */
export async function everyMoment(moments: string, watched: string, args: readonly string[]): Promise<string[]> {
  const preload = pathToFileURL(needed(join(programs, 'every-moment.js'), 'The programs have not been built')).href;
  const env = { MOMENTS_OF: watched, MOMENTS_TO: moments };
  const { ended } = await runProgram(RUNNING_NODE.binary, ['--import', preload, cli, ...args], undefined, env);
  if (ended !== undefined) throw new Error(`The command did not end well: ${ended}`);
  return readdirSync(moments)
    .sort()
    .map((moment) => join(moments, moment));
}

import path from 'node:path';
import { readPackages } from './repository.mjs';

/**
 * What came of every task that a turbo run was asked for.
 *
 * Note: the tasks are worked out from the scripts in the `package.json` files and only looked up in turbo's summary. A turbo that is
 * told to stop leaves unfinished tasks out of its summary and exits with 0 (2.11.9), so what it does not mention has not passed.
 *
 * @param {string} root
 * @param {string[]} checks names of scripts, of packages or of the root
 * @param {{ tasks: any[] } | undefined} summary what `turbo run --summarize` wrote
 * @returns {{ taskId: string, task: string, directory: string, status: 'ok' | 'failed' | 'not run', cached: boolean }[]}
 */
export function taskOutcomes(root, checks, summary) {
  const known = new Map(summary?.tasks.map((entry) => [entry.taskId, entry]));
  return wantedTasks(root, checks).map((wanted) => {
    const entry = known.get(wanted.taskId);
    const exitCode = entry?.execution?.exitCode;
    const status = exitCode === 0 ? 'ok' : exitCode === undefined ? 'not run' : 'failed';
    return { ...wanted, status, cached: entry?.cache?.status === 'HIT' };
  });
}

function wantedTasks(root, checks) {
  const packages = readPackages(root);
  return checks.flatMap((task) => {
    const inPackages = packages.filter(({ manifest }) => manifest.scripts?.[task]);
    // What no package has is the root's, or a mistake, which shows as a task that did not run.
    if (inPackages.length === 0) return [{ taskId: `//#${task}`, task, directory: '' }];
    return inPackages.map(({ folder, manifest }) => ({
      taskId: `${manifest.name}#${task}`,
      task,
      directory: path.join('packages', folder),
    }));
  });
}

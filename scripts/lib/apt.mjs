import { ask, run } from './processes.mjs';

const isRoot = () => process.getuid?.() === 0;

/** Whether Debian's packages can be installed without asking anybody. */
export function canUseApt() {
  return ask('apt-get', ['--version']) !== undefined && (isRoot() || ask('sudo', ['-n', 'true']) !== undefined);
}

/**
 * Installs Debian packages.
 *
 * @param {string[]} packages
 * @param {(line: string) => void} onLine hears its output
 */
export async function aptInstall(packages, onLine) {
  await apt(['update'], onLine);
  await apt(['install', '-y', '--no-install-recommends', ...packages], onLine);
}

function apt(args, onLine) {
  const command = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
  if (!isRoot()) command.unshift('sudo', '-n');
  return run(command[0], command.slice(1), { onLine, timeoutMs: 1_200_000 });
}

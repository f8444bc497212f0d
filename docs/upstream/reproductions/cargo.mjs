// Runs cargo on the crate of the reproductions, as it has to be run: the program's arguments are cargo, and cargo's arguments.
import { spawnSync } from 'node:child_process';

const [cargo, ...args] = process.argv.slice(2);

/** What the compiler says of the crate, by errors with a code; and how cargo ended. */
export function compile() {
  const { stdout, stderr, error, status } = spawnSync(cargo, [...args, '--message-format', 'json'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (error) throw error;
  const errors = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter(({ reason, message }) => reason === 'compiler-message' && message.level === 'error' && message.code !== null)
    .map(({ message }) => `${message.code.code} ${message.message}`);
  return { errors, stderr, status };
}

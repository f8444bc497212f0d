/** The tools that a build runs. */
import { spawn, spawnSync } from 'node:child_process';
import { BuildError } from '../build/errors.js';

/** A tool, and what it is always given. */
export type Command = readonly [string, ...string[]];

/** A signal has asked the command to end, as Ctrl-C does. */
export class Interrupted extends Error {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`${signal} has ended it`);
    this.name = 'Interrupted';
    this.signal = signal;
  }
}

/** Where and how a tool runs. */
export interface Surroundings {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Aborts, with {@link Interrupted} as its reason, when the command is to end. A tool that runs is then ended by the same signal. */
  readonly interruption?: AbortSignal;
}

/** What a tool says on standard output, trimmed; undefined where it isn't there or fails. */
export function ask([command, ...args]: Command, { cwd, env }: Surroundings): string | undefined {
  // rustup's commands fetch a toolchain that is missing, unless told not to.
  const { status, stdout } = spawnSync(command, args, { cwd, env: { ...env, RUSTUP_AUTO_INSTALL: '0' }, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * Runs a tool.
 * @param onLine hears each line of its standard error
 * @param wordsOf what of its standard output is for people to read
 * @throws BuildError `REVIVE_TOOL_FAILED`, with all that it has said; Interrupted, once the tool has ended
 */
export async function run(
  command: Command,
  { cwd, env, interruption }: Surroundings,
  onLine: (line: string) => void = () => {},
  wordsOf: (stdout: string) => string = (stdout) => stdout,
): Promise<{ stdout: string; stderr: string }> {
  interruption?.throwIfAborted();
  const [file, ...args] = command;
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text;
    const line = text.trimEnd().split('\n').at(-1);
    if (line !== undefined && line !== '') onLine(line);
  });
  const end = ({ target }: Event): void => {
    child.kill(((target as AbortSignal).reason as Interrupted).signal);
  };
  interruption?.addEventListener('abort', end);
  const how = await new Promise<string | undefined>((done) => {
    child.on('error', (error) => done(error.message));
    child.on('close', (code, signal) =>
      done(code === 0 ? undefined : signal === null ? `it ended with the code ${code}` : `${signal} ended it`),
    );
  });
  interruption?.removeEventListener('abort', end);
  interruption?.throwIfAborted();
  if (how === undefined) return said;
  throw new BuildError('REVIVE_TOOL_FAILED', `\`${command.join(' ')}\` failed: ${how}.`, { output: said.stderr + wordsOf(said.stdout) });
}

/** Fuzzes the transform in a process of its own, which a mutated package may end. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { LIMITS } from '../mutants/limits.ts';
import type { Ran, Wanted, Wrong } from '../mutants/run.ts';
import { needed, programs, RUNNING_NODE, upstreamPackage } from './paths.ts';
import { nodeFlags } from './run-in-node.ts';

/** What is mutated. Each target once at least; what the running Node.js can't load is transformed all the same. */
export function mutantOrigins(): Wanted['origins'] {
  return [
    { dir: upstreamPackage('abort', 'web'), target: 'web' },
    { dir: upstreamPackage('unwind', 'nodejs'), target: 'nodejs' },
    { dir: upstreamPackage('abort', 'bundler'), target: 'bundler' },
    { dir: upstreamPackage('unwind', 'web'), target: 'web' },
    { dir: upstreamPackage('abort', 'nodejs'), target: 'nodejs' },
    { dir: upstreamPackage('unwind', 'module'), target: 'module' },
  ];
}

/** Runs it. A process that ends by itself, or hangs, is a finding, too. */
export async function runMutantsOn(wanted: Wanted): Promise<Ran> {
  const program = needed(join(programs, 'mutants-child.js'), 'The programs have not been built');
  const child = spawn(RUNNING_NODE.binary, [...nodeFlags(RUNNING_NODE, 'bundler'), program, JSON.stringify(wanted)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  const silent = setTimeout(() => child.kill('SIGKILL'), LIMITS.silentMs);
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    silent.refresh();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = `${stderr}${text}`.slice(-3_000);
  });
  const ended = await new Promise<string | undefined>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : `${signal ?? `exit code ${code}`} ${stderr}`));
  });
  clearTimeout(silent);
  const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '{}') as Ran & { judging?: string; path?: string };
  if (ended === undefined) return last;
  const { judging = 'nothing', path = '' } = last;
  return {
    refused: 0,
    accepted: 0,
    compared: 0,
    wrong: { what: `the process has ended: ${ended}`, seed: wanted.seed, path, mutant: judging },
  };
}

/** A finding for people, with the command that repeats it. */
export function describeWrong({ what, seed, path, mutant }: Wrong): string {
  return `${what}\n\nMutated: ${mutant}\n\nRepeat it with: npm run soak -- --only mutants --seed ${seed} --path ${path}\n`;
}

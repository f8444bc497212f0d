/**
 * Which run a staging folder belongs to. The name of the mark in it says that, so that one rename takes the folder over from a run that was
 * killed: of two runs that try, one alone finds the old name.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** The mark of a folder that no run is at work on. */
export const FREE_MARK = 'made-by-wasm-revive.txt';

/** With the process's id, the time at which the mark was made, and the machine. */
const OWNED_MARK = /^made-by-wasm-revive\.(\d{1,10})\.(\d{1,15})\.([0-9a-f]{8})\.txt$/;

/** A mark that is older was left by a run that was killed, whatever process has its id now. A run keeps its folder for some seconds. */
const LONGEST_RUN_MS = 5 * 60_000;

/** How many of the ticks in which Linux counts make a second, on every architecture that Node.js runs on. */
const TICKS_PER_SECOND = 100;

/** Whether a file of this name is a mark, of whomever. */
export function isMark(name: string): boolean {
  return name === FREE_MARK || OWNED_MARK.test(name);
}

/** The mark of this process, from now on. */
export function ownMark(): string {
  return `made-by-wasm-revive.${process.pid}.${Date.now()}.${machine()}.txt`;
}

/** The process whose mark it is, in words, while that may be at work. */
export function processAtWork(mark: string): string | undefined {
  const [, pid = '', madeAt = '', where] = OWNED_MARK.exec(mark) ?? [];
  if (pid === '' || Math.abs(Date.now() - Number(madeAt)) > LONGEST_RUN_MS) return undefined;
  if (where !== machine()) return `process ${pid} of another machine or container, which is given up five minutes after it began`;
  return isRunning(Number(pid)) && !(startOf(Number(pid)) > Number(madeAt)) ? `process ${pid}` : undefined;
}

function machine(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Any other error is of a process that is there and belongs to somebody else.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
  // A process that was killed keeps its id until its parent has asked for it.
  return statOf(pid)?.state !== 'Z';
}

/** When a process was started, by the clock of {@link Date.now}; NaN where nobody says. A process can have the id of one that has ended. */
function startOf(pid: number): number {
  if (pid === process.pid) return performance.timeOrigin;
  const [other, own] = [statOf(pid), statOf(process.pid)];
  if (other === undefined || own === undefined) return Number.NaN;
  // Both are counted from the start of the machine, and rounded.
  return performance.timeOrigin + ((other.startedAt - own.startedAt - 1) * 1000) / TICKS_PER_SECOND;
}

/** What Linux says of a process; undefined elsewhere. Source: proc_pid_stat(5). */
function statOf(pid: number): { state: string; startedAt: number } | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is a name in brackets, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', startedAt: Number(fields[19]) };
}

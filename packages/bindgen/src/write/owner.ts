/**
 * Which run a folder belongs to, as a part of a name. The mark in a staging folder has it, so that one rename takes the folder over from a run that was
 * killed: of two runs that try, one alone finds the old name.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';

/** The mark of a folder that no run is at work on. */
export const FREE_MARK = 'made-by-wasm-revive.txt';

/** The ids of the process and of the thread, the time at which the name was made, and the machine. */
const OWNER = /\d{1,10}\.\d{1,10}\.\d{1,15}\.[0-9a-f]{8}/;

const OWNED_MARK = new RegExp(`^made-by-wasm-revive\\.(${OWNER.source})\\.txt$`);

/** A mark that is older was left by a run that was killed, whatever process has its id now. A run keeps its folder for some seconds. */
const LONGEST_RUN_MS = 5 * 60_000;

/** How many of the ticks in which Linux counts make a second, on every architecture that Node.js runs on. */
const TICKS_PER_SECOND = 100;

/** Linux counts from when a process was made, Node.js from when it has begun to run: on a busy machine, that is later. */
const SLOW_START_MS = 10_000;

/** Whether a file of this name is a mark, of whomever. */
export function isMark(name: string): boolean {
  return name === FREE_MARK || OWNED_MARK.test(name);
}

/** The mark of this thread, from now on. */
export function ownMark(): string {
  return `made-by-wasm-revive.${thisOwner()}.txt`;
}

/** The process whose mark it is, in words, while that may be at work. */
export function processAtWork(mark: string): string | undefined {
  const [, owner] = OWNED_MARK.exec(mark) ?? [];
  return owner === undefined ? undefined : ownerAtWork(owner, LONGEST_RUN_MS);
}

/** This thread, from now on, as a part of a name. */
export function thisOwner(): string {
  return `${process.pid}.${threadId}.${Date.now()}.${machine()}`;
}

/** What {@link thisOwner} gave, at the beginning of a text; undefined where that begins otherwise. */
export function ownerIn(text: string): string | undefined {
  return new RegExp(`^${OWNER.source}`).exec(text)?.[0];
}

/**
 * The process that {@link thisOwner} has named, in words, while that may be at work.
 * @param longestMs what is older was left by a run that was killed, whatever process has its id now
 */
export function ownerAtWork(owner: string, longestMs: number): string | undefined {
  const [pid, thread, madeAt, where] = owner.split('.') as [string, string, string, string];
  if (Math.abs(Date.now() - Number(madeAt)) > longestMs) return undefined;
  if (where !== machine()) return `process ${pid} of another machine or container, which is given up five minutes after it began`;
  // A run does all of its work in one go: one of this thread is over, however it has ended.
  if (Number(pid) === process.pid && Number(thread) === threadId) return undefined;
  return isRunning(Number(pid)) && !hasBegunAfter(Number(madeAt), Number(pid)) ? `process ${pid}` : undefined;
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

/** Whether a process has begun after that time, so that it only has the id of another one that has ended. False where nobody says. */
function hasBegunAfter(time: number, pid: number): boolean {
  // Note: not `performance.timeOrigin`, which may be when this thread began.
  const ownStart = Date.now() - process.uptime() * 1000;
  if (pid === process.pid) return ownStart > time;
  const [other, own] = [statOf(pid), statOf(process.pid)];
  if (other === undefined || own === undefined) return false;
  return ownStart + ((other.startedAt - own.startedAt) * 1000) / TICKS_PER_SECOND > time + SLOW_START_MS;
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

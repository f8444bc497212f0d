/**
 * Has the engine look for the memories of instances that are gone.
 *
 * V8 counts what memories take, but looks at the count only when something else is allocated outside of its heap: where a program makes nothing but
 * instances, a hundred of 32 MiB may lie there until ordinary garbage has filled the heap (*measured*: 2 GB on Node.js 26, 1.1 GB on workerd; with
 * this 345 and 190 MB). A buffer that nobody writes to takes no memory of the system's, and has it look (`Heap::AllocateExternalBackingStore` in V8's
 * `src/heap/heap.cc`).
 */
import { construct, inMicrotask } from '../program/intrinsics.js';

/** The size of a memory that is worth it, in bytes. */
const MUCH = 8 * 2 ** 20;

/**
 * Half of what V8 leaves alone in young buffers, in bytes. So large a buffer comes from the system each time, and nobody has to zero it. Note: no more than
 * that, for until the buffers are collected themselves they count where a process may have only so much (*measured*: with twice as much, workerd under a limit
 * of 250 MiB had no room for an instance of 33).
 */
const HALF = 16 * 2 ** 20;

/** Whether a large memory may not have been collected yet. */
let isLeft = false;

/** An instance lets go of its memory. @param bytes its size */
export function leaveMemory(bytes: number): void {
  if (bytes < MUCH) return;
  isLeft = true;
  inMicrotask(ask);
}

/** Asks once more: what failed may have held the memory until now, by frames that were on the stack, or by requests that had not ended. */
export function askForLeftMemory(): void {
  if (!isLeft) return;
  isLeft = false;
  inMicrotask(ask);
}

function ask(): void {
  try {
    // The first is counted, the second has the count looked at. Note: bundlers leave out a `new ArrayBuffer()` that nobody uses.
    construct(ArrayBuffer, [HALF]);
    construct(ArrayBuffer, [HALF]);
  } catch {
    // There is not even room to ask.
  }
}

/** What is said of an instance that is gone, and of one that a panic went through. */

import { spaceOf, UNDONE } from '../contract/handle.js';
import { PanicError, ReviveError } from '../errors.js';
import { describeThrown } from '../program/thrown.js';

const UNDONE_SPACE = spaceOf(UNDONE);

/** What a caller gets where the stack is so full that not even an error can be made: one for all, made beforehand. */
export const EXHAUSTED: ReviveError = new ReviveError(
  'REVIVE_ABORT',
  'Rust aborted: stack overflow. There was no stack left to say more; the report has it.',
);

/** What a caller gets while it is being found out what has just cost the instance, and what is done about that: plugins may call. */
export function undecidedError(trap: unknown): ReviveError {
  return new ReviveError(
    'REVIVE_ABORT',
    `Rust aborted (${describeThrown(trap).message}). This call came while plugins were being asked about that, and did nothing. The report will say more.`,
  );
}

/** The error for a use of something that pointed into an instance. @param error what it was lost through, if it was */
export function staleError(what: string, generation: number, error: ReviveError | undefined): ReviveError {
  const why = error === undefined ? 'was replaced' : `was lost (${error.message})`;
  return new ReviveError(
    'REVIVE_STALE_HANDLE',
    `${what}: the instance it belongs to (generation ${generation}) ${why}. Make a new object; this one can only be freed, which does nothing.`,
    { cause: error },
  );
}

/**
 * The error for a handle of an instance that is gone.
 * @param space of the handle's pointer
 * @param isReused whether others had the space before, so that it doesn't say which generation it is
 */
export function staleHandleError(what: string, space: number, given: string | undefined, isReused = false): ReviveError {
  if (space === UNDONE_SPACE) {
    return new ReviveError('REVIVE_STALE_HANDLE', `${what}: this object was made by a call that failed and was undone. Make a new object.`);
  }
  const from = `${space < 0 ? 'a keyed instance' : isReused ? 'a former generation' : `generation ${space + 1}`} of its module`;
  return new ReviveError(
    'REVIVE_STALE_HANDLE',
    `${what}: this object belongs to ${from}, ${given === undefined ? 'which is gone' : `not to ${given}, to which it was given`}. ` +
      'Make a new object; this one can only be freed, which does nothing.',
  );
}

/** The error for a handle of one instance that was given to another, while both live. */
export function foreignHandleError(what: string, owner: string, given: string): ReviveError {
  return new ReviveError(
    'REVIVE_FOREIGN_HANDLE',
    `${what}: this object belongs to ${owner}, not to ${given}, to which it was given. An object can be used with its own instance only: ` +
      'call that one, or make an object of the other.',
  );
}

/** The error of a call that was in flight on an instance which was lost through another failure. */
export function lostError(error: ReviveError): ReviveError {
  return new ReviveError(
    'REVIVE_INSTANCE_LOST',
    `This call was in flight on an instance that is gone. ${error.message} Whether it had effects is not known: repeat it only if that is safe.`,
    { cause: error, report: error.report },
  );
}

/** The error of an instance that a panic left intact, and that is replaced all the same. */
export function replacedError(panic: PanicError): ReviveError {
  return new ReviveError('REVIVE_INSTANCE_LOST', `A fresh instance takes this one's place, after a panic: ${panic.message}`, {
    cause: panic,
    report: panic.report,
  });
}

/** The error of a promise that a panic, or the end of a task that has failed, has left without anybody to settle it. */
export function abandonedError(failure: ReviveError): ReviveError {
  const dropped = 'Nothing can settle this promise any more: Rust dropped what was to do it';
  const init = { cause: failure, report: failure.report };
  return failure instanceof PanicError
    ? new PanicError(`${dropped}. It was pending when Rust panicked: ${failure.message}`, init)
    : new ReviveError(failure.code, `${dropped}, with a task that has failed. ${failure.message}`, init);
}

/** Why there is no state to be had of a module. */
export const NOT_UNDOABLE = 'it was not transformed with `--recovery rollback`';

/** The error where a state can't be saved. */
export function notSaved(name: string, why: string): ReviveError {
  return new ReviveError('REVIVE_NOT_SAVED', `The state of ${name} was not saved: ${why}.`, { retryable: true });
}

/** For a state that was taken over and can't be gone on with. */
export function notRestored(why: string): ReviveError {
  return new ReviveError('REVIVE_NOT_RESTORED', `The state was not restored: ${why}. A fresh instance serves.`);
}

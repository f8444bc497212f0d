import { prepareValues } from '../saved-state/carried-values.js';
import { saveState } from '../saved-state/save-state.js';
import { handlesOf } from '../saved-state/saved-handles.js';
import { decodeState } from '../saved-state/saved-state.js';
import type { KeepState } from './kept-state.js';
import { byCopy } from './state-copy.js';
import { Undo } from './undo.js';
import { byLog } from './undo-log.js';

/** What the kernel needs to undo turns, and to save a state and to begin with one. */
export interface UndoSupport {
  readonly Undo: typeof Undo;
  readonly keep: KeepState;
  readonly saveState: typeof saveState;
  readonly decodeState: typeof decodeState;
  readonly prepareValues: typeof prepareValues;
  readonly handlesOf: typeof handlesOf;
}

/**
 * See {@link UndoSupport}. Generated code gives it to the runtime where turns can be undone. So a bundler leaves it out of programs of which no module
 * can do that: it is an eighth of the runtime.
 */
export const undoSupport: UndoSupport = { Undo, keep: byLog, saveState, decodeState, prepareValues, handlesOf };

/** The same where the module has no undo log: its state is copied at the end of each turn. */
export const copySupport: UndoSupport = { Undo, keep: byCopy, saveState, decodeState, prepareValues, handlesOf };

import { prepareValues } from './carried-values.js';
import { makeRoom } from './image.js';
import { saveState } from './save-state.js';
import { handlesOf } from './saved-handles.js';
import { decodeState } from './saved-state.js';
import { Undo } from './undo.js';

/** What the kernel needs to undo turns, and to save a state and to begin with one. */
export interface UndoSupport {
  readonly Undo: typeof Undo;
  readonly saveState: typeof saveState;
  readonly decodeState: typeof decodeState;
  readonly prepareValues: typeof prepareValues;
  readonly makeRoom: typeof makeRoom;
  readonly handlesOf: typeof handlesOf;
}

/**
 * See {@link UndoSupport}. Generated code gives it to the runtime where turns can be undone. So a bundler leaves it out of programs of which no module
 * can do that: it is an eighth of the runtime.
 */
export const undoSupport: UndoSupport = { Undo, saveState, decodeState, prepareValues, makeRoom, handlesOf };

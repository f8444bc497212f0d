import type { Undoing } from '../contract/contract.js';
import { globalValue } from './global-value.js';

/** What the transform adds to a module whose turns can be undone: its exports, by what they do. */
export const UNDO_EXPORTS = {
  /** `() -> damage`: the state is now the one to go back to, unless the turn has damaged memory. */
  commit: '__wasm_revive_commit',
  /** Back to the state of the last commit. */
  rollBack: '__wasm_revive_rollback',
  /** `(address, length)`: JavaScript is about to write there. */
  note: '__wasm_revive_note',
  /**
   * A global with the address of two words. The first isn't 0 as soon as there is something to commit. The second is how many bytes there was no
   * memory for when the log needed more, so that the turn was ended by a trap; else 0.
   */
  changed: '__wasm_revive_changed',
  /** Globals of which each name ends in a number: where bytes are that are 0 as long as the log isn't damaged. */
  canary: '__wasm_revive_canary_',
  /** `() -> address`: writes down what belongs to a copy of the state besides the memory. */
  save: '__wasm_revive_save',
  /** Globals of which each name ends in a number, where the state is copied and there is no log: those that can change. */
  global: '__wasm_revive_state_',
  /** Such a copy was put back. */
  load: '__wasm_revive_load',
  /** The table of JavaScript's values; not there where nothing changes it. */
  references: '__wasm_revive_references',
} as const satisfies Undoing;

/** How many bytes more the undo log of an instance needed for the turn that failed, where there was no memory for them; 0 where that isn't why it failed. */
export function bytesMissingForLog(exports: WebAssembly.Exports): number {
  const { memory, [UNDO_EXPORTS.changed]: changed } = exports;
  if (changed === undefined || !(memory instanceof WebAssembly.Memory)) return 0;
  return new DataView(memory.buffer).getUint32((globalValue<number>(changed) as number) + 4, true);
}

import type { Application as Contract } from '@wasm-revive/kernel';
import type { Revive } from './control.js';

/** A module under management, as its façade uses it. */
export type Application = Contract<Revive>;

declare namespace wasm_bindgen {
	/* tslint:disable */
	/* eslint-disable */
	/**
	 * Greets.
	 */
	export function greet(name: string): string;
	/**
	 * How often `greet` was called.
	 */
	export function calls(): number;
	/**
	 * Its name is a word that JavaScript keeps for itself.
	 */
	export function _delete(): number;
	/**
	 * Gives what the text says, or throws what JavaScript throws.
	 */
	export function parsed(text: string): any;
	/**
	 * Calls back.
	 */
	export function twice(callback: any): any;
	/**
	 * Aborts.
	 */
	export function abort(): void;
	/**
	 * A mood.
	 */
	export enum Mood {
	  /**
	   * Good.
	   */
	  Glad = 0,
	  /**
	   * Bad.
	   */
	  Sad = 1,
	}
	/**
	 * Counts.
	 */
	export class Counter {
	  free(): void;
	  /**
	   * Counts one up.
	   */
	  inc(): number;
	  /**
	   * Starts at a number.
	   */
	  constructor(count: number);
	  /**
	   * A closure that counts up.
	   */
	  closure(): any;
	  /**
	   * How it is.
	   */
	  mood: Mood;
	}
	
}

declare type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

declare interface InitOutput {
  readonly memory: WebAssembly.Memory;
  readonly __wbg_counter_free: (a: number, b: number) => void;
  readonly __wbg_get_counter_mood: (a: number) => number;
  readonly __wbg_set_counter_mood: (a: number, b: number) => void;
  readonly _delete: () => number;
  readonly abort: () => void;
  readonly calls: () => number;
  readonly counter_closure: (a: number) => number;
  readonly counter_inc: (a: number) => number;
  readonly counter_new: (a: number) => number;
  readonly greet: (a: number, b: number, c: number) => void;
  readonly parsed: (a: number, b: number, c: number) => void;
  readonly twice: (a: number) => number;
  readonly __wbindgen_export_0: (a: number) => void;
  readonly __wbindgen_export_1: WebAssembly.Table;
  readonly __wbindgen_add_to_stack_pointer: (a: number) => number;
  readonly __wbindgen_export_2: (a: number, b: number) => number;
  readonly __wbindgen_export_3: (a: number, b: number, c: number, d: number) => number;
  readonly __wbindgen_export_4: (a: number, b: number, c: number) => void;
  readonly __wbindgen_export_5: (a: number, b: number, c: number) => number;
}

/**
* If `module_or_path` is {RequestInfo} or {URL}, makes a request and
* for everything else, calls `WebAssembly.instantiate` directly.
*
* @param {{ module_or_path: InitInput | Promise<InitInput> }} module_or_path - Passing `InitInput` directly is deprecated.
*
* @returns {Promise<InitOutput>}
*/
declare function wasm_bindgen (module_or_path?: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;

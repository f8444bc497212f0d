/* tslint:disable */
/* eslint-disable */
export const memory: WebAssembly.Memory;
export const __wbg_counter_free: (a: number, b: number) => void;
export const __wbg_get_counter_mood: (a: number) => number;
export const __wbg_set_counter_mood: (a: number, b: number) => void;
export const _delete: () => number;
export const abort: () => void;
export const calls: () => number;
export const counter_closure: (a: number) => number;
export const counter_inc: (a: number) => number;
export const counter_new: (a: number) => number;
export const greet: (a: number, b: number, c: number) => void;
export const parsed: (a: number, b: number, c: number) => void;
export const twice: (a: number) => number;
export const __wbindgen_export_0: (a: number) => void;
export const __wbindgen_export_1: WebAssembly.Table;
export const __wbindgen_add_to_stack_pointer: (a: number) => number;
export const __wbindgen_export_2: (a: number, b: number) => number;
export const __wbindgen_export_3: (a: number, b: number, c: number, d: number) => number;
export const __wbindgen_export_4: (a: number, b: number, c: number) => void;
export const __wbindgen_export_5: (a: number, b: number, c: number) => number;

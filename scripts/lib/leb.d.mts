export function readLeb(bytes: Uint8Array, at: number): [value: number, end: number];
export function leb(value: number): number[];

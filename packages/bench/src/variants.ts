/** How Rust was compiled. */
export type PanicMode = 'abort' | 'unwind';

/**
 * What made the glue. `bare`: without any guard. That is what wasm-bindgen emits under panic=abort; under panic=unwind it always
 * emits guards, and the benchmark takes them out. `guarded`: as emitted, without the reset function. `upstream`: with it. `crates`:
 * wasm-revive, of a module that links its crates.
 */
export type GlueKind = 'bare' | 'guarded' | 'upstream' | 'revive' | 'crates';

/** One line of the table. */
export interface Variant {
  readonly id: string;
  readonly title: string;
  readonly glue: GlueKind;
  readonly panic: PanicMode;
  /** Which generation is measured: 3 is after two recoveries. */
  readonly generation: 1 | 3;
}

/** The baseline once more, in processes of its own. What it differs by from the baseline is noise. */
export const CONTROL = 'control';

/** Every variant, in the order of the tables. */
export const VARIANTS: readonly Variant[] = [
  variant('bare-abort', 'plain glue', 'bare', 'abort'),
  variant(CONTROL, 'plain glue again (noise)', 'bare', 'abort'),
  variant('upstream-abort', "upstream's reset", 'upstream', 'abort'),
  variant('upstream-abort-3', "upstream's reset, after 2 resets", 'upstream', 'abort', 3),
  variant('revive-abort', 'wasm-revive', 'revive', 'abort'),
  variant('revive-abort-3', 'wasm-revive, after 2 recoveries', 'revive', 'abort', 3),
  variant('crates-abort', 'wasm-revive, with the crates', 'crates', 'abort'),
  variant('bare-unwind', 'plain glue, guards taken out', 'bare', 'unwind'),
  variant('guarded-unwind', "upstream's guards", 'guarded', 'unwind'),
  variant('upstream-unwind', "upstream's guards and reset", 'upstream', 'unwind'),
  variant('upstream-unwind-3', "upstream's, after 2 resets", 'upstream', 'unwind', 3),
  variant('revive-unwind', 'wasm-revive', 'revive', 'unwind'),
  variant('revive-unwind-3', 'wasm-revive, after 2 recoveries', 'revive', 'unwind', 3),
  variant('crates-unwind', 'wasm-revive, with the crates', 'crates', 'unwind'),
];

/** What a variant is compared with first: glue without any guard, for the same module. */
export function plainOf({ panic }: Variant): string {
  return `bare-${panic}`;
}

/** The variant without the crates that one with them is compared with. */
export function cratelessOf({ panic }: Variant): string {
  return `revive-${panic}`;
}

/** The variant of upstream's that one of ours is compared with: same panic mode, as often recovered. */
export function upstreamOf({ panic, generation }: Variant): string {
  return `upstream-${panic}${generation === 1 ? '' : `-${generation}`}`;
}

/** Whether the program has to reset upstream's instance by itself. */
export function resetsByHand({ glue, panic }: Variant): boolean {
  return glue === 'upstream' && panic === 'abort';
}

function variant(id: string, title: string, glue: GlueKind, panic: PanicMode, generation: 1 | 3 = 1): Variant {
  return { id, title, glue, panic, generation };
}

/** How Rust was compiled. */
export type PanicMode = 'abort' | 'unwind';

/**
 * What made the glue. `bare`: without any guard. That is what wasm-bindgen emits under panic=abort; under panic=unwind it always
 * emits guards, and the benchmark takes them out. `guarded`: as emitted, without the reset function. `upstream`: with it. `crates`:
 * wasm-revive, of a module that links its crates. `rollback`: wasm-revive, with `--recovery rollback`.
 */
export type GlueKind = 'bare' | 'guarded' | 'upstream' | 'revive' | 'crates' | 'rollback';

/** One line of the table. */
export interface Variant {
  readonly id: string;
  readonly title: string;
  readonly glue: GlueKind;
  readonly panic: PanicMode;
  /** How often it has recovered before it is measured. */
  readonly recoveries: Recoveries;
  /** Through what it is called: the module's own exports, which a pool may serve, or those of a sibling. */
  readonly through: Through;
}

/** None, or so many that nothing is left of the first instance but what recovering leaves behind. */
export type Recoveries = 0 | 1_000;

export type Through = 'exports' | 'pool' | 'sibling';

/** The baseline once more, in processes of its own. What it differs by from the baseline is noise. */
export const CONTROL = 'control';

/** Every variant, in the order of the tables. */
export const VARIANTS: readonly Variant[] = [
  variant('bare-abort', 'plain glue', 'bare', 'abort'),
  variant(CONTROL, 'plain glue again (noise)', 'bare', 'abort'),
  variant('upstream-abort', "upstream's reset", 'upstream', 'abort'),
  variant('upstream-abort-1000', "upstream's reset, after 1,000 resets", 'upstream', 'abort', 1_000),
  variant('revive-abort', 'wasm-revive', 'revive', 'abort'),
  variant('revive-abort-1000', 'wasm-revive, after 1,000 recoveries', 'revive', 'abort', 1_000),
  variant('rollback-abort', 'wasm-revive, rollback', 'rollback', 'abort'),
  variant('rollback-abort-1000', 'wasm-revive, rollback, after 1,000', 'rollback', 'abort', 1_000),
  variant('sibling-abort', 'wasm-revive, instance(key)', 'revive', 'abort', 0, 'sibling'),
  variant('pool-abort', 'wasm-revive, pool', 'revive', 'abort', 0, 'pool'),
  variant('crates-abort', 'wasm-revive, with the crates', 'crates', 'abort'),
  variant('bare-unwind', 'plain glue, guards taken out', 'bare', 'unwind'),
  variant('guarded-unwind', "upstream's guards", 'guarded', 'unwind'),
  variant('upstream-unwind', "upstream's guards and reset", 'upstream', 'unwind'),
  variant('upstream-unwind-1000', "upstream's, after 1,000 resets", 'upstream', 'unwind', 1_000),
  variant('revive-unwind', 'wasm-revive', 'revive', 'unwind'),
  variant('revive-unwind-1000', 'wasm-revive, after 1,000 recoveries', 'revive', 'unwind', 1_000),
  variant('rollback-unwind', 'wasm-revive, rollback', 'rollback', 'unwind'),
  variant('rollback-unwind-1000', 'wasm-revive, rollback, after 1,000', 'rollback', 'unwind', 1_000),
  variant('sibling-unwind', 'wasm-revive, instance(key)', 'revive', 'unwind', 0, 'sibling'),
  variant('pool-unwind', 'wasm-revive, pool', 'revive', 'unwind', 0, 'pool'),
  variant('crates-unwind', 'wasm-revive, with the crates', 'crates', 'unwind'),
];

/** What a variant is compared with first: glue without any guard, for the same module. */
export function plainOf({ panic }: Variant): string {
  return `bare-${panic}`;
}

/** Ours as it is before anything has failed, which ours with the crates, of a sibling, and after recoveries is compared with. */
export function untouchedOf({ panic, glue }: Variant): string {
  return `${glue === 'rollback' ? glue : 'revive'}-${panic}`;
}

/** The variant of upstream's that one of ours is compared with: same panic mode, as often recovered. */
export function upstreamOf({ panic, recoveries }: Variant): string {
  return `upstream-${panic}${recoveries === 0 ? '' : `-${recoveries}`}`;
}

/** Whether it is one of ours, of a module without the crates. */
export function isOurs({ glue }: Variant): boolean {
  return glue === 'revive' || glue === 'rollback';
}

/** Whether nothing has failed yet, and the module's own exports are called. */
export function isUntouched({ recoveries, through }: Variant): boolean {
  return recoveries === 0 && through === 'exports';
}

/** The variants that recover, as they are before anything has failed. */
export function recovers(): readonly Variant[] {
  return VARIANTS.filter((variant) => (variant.glue === 'upstream' || isOurs(variant)) && isUntouched(variant));
}

/** Whether the program has to reset upstream's instance by itself. */
export function resetsByHand({ glue, panic }: Variant): boolean {
  return glue === 'upstream' && panic === 'abort';
}

function variant(
  id: string,
  title: string,
  glue: GlueKind,
  panic: PanicMode,
  recoveries: Recoveries = 0,
  through: Through = 'exports',
): Variant {
  return { id, title, glue, panic, recoveries, through };
}

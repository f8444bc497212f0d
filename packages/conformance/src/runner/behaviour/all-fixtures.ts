import type { Counter, Fixtures, Handle } from '../fixtures.ts';

/** All that `crates/fixtures` exports: what the table needs, and the shapes that can't fail. */
export interface AllFixtures extends Fixtures {
  empty(): void;
  scale(x: number, by: number): number;
  negate_i64(n: bigint): bigint;
  not(b: boolean): boolean;
  next_char(c: string): string;
  shout(text: string): string;
  sum_bytes(bytes: Uint8Array): number;
  double_all(numbers: Float64Array): void;
  zeros(length: number): Uint8Array;
  reverse_words(words: string[]): string[];
  maybe_half(n?: number | null): number | undefined;
  maybe_shout(text?: string | null): string | undefined;
  sum(...numbers: number[]): number;
  type_of(value: unknown): string | undefined;
  make_object(name: string): { name: string; tags: string[] };
  renamedFunction(): string;
  title(): string | undefined;
  next_color(color: number): number;
  opposite(mood: string): string;
  readonly Color: Readonly<Record<string, unknown>>;
  pair_maker(): (a: unknown, b: unknown) => unknown[];
  call_tick(x: number): number;
  call_note(text: string): void;
  host_name(): unknown;
  greeting(): string;
  hypot(a: number, b: number): number;
  call_inline(x: number): number;
  call_snippet(): number;
  tally(numbers: Float64Array): number;
  leak(bytes: number): void;
  fail_kinds(): string[];
  readonly Percent: new (n: number) => Handle & { toString(): string };
  readonly RenamedClass: { new (text: string): Handle & { text(): string }; fromNumber(n: number): Handle & { text(): string } };
  readonly Odd: { new (x: number): OddHandle; of(x: number): OddHandle };
  readonly geometry: {
    readonly flat: { area(width: number, height: number): number };
    readonly Box: new (a: number, b: number, c: number) => Handle & { volume(): number };
  };
}

/** A handle whose methods are called as generators call accessors and statics. */
interface OddHandle extends Handle {
  readonly x: number;
  'new': () => number;
  get$x(): number;
  static$of(): number;
  größe(): number;
}

/** A class whose members are looked at by name. */
export type AnyClass = new (...args: never[]) => object;

/** A call with arguments that the types forbid, as JavaScript is free to make. */
export function loosely(f: (...args: never[]) => unknown): (...args: unknown[]) => unknown {
  return f as (...args: unknown[]) => unknown;
}

/** Frees a handle after looking at it. */
export function using<H extends Handle | Counter, R>(handle: H, look: (handle: H) => R): R {
  const seen = look(handle);
  handle.free();
  return seen;
}

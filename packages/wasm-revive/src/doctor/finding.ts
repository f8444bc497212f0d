/** What was looked at, in the order in which it is shown. */
export const SECTIONS = ['engine', 'toolchain', 'crate', 'package'] as const;

/** One of {@link SECTIONS}. */
export type Section = (typeof SECTIONS)[number];

/** Something that was looked at. */
export interface Finding {
  readonly section: Section;
  /** What it is about, in a word or two. */
  readonly subject: string;
  /** `ok`; `advice`: it works, and could be better; `missing`: what is asked for can't work. */
  readonly state: 'ok' | 'advice' | 'missing';
  /** What is there, in a sentence without its full stop. */
  readonly found: string;
  /** What to do: commands to run, or lines to write, one a line. There where `state` is not `ok`. */
  readonly todo?: string;
}

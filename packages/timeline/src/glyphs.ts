import type { EventKind } from './describe.js';

/** The symbols of events as shapes around 0 0: the same as those of the terminal, whatever fonts there are. */
const SHAPES: Readonly<Record<EventKind, string>> = {
  abort: '<path class="stroke" d="M-4-4L4 4M4-4L-4 4"/>',
  panic: '<path d="M0-5L5 4H-5Z"/>',
  recovered: '<circle r="4.2"/>',
  stale: '<path d="M0-5L5 0L0 5L-5 0Z"/>',
  retired: '<rect x="-4" y="-4" width="8" height="8"/>',
  made: '<circle r="1.8"/>',
  other: '<circle class="hollow" r="3.8"/>',
};

export function glyph(kind: EventKind): string {
  return SHAPES[kind];
}

import type { EventKind } from './describe.js';

/** The symbols of events as shapes around 0 0: the same as those of the terminal, whatever fonts there are. */
const SHAPES: Readonly<Record<EventKind, string>> = {
  abort: '<path class="stroke" d="M-4-4L4 4M4-4L-4 4"/>',
  panic: '<path d="M0-5L5 4H-5Z"/>',
  recovered: '<circle r="4.2"/>',
  replaced: '<circle class="hollow" r="3.8"/><path d="M0-4.2A4.2 4.2 0 0 0 0 4.2Z"/>',
  retried: '<path class="thin" d="M3.2-2.8A4.2 4.2 0 1 0 4.2 .6M3.8-5.4V-2.4H.8"/>',
  warning: '<path class="stroke" d="M0-4.5V.8M0 4.3V4.4"/>',
  refused: '<rect class="hollow" x="-3.6" y="-3.6" width="7.2" height="7.2"/>',
  stale: '<path d="M0-5L5 0L0 5L-5 0Z"/>',
  retired: '<rect x="-4" y="-4" width="8" height="8"/>',
  made: '<circle r="1.8"/>',
  other: '<circle class="hollow" r="3.8"/>',
};

export function glyph(kind: EventKind): string {
  return SHAPES[kind];
}

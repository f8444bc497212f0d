/**
 * How long the texts in messages and reports are at most: a panic can say 20 MB. All in UTF-16 code units, the note of what was left out included.
 *
 * Note: no regular expressions here, see `frames.ts`.
 */

/** Of what was said: messages and breadcrumbs. */
export const LONGEST_TEXT = 16_384;

/** Of a function's, a file's or an error's name. */
export const LONGEST_NAME = 1_024;

/** How much of a text a redaction is given. */
const LONGEST_REDACTED = 4 * LONGEST_TEXT;

/** The beginning of a text, and a note of how much was left out. */
export function shorten(text: string, longest: number = LONGEST_TEXT): string {
  return text.length <= longest ? text : begin(text, longest, text.length);
}

/**
 * Redacts a text and shortens it. Redacted first, for a secret of which only the beginning is left may not be known as one; but no more of it
 * than a few times what is kept, or a redaction of 20 MB would stop the program. What that cuts in two is at the end, which is left out.
 */
export function redactAndShorten(text: string, redact: (text: string) => string): string {
  if (text.length <= LONGEST_REDACTED) return shorten(redact(text));
  const redacted = redact(text.slice(0, LONGEST_REDACTED));
  const kept = Math.min(LONGEST_TEXT, Math.floor((redacted.length * 3) / 4));
  return begin(redacted, kept, redacted.length + text.length - LONGEST_REDACTED);
}

/** @param all how long the text was of which this is the beginning */
function begin(text: string, longest: number, all: number): string {
  const room = Math.max(0, longest - NOTE_LENGTH);
  const last = text.charCodeAt(room - 1);
  // Not half of a surrogate pair.
  const end = last >= 0xd800 && last < 0xdc00 ? room - 1 : room;
  return `${text.slice(0, end)}… [${all - end} more characters left out]`;
}

/** Room for the note. */
const NOTE_LENGTH = 48;

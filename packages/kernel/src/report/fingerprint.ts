import { type Frame, isForeign, type Location } from '../failure/failure.js';
import { own } from '../program/intrinsics.js';
import type { FailureRecord } from './report.js';

/**
 * How many of the innermost functions tell one bug from another: no more than engines keep by default (ten frames), Rust's own last frames
 * apart, for how many are kept must not matter. A panic says in which file it was, and takes more frames of Rust's own: there it is one.
 */
const FUNCTIONS = 3;

/** Parts of the names of Rust's own last frames: how it fails, not where. */
const MACHINERY = [
  'panick',
  'rust_panic',
  'rust_start_panic',
  'rust_begin_unwind',
  'begin_unwind',
  'rust_end_short_backtrace',
  'panic_fmt',
  'unwrap_failed',
  'expect_failed',
  'handle_alloc_error',
  'alloc_error_handler',
  'rust_oom',
  'rg_oom',
  'process::abort',
  'abort_internal',
  'wbindgen',
  'wbg_',
];

/**
 * 16 hexadecimal digits that are the same for the same bug: kind, cause, and where it happened. Of builds with the same symbols they are
 * the same, wherever the linker has put the functions, whatever numbers and quoted texts a message has in it, and however many frames are kept
 * (`Error.stackTraceLimit`, from ten); without symbols they are the same for one build.
 *
 * Note: no regular expressions here, see `frames.ts`.
 */
export function fingerprint(failure: FailureRecord): string {
  const panic = own(failure, 'panic');
  const frames = failure.kind === 'aborted' && failure.frames.length > 0 ? failure.frames : (panic?.frames ?? []);
  return hash(
    [
      failure.kind,
      ...(failure.kind === 'aborted' ? [failure.cause] : ['']),
      // What JavaScript threw is told apart by what it was; an engine's trap by its cause.
      ...(isForeign(failure) ? [failure.trap.name] : []),
      ...where(frames, panic && own(panic, 'location')),
      panic ? gist(panic.message) : '',
    ].join('\n'),
  );
}

function where(frames: readonly Frame[], location: Location | undefined): string[] {
  const names = frames.map((frame) => frame.function).filter((name) => name !== undefined);
  const all = names.map(symbol).filter((name) => !MACHINERY.some((part) => name.includes(part)));
  // A recursion ends anywhere in itself, and in whatever it calls.
  const repeated = all.filter((name, index) => all.indexOf(name) !== index);
  const functions = repeated.length > 0 ? [...new Set(repeated)].sort() : all;
  if (functions.length > 0) return [location?.file ?? '', ...functions.slice(0, location === undefined ? FUNCTIONS : 1)];
  if (location !== undefined) return [`${location.file}:${location.line}:${location.column}`];
  return frames.slice(0, FUNCTIONS).map(({ index, offset }) => `${index}+${offset}`);
}

/** A function's name without what differs from build to build: `app[598e58a17f1c0027]::run` and `app::run::h0123456789abcdef` are `app::run`. */
function symbol(name: string): string {
  let text = '';
  let depth = 0;
  for (const char of name) {
    if (char === '[') depth++;
    if (depth === 0) text += char;
    if (char === ']' && depth > 0) depth--;
  }
  const tail = text.lastIndexOf('::h');
  return tail >= 0 && text.length - tail === '::h'.length + 16 ? text.slice(0, tail) : text;
}

/** What a message says before it names values; a number is a `#`, however long. */
function gist(message: string): string {
  let text = '';
  for (const char of message) {
    if (char === ':' || char === '"' || char === "'" || char === '\n') break;
    if (char < '0' || char > '9') text += char;
    else if (!text.endsWith('#')) text += '#';
  }
  return text;
}

/** FNV-1a (Fowler, Noll, Vo), twice with different offsets: not for secrets. */
function hash(text: string): string {
  return [0x811c9dc5, 0x01000193].map((offset) => fnv1a(text, offset).toString(16).padStart(8, '0')).join('');
}

function fnv1a(text: string, offset: number): number {
  let value = offset;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}

import { styleText } from 'node:util';
import { type CrashReport, describeFailure, type FailureRecord, type Location } from '@wasm-revive/kernel';
import { plainLine, plainSource, plainText } from './plain-text.js';
import type { FindSource } from './sources.js';
import { type Line, linesOf } from './stack-lines.js';
import type { SymbolicatedFrame } from './symbolicate.js';
import { showLine } from './wasm.js';

/** Options of {@link renderReport}. */
export interface RenderOptions {
  /** Whether to use colours. Default: no. */
  readonly colour?: boolean;
  /** Shows the frames of the standard library, too. Default: they are counted. */
  readonly full?: boolean;
  /** Finds the sources of which a line is shown: see `sourcesOnDisk`. Default: none is. */
  readonly findSource?: FindSource;
}

type Style = (format: Parameters<typeof styleText>[0], text: string) => string;

/**
 * A crash report for people, as a compiler shows an error: what happened, the line of the source, the stack, what was done. Text of the
 * program's can't move the cursor or change colours. Ends with a line break.
 */
export function renderReport(report: CrashReport, { colour = false, full = false, findSource }: RenderOptions = {}): string {
  const style: Style = colour ? (format, text) => styleText(format, text, { validateStream: false }) : (_, text) => text;
  const { failure } = report;
  const frames: readonly SymbolicatedFrame[] = failure.panic?.frames.length
    ? failure.panic.frames
    : failure.kind === 'aborted'
      ? failure.frames
      : [];
  const lines = linesOf(frames);
  const line = lines.find(({ library, place }) => !library && place !== undefined);
  const place = failure.panic?.location ?? line?.place;
  const label = labelOf(failure, line);
  const parts = [
    headline(report, place, label, colour, findSource),
    stack(lines, full, style),
    breadcrumbs(report, style),
    facts(report, style),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** The title, with the line of the source where that can be found, or else the place alone. */
function headline(
  report: CrashReport,
  place: Location | undefined,
  label: string,
  colour: boolean,
  findSource: FindSource | undefined,
): string {
  const { failure } = report;
  // The place is shown below the title.
  const panic = failure.panic && { message: failure.panic.message, frames: [] };
  const title = plainText(describeFailure(panic === undefined ? failure : { ...failure, panic }, report.entrypoint));
  const source = place && findSource?.(place.file);
  if (place === undefined || source === undefined) {
    const where = place === undefined ? '' : `\n  --> ${plainLine(placeText(place))}`;
    return `${showLine(title, { text: '', path: '', line: 0, column: 0 }, '', colour).trimEnd()}${where}`;
  }
  return showLine(
    title,
    { text: plainSource(source.text), path: plainLine(place.file), line: place.line, column: columnIn(source.text, place, failure) },
    label,
    colour,
  ).trimEnd();
}

/** In characters, as Rust counts them in its messages. Debug information counts bytes. */
function columnIn(text: string, { line, column }: Location, { panic }: FailureRecord): number {
  if (panic?.location !== undefined || column === 0) return column;
  const before = Buffer.from(text.split('\n')[line - 1] ?? '').subarray(0, column - 1);
  return [...before.toString('utf8')].length + 1;
}

/** What is said at the place. A stack may be only that of where a panic was caught (see `packages/unwind-catcher`), or tell functions alone. */
function labelOf({ kind, panic }: FailureRecord, line: Line | undefined): string {
  if (panic?.location !== undefined) return 'it panicked here';
  const what = kind === 'unwound' ? 'it was caught' : panic === undefined ? 'it failed' : 'it panicked';
  return line?.approximate === true ? `${what} in the function that begins here` : `${what} here`;
}

function stack(lines: readonly Line[], full: boolean, style: Style): string {
  if (lines.length === 0) return '';
  const shown = full ? lines : lines.filter(({ library }) => !library);
  const left = lines.length - shown.length;
  const rows = shown.map(({ name, place, inlined, approximate }) => {
    const about = [inlined ? 'inlined' : '', approximate ? 'where it begins' : ''].filter(Boolean).join(', ');
    const where = place === undefined ? '' : `\n      ${style('dim', `at ${plainLine(placeText(place))}`)}`;
    return `  ${plainLine(name)}${about === '' ? '' : style('dim', ` (${about})`)}${where}`;
  });
  const folded = full ? rows : withoutRepeats(rows, (times) => style('dim', `  … and ${count(times, 'time')} more`));
  if (left > 0) folded.push(style('dim', `  … and ${count(left, 'function')} of Rust's own libraries`));
  return [style('bold', 'stack, innermost first'), ...folded].join('\n');
}

/** A recursion is one function, however deep it went. */
function withoutRepeats(rows: readonly string[], more: (times: number) => string): string[] {
  const folded: string[] = [];
  for (let index = 0; index < rows.length; ) {
    const row = rows[index] ?? '';
    const begin = index;
    while (rows[index] === row) index++;
    folded.push(row, ...(index - begin > 1 ? [more(index - begin - 1)] : []));
  }
  return folded;
}

function breadcrumbs({ breadcrumbs = [] }: CrashReport, style: Style): string {
  if (breadcrumbs.length === 0) return '';
  return [style('bold', 'breadcrumbs, oldest first'), ...breadcrumbs.map((text) => `  ${plainLine(text)}`)].join('\n');
}

function facts(report: CrashReport, style: Style): string {
  const { module, build, instance, generation, memoryBytes, uptimeMs, task, fingerprint, at } = report;
  const facts: readonly (readonly [string, string])[] = [
    ['recovery', recovery(report)],
    [
      'module',
      `${plainLine(module)}${build === undefined ? '' : `, build ${plainLine(build.id)}`}${instance === undefined ? `, instance ${generation}` : `, instance ${plainLine(JSON.stringify(instance))}, generation ${generation}`}${task === undefined ? '' : `, task ${task}`}`,
    ],
    ['memory', `${(memoryBytes / 2 ** 20).toFixed(1)} MiB, after ${seconds(uptimeMs)}`],
    ['when', new Date(at).toISOString()],
    ['fingerprint', plainLine(fingerprint)],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts.map(([name, text]) => `${style('bold', name.padEnd(width))}  ${text}`).join('\n');
}

function recovery({ recovery, callsLost }: CrashReport): string {
  const lost = callsLost === 0 ? '' : `; ${count(callsLost, 'call')} in flight ${callsLost === 1 ? 'was' : 'were'} rejected`;
  switch (recovery) {
    case 'keep':
      return `the instance was kept${lost}`;
    case 'rollback':
      return `the turn was undone, nothing else was lost${lost}`;
    case 'fresh':
      return `a fresh instance${lost}`;
    case 'retire':
      return `none: no fresh instance takes its place${lost}`;
  }
}

function placeText({ file, line, column }: Location): string {
  return `${file}:${line}${column > 0 ? `:${column}` : ''}`;
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

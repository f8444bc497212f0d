import { writeFileSync } from 'node:fs';
import { readTimeline, TimelineError } from '@wasm-revive/timeline';
import { renderHtml, renderSvg } from '@wasm-revive/timeline/html';
import { renderTerminal } from '@wasm-revive/timeline/terminal';
import { readInput, wantsColour } from './input.js';

interface TimelineFlags {
  readonly html?: string;
  readonly svg?: string;
}

/** `wasm-revive timeline`. */
export function runTimeline(file: string, { html, svg }: TimelineFlags): void {
  const timeline = readTimeline(readInput(file, bad).toString('utf8'));
  if (html !== undefined) write(html, renderHtml(timeline));
  if (svg !== undefined) write(svg, renderSvg(timeline));
  if (html !== undefined || svg !== undefined) return;
  process.stdout.write(renderTerminal(timeline, { width: process.stdout.columns ?? 120, colour: wantsColour() }));
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new TimelineError('REVIVE_CANT_WRITE', `${file} can't be written: ${error instanceof Error ? error.message : String(error)}.`, {
      cause: error,
    });
  }
  console.log(`written to ${file}`);
}

function bad(message: string, cause: unknown): TimelineError {
  return new TimelineError('REVIVE_BAD_TIMELINE', message, { cause });
}

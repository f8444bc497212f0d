import { styleText } from 'node:util';
import { examine } from '../doctor/doctor.js';
import { type Finding, SECTIONS, type Section } from '../doctor/finding.js';
import type { PanicMode } from '../toolchain/rust.js';
import { wantsColour } from './input.js';

interface DoctorFlags {
  readonly panic: PanicMode;
  readonly json?: boolean;
}

const TITLES: Record<Section, string> = { engine: 'This engine', toolchain: 'This machine', crate: 'This crate', package: 'This package' };
const MARKS = { ok: '✓', advice: '!', missing: '✗' } as const;
const COLOURS = { ok: 'green', advice: 'yellow', missing: 'red' } as const;

/** `wasm-revive doctor`. */
export async function runDoctor(where: string, { panic, json = false }: DoctorFlags): Promise<void> {
  const findings = await examine(where, panic, process.env);
  const isWell = findings.every(({ state }) => state !== 'missing');
  console.log(json ? JSON.stringify({ ok: isWell, findings }, null, 2) : render(findings, wantsColour()));
  if (!isWell) process.exitCode = 1;
}

/** As sections, and what to do about it, the most urgent first. */
function render(findings: readonly Finding[], colour: boolean): string {
  const style = (format: Parameters<typeof styleText>[0], text: string): string =>
    colour ? styleText(format, text, { validateStream: false }) : text;
  const width = Math.max(...findings.map(({ subject }) => subject.length));
  const lines = SECTIONS.flatMap((section) => {
    const own = findings.filter((finding) => finding.section === section);
    if (own.length === 0) return [];
    const rows = own.map(
      ({ state, subject, found }) => `  ${style(COLOURS[state], MARKS[state])} ${subject.padEnd(width)}  ${inOneLine(found)}`,
    );
    return [style('bold', TITLES[section]), ...rows, ''];
  });
  const todo = [...steps(findings, 'missing'), ...steps(findings, 'advice')];
  if (todo.length === 0) return [...lines, 'Nothing is missing.'].join('\n');
  return [...lines, style('bold', 'What to do'), ...todo].join('\n');
}

function steps(findings: readonly Finding[], state: Finding['state']): string[] {
  const own = findings.filter((finding) => finding.state === state && finding.todo !== undefined);
  const blocks = own.map(({ subject, todo = '' }) =>
    [`  ${subject}`, ...todo.split('\n').map((line) => `      ${inOneLine(line)}`)].join('\n'),
  );
  // Several modules may lack the same.
  const lines = [...new Set(blocks)].flatMap((block) => block.split('\n'));
  return own.length === 0
    ? []
    : [state === 'missing' ? '  It is missing:' : '  It could be better:', ...lines.map((line) => `  ${line}`), ''];
}

/** Names of files, and what tools have said, are anybody's. */
function inOneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/gu, ' ');
}

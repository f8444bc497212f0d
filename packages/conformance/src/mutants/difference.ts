import type { Files } from './apply.ts';

/** How many lines of a difference are shown. */
const SHOWN = 8;

/** The lines that two versions of a package don't share, and the files that only one of them has. */
export function difference(before: Files, after: Files): string {
  const lines: string[] = [];
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(path), after.get(path)];
    if (old && now && Buffer.compare(old, now) === 0) continue;
    if (!old || !now) lines.push(`${old ? '-' : '+'} ${JSON.stringify(path)}`);
    else if (/\.(?:js|json)$/.test(path)) lines.push(...changedLines(textOf(old), textOf(now)).map((line) => `${path} ${line}`));
    else lines.push(`${path}: ${old.length} → ${now.length} bytes`);
  }
  return [...lines.slice(0, SHOWN), ...(lines.length > SHOWN ? [`and ${lines.length - SHOWN} more`] : [])].join('\n');
}

function changedLines(before: string, after: string): string[] {
  const [old, now] = [new Set(before.split('\n')), new Set(after.split('\n'))];
  return [
    ...[...old].filter((line) => !now.has(line)).map((line) => `- ${line}`),
    ...[...now].filter((line) => !old.has(line)).map((line) => `+ ${line}`),
  ];
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

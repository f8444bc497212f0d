/**
 * A plain table: first row and column are names, everything else is right-aligned.
 *
 * @param {(string | number)[][]} rows
 * @returns {string}
 */
export function table(rows) {
  const text = rows.map((row) => row.map(String));
  const widths = text.reduce((/** @type {number[]} */ known, row) => row.map((cell, i) => Math.max(known[i] ?? 0, cell.length)), []);
  return text
    .map((row) => `  ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ')}`)
    .join('\n');
}

/**
 * What was said how often, most often first, with examples.
 *
 * @param {{ said: string, by: string }[]} entries
 * @param {number} [most] how many lines
 * @returns {string}
 */
export function ranked(entries, most = 25) {
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  for (const { said, by } of entries) groups.set(said, [...(groups.get(said) ?? []), by]);
  const sorted = [...groups].sort(([, a], [, b]) => b.length - a.length);
  const lines = sorted
    .slice(0, most)
    .map(
      ([said, by]) => `  ${String(by.length).padStart(4)} × ${said}\n         ${by.slice(0, 3).join(', ')}${by.length > 3 ? ', …' : ''}`,
    );
  return [...lines, ...(sorted.length > most ? [`  … and ${sorted.length - most} more`] : [])].join('\n');
}

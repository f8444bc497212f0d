/** How many names are shown. */
const MOST = 5;

/** Those of the names that somebody may have meant by another: the likeliest first. */
export function near(wanted: string, names: readonly string[]): string[] {
  const plain = (name: string): string => name.toLowerCase().replace(/^new |[^a-z0-9]/g, '');
  const sought = plain(wanted);
  const isNear = (name: string): boolean =>
    distance(sought, plain(name)) <= Math.max(1, sought.length / 3) || (sought.length > 3 && plain(name).includes(sought));
  const found = [...new Set(names)].filter(isNear);
  return found.sort((one, other) => distance(sought, plain(one)) - distance(sought, plain(other))).slice(0, MOST);
}

/** How many letters have to be put in, taken out or changed to make one of the other (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, n) => n);
  for (const letter of one) {
    const above = row;
    row = [(above[0] as number) + 1];
    for (let n = 0; n < other.length; n++) {
      const changed = (above[n] as number) + (other[n] === letter ? 0 : 1);
      row.push(Math.min(changed, (above[n + 1] as number) + 1, (row[n] as number) + 1));
    }
  }
  return row.at(-1) as number;
}

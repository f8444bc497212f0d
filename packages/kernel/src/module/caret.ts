/**
 * Whether the caret range of the older of two versions takes the newer one, as npm and cargo mean it: what is left of the first number that
 * isn't 0, and that number, are the same. A newer pre-release promises nothing, so it matches only its own version.
 */
export function isWithinCaret(a: string, b: string): boolean {
  const [one, other] = [parse(a), parse(b)];
  if (one === undefined || other === undefined) return false;
  const differs = one.numbers.findIndex((number, place) => number !== other.numbers[place]);
  if (differs < 0) return true;
  const isSameLine = one.numbers.slice(0, differs).some((number) => number > 0);
  const newer = (one.numbers[differs] ?? 0) > (other.numbers[differs] ?? 0) ? one : other;
  return isSameLine && !newer.isPreRelease;
}

/** The versions that match one, for people: `1.x`, `0.2.x`, `0.0.3`. */
export function caretLine(version: string): string {
  const numbers = parse(version)?.numbers ?? [];
  const first = numbers.findIndex((number) => number > 0);
  return first < 0 || first === 2 ? version : `${numbers.slice(0, first + 1).join('.')}.x`;
}

function parse(version: string): { readonly numbers: readonly number[]; readonly isPreRelease: boolean } | undefined {
  const [, major, minor, patch, preRelease] = /^(\d+)\.(\d+)\.(\d+)(-[^+]+)?(?:\+.*)?$/.exec(version) ?? [];
  if (major === undefined) return undefined;
  return { numbers: [major, minor, patch].map(Number), isPreRelease: preRelease !== undefined };
}

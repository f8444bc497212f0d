import type { InvariantId } from '../invariants.ts';

/** One promise, looked at once. Plain JSON: results travel between processes. */
export interface CheckResult {
  readonly invariant: InvariantId;
  readonly name: string;
  readonly ok: boolean;
  /** What was found instead; only when the check failed. */
  readonly detail?: string;
}

/** Collects checks. A check that throws has failed; it never ends the row. */
export class Checks {
  readonly results: CheckResult[] = [];

  /** @param holds true: it holds; anything else is told as what was found instead */
  that(invariant: InvariantId, name: string, holds: () => unknown): void {
    let found: unknown;
    try {
      found = holds();
    } catch (error) {
      found = `threw ${show(error)}`;
    }
    if (found === true) this.results.push({ invariant, name, ok: true });
    else this.results.push({ invariant, name, ok: false, detail: typeof found === 'string' ? found : show(found) });
  }

  /** The value is this one, by `Object.is`. */
  equal(invariant: InvariantId, name: string, actual: () => unknown, expected: unknown): void {
    this.that(invariant, name, () => {
      const value = actual();
      return Object.is(value, expected) || `${show(value)} instead of ${show(expected)}`;
    });
  }

  /** It throws an error of this code; a promise may reject with it instead, which {@link settleLater} has to find out. */
  throwsCode(invariant: InvariantId, name: string, run: () => unknown, code: string): void {
    this.that(invariant, name, () => {
      try {
        const value = run();
        return `returned ${show(value)} instead of throwing ${code}`;
      } catch (error) {
        return codeOf(error) === code || `threw ${show(error)} instead of ${code}`;
      }
    });
  }

  /** It returns without throwing, whatever it returns. */
  quiet(invariant: InvariantId, name: string, run: () => unknown): void {
    this.that(invariant, name, () => {
      run();
      return true;
    });
  }
}

/** The `code` of an error; undefined when there is none. */
export function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

/** A value as one short line. */
export function show(value: unknown): string {
  if (value instanceof Error) {
    const code = codeOf(value);
    return `${value.name}${code === undefined ? '' : ` ${String(code)}`}: ${value.message.slice(0, 200)}`;
  }
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 200));
  if (typeof value === 'function') return `function ${value.name}`;
  try {
    return JSON.stringify(value)?.slice(0, 300) ?? String(value);
  } catch {
    return String(value);
  }
}

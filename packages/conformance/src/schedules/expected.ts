/** What callers get, and what they have to. */
import { codeOf, show } from '../runner/checks.ts';
import type { Report } from '../runner/fixtures.ts';

/** What a caller got. */
export interface Outcome {
  readonly threw: boolean;
  readonly value: unknown;
  /** Whether what was thrown is a foreign exception that was reported in this call, or further in. */
  readonly reported?: boolean;
}

/** What a caller has to get. */
export type Expected =
  | { readonly is: 'value' | 'thrown'; readonly value: unknown }
  /** An error with this code; of this generation's failure, where there is one. */
  | { readonly is: 'error'; readonly code: string; readonly message?: RegExp; readonly generation?: number | undefined }
  /** An error of the glue's or of Rust's own, which is no failure. */
  | { readonly is: 'ordinary-error' }
  | { readonly is: 'one-of'; readonly of: readonly Expected[] };

/** Whether a caller got what it has to. */
export function isAsExpected(outcome: Outcome, expected: Expected): boolean {
  switch (expected.is) {
    case 'value':
      return !outcome.threw && Object.is(outcome.value, expected.value);
    case 'thrown':
      return outcome.threw && Object.is(outcome.value, expected.value);
    case 'ordinary-error':
      return outcome.threw && !String(codeOf(outcome.value)).startsWith('REVIVE_');
    case 'one-of':
      return expected.of.some((one) => isAsExpected(outcome, one));
    case 'error': {
      const { value } = outcome;
      if (!outcome.threw || !(value instanceof Error) || codeOf(value) !== expected.code) return false;
      if (expected.message && !expected.message.test(value.message)) return false;
      const { report } = value as { report?: Report };
      return expected.generation === undefined || report?.generation === expected.generation;
    }
  }
}

/** What is expected, in words. */
export function wordsOf(expected: Expected): string {
  switch (expected.is) {
    case 'value':
      return show(expected.value);
    case 'thrown':
      return `throws ${show(expected.value)}`;
    case 'ordinary-error':
      return 'throws an ordinary error';
    case 'one-of':
      return expected.of.map(wordsOf).join(' or ');
    case 'error':
      return `throws ${expected.code}${expected.generation === undefined ? '' : ` of generation ${expected.generation}`}`;
  }
}

import type { CrashReport } from '@wasm-revive/kernel';
import type { ReplayErrorCode } from './errors.js';

/** What became of the call, as the process in which it ran says. */
export type Outcome =
  | { readonly kind: 'failed'; readonly report: CrashReport }
  | { readonly kind: 'threw'; readonly error: string }
  | { readonly kind: 'ended' }
  | { readonly kind: 'refused'; readonly code: ReplayErrorCode; readonly message: string }
  /** It never said: the process was at an end before, or had to be ended. */
  | { readonly kind: 'died'; readonly how: string }
  | { readonly kind: 'hung' };

/** What that process is given, as JSON on its standard input. */
export interface ReplayTask {
  /** The package's main file. */
  readonly entry: string;
  readonly wasm: string;
  readonly path: string;
  readonly args: readonly unknown[];
  readonly build?: string | undefined;
  readonly image?: string | undefined;
}

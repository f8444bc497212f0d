import type { TransformedModule } from '@wasm-revive/bindgen';

/** What the child process is to start. */
export interface StartTask extends Pick<TransformedModule, 'name' | 'exceptions'> {
  /** The main file of a package that was transformed with `commit: 'copy'`. */
  readonly entry: string;
  readonly wasm: string;
}

/** What has come of it. */
export type StartOutcome =
  | {
      readonly kind: 'started';
      /** What `checkpoint()` gave, in base64. */
      readonly state: string;
      /** The functions that the start function has imported and called, as the wasm file names them. */
      readonly called: readonly string[];
      /** The places of the table of JavaScript's values that have what the glue gives each instance. */
      readonly given: readonly number[];
    }
  | { readonly kind: 'failed'; readonly why: string };

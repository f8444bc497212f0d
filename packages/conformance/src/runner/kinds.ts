/** How the module was built to panic. */
export type PanicMode = 'abort' | 'unwind';

/** What has to come of a kind of failure. */
export type Expected =
  /** Nothing fails. */
  | { readonly class: 'well' }
  /** The instance is lost and a fresh one serves. */
  | {
      readonly class: 'aborted';
      readonly causes: readonly string[];
      /** What Rust said, where the module has a black box to say it in. */
      readonly message?: RegExp;
      /** The bytes that could not be allocated, likewise. */
      readonly allocation?: number;
    }
  /** Destructors ran; the instance is kept. */
  | { readonly class: 'unwound'; readonly message: RegExp }
  /** JavaScript threw through Rust frames: the caller gets its own error, the instance is kept. */
  | { readonly class: 'foreign'; readonly message: RegExp };

/** A kind of failure that `fail` of the fixtures knows. */
export interface Kind {
  readonly name: string;
  /** A trap that differs from others in what the engine calls it, and in nothing else. */
  readonly isNamedByEngine?: boolean;
  expected(panic: PanicMode): Expected;
}

function abort(name: string, ...causes: string[]): Kind {
  return { name, expected: () => ({ class: 'aborted', causes }) };
}

function trap(name: string, ...causes: string[]): Kind {
  return { ...abort(name, ...causes), isNamedByEngine: true };
}

function panic(name: string, message: RegExp): Kind {
  return {
    name,
    expected: (panic) => (panic === 'abort' ? { class: 'aborted', causes: ['panic-abort'], message } : { class: 'unwound', message }),
  };
}

/** Every kind, in the order of the fixtures' README. */
export const KINDS: readonly Kind[] = [
  { name: 'none', expected: () => ({ class: 'well' }) },
  panic('panic-message', /^the message of panic-message$/),
  panic('panic-index', /^index out of bounds: the len is 3 but the index is 7$/),
  panic('panic-unwrap', /^called `Option::unwrap\(\)` on a `None` value$/),
  panic('panic-expect', /^the expectation: "the error"$/),
  panic('panic-refcell', /already (?:mutably )?borrowed/),
  // A payload that is no text: wasm-bindgen has a message of its own for it.
  panic('panic-any', /./),
  // Under panic=abort the first one ends it.
  panic('double-panic', /^the (?:first|second) panic$/),
  // One instruction for both; what tells them apart is the name of a frame, which the optimiser is free to inline.
  abort('abort', 'abort', 'unreachable'),
  trap('unreachable', 'unreachable', 'abort'),
  { name: 'oom', expected: () => ({ class: 'aborted', causes: ['out-of-memory'], allocation: 4 * 1024 * 1024 }) },
  abort('stack-overflow', 'stack-overflow'),
  abort('shadow-stack-overflow', 'stack-overflow'),
  trap('out-of-bounds', 'out-of-bounds'),
  trap('indirect-call', 'indirect-call'),
  trap('indirect-call-signature', 'indirect-call'),
  trap('arithmetic', 'arithmetic'),
  trap('arithmetic-overflow', 'arithmetic'),
  { name: 'js-exception', expected: () => ({ class: 'foreign', message: /^thrown by JavaScript$/ }) },
];

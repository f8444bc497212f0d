/** What has to be told of each way to fail in `crates/fixtures/src/corpus.rs`. */

/** Where a panic says that it happened: on the way's own line, elsewhere in Rust, or nowhere. */
export type Place = 'here' | 'elsewhere' | 'nowhere';

/** What is known of one way. */
export interface WayToFail {
  readonly name: string;
  /** What Rust says; undefined where it can say nothing, and aborts in either panic mode. */
  readonly message?: RegExp;
  readonly place: Place;
  /** Of those that abort in either mode. */
  readonly causes?: readonly string[];
  /** It aborts in either mode: showing the message panics, and Rust counts the first panic for ever. */
  readonly abortsWhenShown?: boolean;
}

const WITHOUT_WORDS = /^a panic, whose message is known only with the wasm-revive-abort-detector crate$/;

/** Where under panic=abort, without the crates, the place alone is told, or an argument is left out that only Rust can write. */
export const ON_STACK: ReadonlyMap<string, RegExp> = new Map([
  ['str boundary', /it is inside 'ü' \(bytes … of string\)$/],
  ['utf-8', /^called `Result::unwrap\(\)` on an `Err` value: …$/],
  ['utf-8 str', /^a name: …$/],
  ['parse int', /^called `Result::unwrap\(\)` on an `Err` value: …$/],
  ['parse float', /^called `Result::unwrap\(\)` on an `Err` value: …$/],
  ['duration negative', WITHOUT_WORDS],
  ['rc still shared', /^called `Result::unwrap\(\)` on an `Err` value: …$/],
  ['panic while the panic is shown', WITHOUT_WORDS],
  ['an error of Display', /^a Display implementation returned an error unexpectedly: …$/],
  ['payload of a String', WITHOUT_WORDS],
  ['thread', /^failed to spawn thread: …$/],
]);

function panic(name: string, message: RegExp, place: Place = 'here'): WayToFail {
  return { name, message, place };
}

function abort(name: string, ...causes: string[]): WayToFail {
  return { name, place: 'nowhere', causes };
}

const OUT_OF_RANGE = /^range end index 9 out of range for slice of length 3$/;
const NONE = /^called `Option::unwrap\(\)` on a `None` value$/;
const UNWRAP = /^called `Result::unwrap\(\)` on an `Err` value: /;
const NO_CLOCK = /^time not implemented on this platform$/;

/** Every way, in the order of the crate. */
export const WAYS_TO_FAIL: readonly WayToFail[] = [
  panic('array index', /^index out of bounds: the len is 3 but the index is 3$/),
  panic('slice index', /^index out of bounds: the len is 3 but the index is 9$/),
  panic('slice range end', OUT_OF_RANGE),
  panic('slice range order', /^slice index starts at 2 but ends at 1$/),
  panic('vec remove', /^removal index \(is 9\) should be < len \(is 3\)$/),
  panic('vec swap_remove', /^swap_remove index \(is 9\) should be < len \(is 3\)$/, 'elsewhere'),
  panic('vec insert', /^insertion index \(is 9\) should be <= len \(is 3\)$/),
  panic('vec split_off', /^`at` split index \(is 9\) should be <= len \(is 3\)$/),
  panic('vec drain', OUT_OF_RANGE, 'elsewhere'),
  panic('slice split_at', /^mid > len$/),
  panic('slice copy', /^copy_from_slice: source slice length \(2\) does not match destination slice length \(3\)$/),
  panic('slice chunks', /^chunk size must be non-zero$/),
  panic('deque index', /^Out of bounds access$/),
  panic('map key', /^no entry found for key$/),
  panic('tree key', /^no entry found for key$/),
  panic('str boundary', /byte index 1 is not a char boundary; it is inside 'ü' \(bytes 0\.\.2 of/),
  panic('str range', /byte index 99 is out of bounds/),
  panic('string remove', /byte index 99 is out of bounds|cannot remove a char from the end of a string/),
  panic('utf-8', /^called `Result::unwrap\(\)` on an `Err` value: FromUtf8Error \{ bytes: \[255, 254\]/),
  panic('utf-8 str', /^a name: Utf8Error \{ valid_up_to: 0, error_len: Some\(1\) \}$/),
  panic('unwrap none', NONE),
  panic('expect none', /^somebody$/),
  panic('unwrap err', /^called `Result::unwrap\(\)` on an `Err` value: "refused"$/),
  panic('unwrap_err ok', /^called `Result::unwrap_err\(\)` on an `Ok` value: 4$/),
  panic('expect_err ok', /^a refusal: 4$/),
  panic('parse int', /^called `Result::unwrap\(\)` on an `Err` value: ParseIntError \{ kind: InvalidDigit \}$/),
  panic('parse float', /^called `Result::unwrap\(\)` on an `Err` value: ParseFloatError \{ kind: Invalid \}$/),
  panic('add overflow', /^attempt to add with overflow$/),
  panic('subtract overflow', /^a smaller number$/),
  panic('negate overflow', /^attempt to negate with overflow$/),
  panic('divide by zero', /^attempt to divide by zero$/),
  panic('remainder by zero', /^attempt to calculate the remainder with a divisor of zero$/),
  panic('divide overflow', /^attempt to divide with overflow$/),
  panic('log of zero', /^argument of integer logarithm must be positive$/),
  panic('duration overflow', /^overflow when adding durations$/, 'elsewhere'),
  panic('duration negative', /^cannot convert float seconds to Duration: value is negative$/, 'elsewhere'),
  panic('refcell mutable twice', /already (?:mutably )?borrowed/),
  panic('refcell shared and mutable', /already mutably borrowed/),
  panic('once cell twice', /^the first time: 2$/),
  panic('once cell within itself', /^reentrant init$/, 'elsewhere'),
  panic('mutex within itself', /cannot recursively acquire mutex/, 'elsewhere'),
  abort('rwlock within itself', 'abort', 'unreachable'),
  panic('rc still shared', /^called `Result::unwrap\(\)` on an `Err` value: 1$/),
  panic('char digit', /radix must be in the range 2 to 36/, 'elsewhere'),
  panic('step by zero', /^assertion failed: step != 0$/, 'elsewhere'),
  panic('clamp', /^min > max, or either was NaN/, 'elsewhere'),
  panic('sort of no order', NONE),
  panic('explicit', /^explicit 4$/),
  // The black box keeps a kilobyte of it.
  panic('explicit, long', /^(?:long ){200}/),
  panic('explicit, lines', /^one\ntwo \{"three": 4\} 🦀$/u),
  panic('todo', /^not yet implemented: the hard part$/),
  panic('unimplemented', /^not implemented: not yet$/),
  panic('unreachable macro', /^internal error: entered unreachable code: state 4$/),
  panic('assert', /^assertion failed: black_box\(false\)$/),
  panic('assert with words', /^1 is not enough$/),
  panic('assert_eq', /^assertion `left == right` failed\n {2}left: 1\n right: 2$/),
  panic('assert_ne', /^assertion `left != right` failed: never the same\n/),
  panic('panic in a Display', /^while it was shown$/, 'elsewhere'),
  { name: 'panic while the panic is shown', message: /^while it was shown$/, place: 'nowhere', abortsWhenShown: true },
  panic('an error of Display', /^a Display implementation returned an error unexpectedly: Error$/, 'elsewhere'),
  panic('payload of a String', /^a payload$/),
  panic('payload of a number', /^No panic message available$|^Box<dyn Any>$/),
  // No hook hears of it.
  { name: 'payload resumed', message: /^resumed$/, place: 'nowhere' },
  panic('panic in a destructor', /^in a destructor$/, 'elsewhere'),
  panic('capacity overflow', /^capacity overflow$/, 'elsewhere'),
  panic('repeat overflow', /^capacity overflow$/, 'elsewhere'),
  panic('instant', NO_CLOCK, 'elsewhere'),
  panic('system time', NO_CLOCK, 'elsewhere'),
  panic('thread', /^failed to spawn thread: .*Unsupported/, 'elsewhere'),
  panic('file', UNWRAP),
  panic('thread-local in use', /already (?:mutably )?borrowed/),
  panic('shift overflow', /^attempt to shift left with overflow$/),
  panic('multiply overflow', /^attempt to multiply with overflow$/),
  panic('in a function of its own', /^too deep$/, 'elsewhere'),
  abort('exit', 'abort', 'unreachable'),
  // Under panic=unwind Rust panics once more, to refuse to unwind; the first panic says why.
  { name: "panic that can't unwind", message: /^it must not unwind$/, place: 'elsewhere', causes: ['panic-abort'] },
  abort('allocation of an isize', 'out-of-memory'),
  abort('handled no more', 'out-of-memory'),
];

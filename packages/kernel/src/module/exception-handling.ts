/**
 * Wasm has two encodings of exception handling, and engines run the one, the other, or both. rustc emits either under panic=unwind.
 */
import { ReviveError } from '../errors.js';

/** `legacy`: `try`, `catch`, as engines first shipped it; `exnref`: `try_table`, `throw_ref`, as it became part of WebAssembly 3.0. */
export type ExceptionEncoding = 'legacy' | 'exnref';

/** What a module needs of its engine to throw and catch. */
export interface ExceptionHandling {
  readonly encoding: ExceptionEncoding;
  /** Whether it catches what JavaScript throws by the engine's own `WebAssembly.JSTag`. */
  readonly jsTag: boolean;
  /** Nothing but imports catches: built with panic=abort, and bound with `--force-enable-abort-handler`. */
  readonly importsOnly?: true;
}

/**
 * `(import "" "f" (func $f)) (import "" "t" (tag $t (param externref))) (func (export "e") …)`: the parts before the code, which are alike.
 * (Sections: types, imports, functions, exports.)
 */
const PROBE_HEAD = [
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 8, 2, 0x60, 0, 0, 0x60, 1, 0x6f, 0],
  ...[2, 12, 2, 0, 1, 0x66, 0, 0, 0, 1, 0x74, 4, 0, 1],
  ...[3, 2, 1, 0],
  ...[7, 5, 1, 1, 0x65, 0, 1],
];

/** What `e` does: it calls `f` and catches `t`. */
const PROBE_BODY: Record<ExceptionEncoding, readonly number[]> = {
  // (try (do (call $f)) (catch $t (drop)))
  legacy: [0, 0x06, 0x40, 0x10, 0, 0x07, 0, 0x1a, 0x0b, 0x0b],
  // (drop (block $l (result externref) (try_table (catch $t $l) (call $f)) (ref.null extern)))
  exnref: [0, 0x02, 0x6f, 0x1f, 0x40, 1, 0, 0, 0, 0x10, 0, 0x0b, 0xd0, 0x6f, 0x0b, 0x1a, 0x0b],
};

function probe(encoding: ExceptionEncoding): Uint8Array<ArrayBuffer> {
  const body = PROBE_BODY[encoding];
  return new Uint8Array([...PROBE_HEAD, 10, body.length + 2, 1, body.length, ...body]);
}

/** Whether the engine compiles an encoding. */
function compiles(encoding: ExceptionEncoding): boolean {
  return WebAssembly.validate(probe(encoding));
}

/**
 * Whether Wasm catches by `WebAssembly.JSTag` what JavaScript throws. It has to be tried: Node.js before 22.22.3 has the tag, compiles
 * exnref (from 22.12 behind its flag), and doesn't catch (*measured*); there, `catch` imports would tear Rust frames down.
 */
function catchesJavaScript(encoding: ExceptionEncoding): boolean {
  const { JSTag } = WebAssembly as { JSTag?: WebAssembly.Tag };
  if (JSTag === undefined) return false;
  const thrown = {};
  const imports = {
    '': {
      f() {
        throw thrown;
      },
      t: JSTag,
    },
  };
  try {
    const { e } = new WebAssembly.Instance(new WebAssembly.Module(probe(encoding)), imports as unknown as WebAssembly.Imports).exports;
    (e as () => void)();
    return true;
  } catch (error) {
    // Anything else: this place compiles nothing that isn't known beforehand (workerd, a content security policy), so it can't be tried.
    return error !== thrown;
  }
}

/**
 * Refuses an engine that can't run a module's exception handling, before the module is instantiated.
 * @throws ReviveError `REVIVE_UNSUPPORTED_ENGINE`: what the module uses, what the engine supports, what to do
 */
export function checkEngine(name: string, handling: ExceptionHandling): void {
  const { encoding, jsTag } = handling;
  if (!compiles(encoding)) throw unsupported(`${name} uses exception handling in the ${encoding} encoding`, handling);
  if (jsTag && !catchesJavaScript(encoding)) {
    throw unsupported(
      `${name} uses exception handling in the ${encoding} encoding and catches exceptions of JavaScript by WebAssembly.JSTag`,
      handling,
    );
  }
}

/**
 * What to throw in place of an engine's `CompileError`: itself, unless the module uses exceptions, of which this engine lacks an encoding.
 * Which one a module uses can be told only from its code, and that is the engine's to read.
 */
export function explainCompileError(name: string, bytes: Uint8Array, error: unknown): unknown {
  const lacking = (['exnref', 'legacy'] as const).find((encoding) => !compiles(encoding));
  if (lacking === undefined || !(error instanceof WebAssembly.CompileError) || !hasTags(bytes)) return error;
  return unsupported(
    `${name} uses exception handling, and can't be compiled. Most likely its encoding is ${lacking}`,
    { encoding: lacking, jsTag: false },
    error,
  );
}

function unsupported(found: string, handling: ExceptionHandling, cause?: unknown): ReviveError {
  const { encoding, jsTag } = handling;
  const supported = (['legacy', 'exnref'] as const).filter(compiles);
  const tag = jsTag && supported.includes(encoding) ? ', without catching by that tag' : '';
  const node = nodeVersion();
  const engine = node === undefined ? 'this engine' : `this engine, Node.js ${node},`;
  return new ReviveError(
    'REVIVE_UNSUPPORTED_ENGINE',
    `${found}; ${engine} supports ${supported.join(' and ') || 'neither encoding'}${tag}. ${sentence(remedies(handling, node).join(', or '))}`,
    cause === undefined ? {} : { cause },
  );
}

/** What fixes it, the least work first. */
function remedies({ encoding, jsTag, importsOnly }: ExceptionHandling, node: string | undefined): string[] {
  const major = Number.parseInt(node ?? '', 10);
  if (encoding === 'legacy' && jsTag && compiles('legacy')) {
    return [
      'run it on Node.js 22.22.3 or later',
      'build it with wasm-bindgen 0.2.130 or later, which needs no such tag for the legacy encoding',
    ];
  }
  if (encoding === 'legacy') {
    return [
      ...(node === undefined ? [] : ['start Node.js with --experimental-wasm-legacy-eh']),
      'translate the wasm file with `wasm-opt --translate-to-exnref -g` before it is transformed',
      'build Rust and its std (-Zbuild-std) with RUSTFLAGS="-Cpanic=unwind -Cllvm-args=-wasm-use-legacy-eh=false"',
    ];
  }
  // The flag came with V8 12.4, in which it doesn't make the tag work.
  const flag = major >= 23 || (major === 22 && !jsTag);
  return [
    ...(flag && !compiles('exnref') ? ['start Node.js with --experimental-wasm-exnref'] : []),
    'run it where exnref works: Node.js 22.22.3, 24.15 or later, Chrome 137, Firefox 131, Safari 18.4',
    importsOnly
      ? 'run wasm-bindgen without --force-enable-abort-handler'
      : 'build Rust and its std (-Zbuild-std) with RUSTFLAGS="-Cpanic=unwind -Cllvm-args=-wasm-use-legacy-eh=true", for the legacy encoding',
  ];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** Undefined in other engines, those that say which Node.js they are like (Deno, Bun) among them. */
function nodeVersion(): string | undefined {
  const { process } = globalThis as { process?: { versions?: Record<string, string | undefined> } };
  const versions = process?.versions;
  return versions?.deno === undefined && versions?.bun === undefined ? versions?.node : undefined;
}

const TAG_SECTION = 13;

/** Whether a module has exception tags of its own. */
function hasTags(bytes: Uint8Array): boolean {
  let at = 8;
  while (at < bytes.length) {
    const id = bytes[at++];
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      size += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    if (id === TAG_SECTION) return true;
    at += size;
  }
  return false;
}

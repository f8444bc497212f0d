/** What this Node.js can run. */
import { checkEngine, type ExceptionHandling } from '@wasm-revive/kernel';
import type { Finding } from './finding.js';

const HEAD = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** A module for each feature that rustc or wasm-bindgen uses, which an engine without it refuses. */
const PROBES: Readonly<Record<string, readonly number[]>> = {
  // (func (result externref) (ref.null extern))
  'reference types': [1, 5, 1, 0x60, 0, 1, 0x6f, 3, 2, 1, 0, 10, 6, 1, 4, 0, 0xd0, 0x6f, 0x0b],
  // (func (result i32 i32) (i32.const 0) (i32.const 0))
  'multiple values': [1, 6, 1, 0x60, 0, 2, 0x7f, 0x7f, 3, 2, 1, 0, 10, 8, 1, 6, 0, 0x41, 0, 0x41, 0, 0x0b],
  // (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)))
  'bulk memory': [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1, 10, 13, 1, 11, 0, 0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x0b, 0, 0x0b],
  // (func (drop (i8x16.splat (i32.const 0))))
  SIMD: [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 0x41, 0, 0xfd, 0x0f, 0x1a, 0x0b],
};

/** The versions that `engines` of the packages names. */
const NODE = '^20.19.0 || >=22.12.0';

/** Why this engine can't run a module's exceptions, in the words of the runtime; undefined where it can. */
export function refusal(name: string, handling: ExceptionHandling): string | undefined {
  try {
    checkEngine(name, handling);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Looks at the engine that this runs on. */
export function examineEngine(version: string = process.versions.node): Finding[] {
  const runs = (encoding: ExceptionHandling['encoding'], jsTag: boolean): boolean => refusal('', { encoding, jsTag }) === undefined;
  const encodings = (['legacy', 'exnref'] as const).filter((encoding) => runs(encoding, false));
  const features = Object.entries(PROBES).filter(([, probe]) => WebAssembly.validate(new Uint8Array([...HEAD, ...probe])));
  const lacking = Object.keys(PROBES).filter((name) => !features.some(([one]) => one === name));
  const tag = runs('exnref', true)
    ? '; what JavaScript throws is caught by WebAssembly.JSTag'
    : '; exnref code can’t catch what JavaScript throws';
  return [
    isSupported(version)
      ? { section: 'engine', subject: 'Node.js', state: 'ok', found: `${version}, V8 ${process.versions.v8}` }
      : { section: 'engine', subject: 'Node.js', state: 'missing', found: `${version}; supported is ${NODE}`, todo: 'nvm install --lts' },
    { section: 'engine', subject: 'panic=abort', state: 'ok', found: 'runs on every engine' },
    encodings.length > 0
      ? {
          section: 'engine',
          subject: 'panic=unwind',
          state: 'ok',
          found: `in the encoding ${encodings.join(' and ')}${encodings.includes('exnref') ? tag : ''}`,
        }
      : {
          section: 'engine',
          subject: 'panic=unwind',
          state: 'advice',
          found: 'in neither encoding of exceptions',
          todo: 'nvm install --lts',
        },
    lacking.length === 0
      ? { section: 'engine', subject: 'WebAssembly', state: 'ok', found: Object.keys(PROBES).join(', ') }
      : { section: 'engine', subject: 'WebAssembly', state: 'missing', found: `without ${lacking.join(', ')}`, todo: 'nvm install --lts' },
  ];
}

function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
}

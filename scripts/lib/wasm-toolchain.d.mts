/** The Rust toolchain that builds for wasm32-unknown-unknown with its own std. */
export interface WasmToolchain {
  readonly kind: 'rustup' | 'debian';
  /** The path of cargo. */
  readonly cargo: string;
  /** The environment to run cargo in. */
  env(panic: 'abort' | 'unwind' | 'unwind-exnref'): NodeJS.ProcessEnv;
  /** Arguments for `cargo build`. */
  buildStdArgs(panic: 'abort' | 'unwind' | 'unwind-exnref'): string[];
}

export function wasmToolchain(): WasmToolchain;

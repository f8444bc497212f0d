/** `(module (func (export "f") unreachable))`. */
const MODULE: Uint8Array<ArrayBuffer> = new Uint8Array([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 4, 1, 0x60, 0, 0],
  ...[3, 2, 1, 0],
  ...[7, 5, 1, 1, 0x66, 0, 0],
  ...[10, 5, 1, 3, 0, 0x00, 0x0b],
]);

let made: unknown;

/**
 * An error that Wasm can't catch: one that a trap has raised. Engines mark those, and let no `catch_all` see them, whoever throws them on;
 * not so what JavaScript threw, nor, in SpiderMonkey, an exhausted stack (`Trap::StackOverflow` in `js/src/wasm/WasmBuiltins.cpp`).
 *
 * Made beforehand: where it is needed, the stack may be full. Undefined where no Wasm may be compiled.
 */
export function realTrap(): unknown {
  made ??= raise();
  return made;
}

function raise(): unknown {
  let run: () => void;
  try {
    ({ f: run } = new WebAssembly.Instance(new WebAssembly.Module(MODULE)).exports as { f: () => void });
  } catch {
    // workerd, which takes only the modules that come with a worker.
    return undefined;
  }
  try {
    run();
  } catch (trap) {
    return trap;
  }
  return undefined;
}

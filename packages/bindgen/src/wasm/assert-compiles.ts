/**
 * Before anything is written, an engine is asked whether it takes the wasm file that was made. A mistake of ours is then an error of the
 * command, and no package that doesn't load.
 * @param before the module that it was made of. Where the running engine doesn't take that either (Node.js 20 has no exnref), it can't judge
 * @throws Error, which becomes `REVIVE_FAULT`
 */
export function assertCompiles(made: Uint8Array, before: Uint8Array, name: string): void {
  if (WebAssembly.validate(made as BufferSource) || !WebAssembly.validate(before as BufferSource)) return;
  throw new Error(`the module that it has made of ${name} is one that the engine refuses, and takes the original`);
}

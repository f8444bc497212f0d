/** Where each function's body is in a wasm file, in bytes from the file's start; a body begins with its locals. */
export interface FunctionBodies {
  /** Where the contents of the code section begin. */
  readonly codeOffset: number;
  /** Where the body begins that holds the byte at an offset. */
  startOf(offset: number): number | undefined;
}

const CODE_SECTION = 10;

/** Finds the functions of a wasm file (WebAssembly specification, 5.5.13). Undefined when it has none. */
export function functionBodies(wasm: Uint8Array): FunctionBodies | undefined {
  for (let at = 8; at < wasm.length; ) {
    const size = readUnsigned(wasm, at + 1);
    if (wasm[at] === CODE_SECTION) return bodiesAt(wasm, size.end);
    at = size.end + size.value;
  }
  return undefined;
}

function bodiesAt(wasm: Uint8Array, codeOffset: number): FunctionBodies {
  return {
    codeOffset,
    startOf(offset) {
      const count = readUnsigned(wasm, codeOffset);
      let at = count.end;
      for (let i = 0; i < count.value && at <= offset; i++) {
        const size = readUnsigned(wasm, at);
        at = size.end + size.value;
        if (offset < at) return size.end <= offset ? size.end : undefined;
      }
      return undefined;
    },
  };
}

/** LEB128. */
function readUnsigned(bytes: Uint8Array, from: number): { value: number; end: number } {
  let value = 0;
  let end = from;
  for (let scale = 1; ; scale *= 0x80) {
    const byte = bytes[end++] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, end };
  }
}

import { ReviveError } from '@wasm-revive/kernel';

/**
 * Finds the `WebAssembly.Module` behind what a bundler made of `import * as source from './app_bg.wasm'`.
 *
 * Bundlers disagree: workerd and Vite's `?module` give the module itself as default export, loaders give bytes or a URL, and those
 * that implement the WebAssembly/ES module integration (webpack, Node with `--experimental-wasm-modules`) give the exports of
 * one instance, of which no second can be made: there the file is read again by its URL. If it isn't there (server bundles, which have
 * it inside), the package works until it fails: null.
 * @throws ReviveError `REVIVE_NO_MODULE`
 */
export async function loadModule(source: unknown, url: () => URL): Promise<WebAssembly.Module | null> {
  const given = isNamespace(source) && 'default' in source ? source.default : source;
  if (given instanceof WebAssembly.Module) return given;
  if (given instanceof ArrayBuffer || given instanceof Uint8Array) return compile(given as BufferSource);
  if (typeof given === 'string') return compile(await read(new URL(given, url())));
  try {
    return await compile(await read(url()));
  } catch (error) {
    if (isNamespace(source) && 'memory' in source) return null;
    throw error;
  }
}

function isNamespace(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

async function compile(bytes: BufferSource): Promise<WebAssembly.Module> {
  return WebAssembly.compile(bytes);
}

async function read(url: URL): Promise<ArrayBuffer> {
  try {
    if (url.protocol === 'file:') return readFile(url);
    const response = await fetch(url);
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    return await response.arrayBuffer();
  } catch (cause) {
    throw new ReviveError(
      'REVIVE_NO_MODULE',
      `No WebAssembly.Module could be obtained: ${url} could not be read. Importing a .wasm file gave neither a module, bytes nor a URL here; ` +
        'serve the file at that address, or use the `web` target and pass the module to its init function.',
      { cause },
    );
  }
}

/** Reads a file in Node.js, Deno and Bun, whose `fetch` may know no `file:` URLs. */
function readFile(url: URL): ArrayBuffer {
  // Note: not `import('node:fs')`. Bundlers for browsers refuse a specifier that they can see, and minifiers make a constant of a variable.
  const fs = globalThis.process?.getBuiltinModule?.('node:fs');
  if (fs === undefined) throw new Error('nothing here reads files: Node.js 20.16 or 22.3, Deno 2 and Bun 1.2 do');
  const bytes = fs.readFileSync(url);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

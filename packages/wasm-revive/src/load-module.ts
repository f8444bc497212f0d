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
    if (url.protocol === 'file:') return await readFile(url);
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

async function readFile(url: URL): Promise<ArrayBuffer> {
  // Note: the specifier is a variable so that bundlers for other platforms leave it alone.
  const specifier = 'node:fs/promises';
  const fs = (await import(/* @vite-ignore */ /* webpackIgnore: true */ specifier)) as typeof import('node:fs/promises');
  const bytes = await fs.readFile(url);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

/** The wasm file of another build, or of another program, in the place of a package's own: refused in words, however it is given (I9). */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isReviveError } from '@wasm-revive/kernel';
import { afterEach, describe, expect, it } from 'vitest';
import { removeFolders, transformed } from './fixtures.js';
import { BYTES } from './plain-wasm.js';

const NAME = 'wasm_revive_fixtures';
const ARTIFACTS = new URL('../../../.artifacts/', import.meta.url);

afterEach(removeFolders);

const own = (dir: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(join(dir, `${NAME}_bg.wasm`)));

/** What is used of a package for the web, and of the glue of one for bundlers. */
interface Loaded {
  default(options: { readonly module_or_path: BufferSource | WebAssembly.Module | Response }): Promise<unknown>;
  initSync(options: { readonly module: BufferSource | WebAssembly.Module }): unknown;
  __wbg_set_wasm(exports: object, module?: WebAssembly.Module): void;
  add(a: number, b: number): number;
}

const load = (dir: string, file: string): Promise<Loaded> => import(pathToFileURL(join(dir, file)).href);

const AS_WRITTEN = new Uint8Array(readFileSync(new URL(`fixtures/abort/web/${NAME}_bg.wasm`, ARTIFACTS)));

const OTHERS: Readonly<Record<string, readonly [bytes: Uint8Array<ArrayBuffer>, found: string]>> = {
  'of the same program under panic=unwind': [
    new Uint8Array(readFileSync(new URL(`fixtures/unwind/web/${NAME}_bg.wasm`, ARTIFACTS))),
    `It imports "__wbg_increment_0ac75f52dff23d81" from "./${NAME}_bg.js".`,
  ],
  'of another program': [BYTES, 'It imports from "env".'],
  'as wasm-bindgen wrote it': [
    AS_WRITTEN,
    `It has no __wasm_revive_global_0, which the transform adds, and exports "memory", "__proto__", "__wbg_animal_free" and ${
      WebAssembly.Module.exports(new WebAssembly.Module(AS_WRITTEN)).length - 3
    } more.`,
  ],
  'of nothing': [new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]), 'It has nothing for "__proto__" to call, and exports nothing.'],
};

/** The error, in the words of this module. */
function refusal(found: string): unknown {
  return expect.objectContaining({
    code: 'REVIVE_VERSION_MISMATCH',
    message:
      `${NAME} was given a WebAssembly module that is not its own. ${found} The wasm file and the JavaScript have to come from one run of the ` +
      'transform: deploy both together, and look for caches that hold the file of another build.',
  });
}

/** What a function throws, or what its promise is rejected with. */
async function thrownBy(run: () => unknown): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe.each(Object.entries(OTHERS))('a wasm file %s', (_, [bytes, found]) => {
  it.each([
    ['init with bytes', (pkg: Loaded) => pkg.default({ module_or_path: bytes })],
    ['init with a module', (pkg: Loaded) => pkg.default({ module_or_path: new WebAssembly.Module(bytes) })],
    [
      'init with a response',
      (pkg: Loaded) => pkg.default({ module_or_path: new Response(bytes, { headers: { 'content-type': 'application/wasm' } }) }),
    ],
    ['initSync', (pkg: Loaded) => pkg.initSync({ module: bytes })],
  ])('is refused, and the right one taken then › %s', async (_, init) => {
    const dir = transformed('web');
    const pkg = await load(dir, `${NAME}.js`);
    expect(await thrownBy(() => init(pkg))).toEqual(refusal(found));
    await pkg.default({ module_or_path: own(dir) });
    expect(pkg.add(1, 2)).toBe(3);
  });

  it('is refused where it has taken the place of the own one › nodejs', () => {
    const dir = transformed('nodejs');
    writeFileSync(join(dir, `${NAME}_bg.wasm`), bytes);
    expect(() => createRequire(import.meta.url)(join(dir, `${NAME}.js`))).toThrow(refusal(found) as Error);
  });
});

it('exports of another module are refused, and the right ones taken then › bundler', async () => {
  const dir = transformed('bundler', 'unwind');
  const pkg = await load(dir, `${NAME}_bg.js`);
  const other = new WebAssembly.Instance(new WebAssembly.Module(BYTES), { env: { call() {} } });
  expect(await thrownBy(() => pkg.__wbg_set_wasm(other.exports))).toEqual(
    refusal('It has nothing for "__proto__" to call, and exports "count", "die", "callOut".'),
  );
  const module = new WebAssembly.Module(own(dir));
  pkg.__wbg_set_wasm(
    new WebAssembly.Instance(module, { [`./${NAME}_bg.js`]: pkg as unknown as WebAssembly.ModuleImports }).exports,
    module,
  );
  expect(pkg.add(1, 2)).toBe(3);
});

it('I2: the file that is read again after a failure may be of another build meanwhile, and the right one later › bundler', async () => {
  const dir = transformed('bundler', 'unwind');
  const bytes = own(dir);
  const pkg = (await load(dir, `${NAME}_bg.js`)) as Loaded & {
    fail(kind: string): void;
    readonly __revive: { readonly ready: Promise<void> };
  };
  const imports = { [`./${NAME}_bg.js`]: pkg as unknown as WebAssembly.ModuleImports };
  pkg.__wbg_set_wasm(new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports);
  writeFileSync(join(dir, `${NAME}_bg.wasm`), BYTES);
  expect(await thrownBy(() => pkg.fail('abort'))).toMatchObject({ code: 'REVIVE_ABORT' });
  expect(await thrownBy(() => pkg.__revive.ready)).toEqual(refusal('It imports from "env".'));
  writeFileSync(join(dir, `${NAME}_bg.wasm`), bytes);
  // A file that could not be used is read again after a second at the earliest.
  await expect.poll(() => thrownBy(() => pkg.add(1, 2)), { timeout: 5_000 }).toBeUndefined();
  expect(isReviveError(await thrownBy(() => pkg.add(1, 2)))).toBe(false);
});

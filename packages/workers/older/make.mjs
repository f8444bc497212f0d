/** Makes what is kept here anew: see README.md. `node packages/workers/older/make.mjs <version of the worker crate>` */
import fs from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { root } from '../../../scripts/lib/paths.mjs';
import { run } from '../../../scripts/lib/processes.mjs';
import { step } from '../../../scripts/lib/progress.mjs';
import { runMain, UserError } from '../../../scripts/lib/user-error.mjs';

const HERE = import.meta.dirname;
const TARGET = 'wasm32-unknown-unknown';
/** Ignored by git. */
const WORK = path.join(root, 'target', 'older-workers');

/**
 * Versions of the `worker` crate, with the wasm-bindgen that worker-build of the same age takes, and the crates that go with that.
 *
 * @type {Readonly<Record<string, { bindgen: string, sys: string, futures: string, edit?: readonly [from: string, to: string] }>>}
 */
const OLDER = {
  '0.6.7': {
    bindgen: '0.2.105',
    sys: '0.3.82',
    futures: '0.4.55',
    // What isn't there is an error.
    edit: ['.unwrap_or_default().unwrap_or(0)', '.unwrap_or(0)'],
  },
  '0.7.5': { bindgen: '0.2.113', sys: '0.3.90', futures: '0.4.63' },
};

await runMain(async () => {
  const [version = ''] = process.argv.slice(2);
  const older = OLDER[version];
  if (older === undefined) throw new UserError(`Give one of the versions ${Object.keys(OLDER).join(' and ')}.`);
  const dir = path.join(WORK, version);
  fs.rmSync(dir, { recursive: true, force: true });
  const wasm = await step(`An app with worker ${version}`, (tell) => buildApp(version, older, dir, tell));
  const writer = await step(`What writes glue as wasm-bindgen ${older.bindgen} does`, (tell) => buildWriter(older.bindgen, dir, tell));
  const out = path.join(dir, 'out');
  await run(writer, [wasm, out]);
  /** @type {Record<string, string>} */
  const files = {};
  for (const name of /** @type {string[]} */ (fs.readdirSync(out, { recursive: true })).sort()) {
    const file = path.join(out, name);
    if (fs.statSync(file).isFile()) files[name.replaceAll(path.sep, '/')] = fs.readFileSync(file, 'latin1');
  }
  const packed = brotliCompressSync(Buffer.from(JSON.stringify(files)), { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } });
  fs.writeFileSync(path.join(HERE, `${version}.json.br`), packed);
  console.log(`${version}.json.br has ${packed.length} bytes.`);
  return 0;
});

/** @param {string} version @param {typeof OLDER[string]} older @param {string} dir @param {(line: string) => void} onLine */
async function buildApp(version, { bindgen, sys, futures, edit = ['', ''] }, dir, onLine) {
  const crate = path.join(dir, 'app');
  fs.mkdirSync(path.join(crate, 'src'), { recursive: true });
  const code = fs.readFileSync(path.join(HERE, 'app.rs'), 'utf8');
  if (!code.includes(edit[0])) throw new UserError(`app.rs has no ${edit[0]}: bring make.mjs up to date.`);
  fs.writeFileSync(path.join(crate, 'src', 'lib.rs'), code.replace(...edit));
  fs.writeFileSync(
    path.join(crate, 'Cargo.toml'),
    `[package]
name = "app"
version = "0.1.0"
edition = "2021"

[lib]
crate-type = ["cdylib"]

[dependencies]
worker = "=${version}"
worker-macros = "=${version}"
worker-sys = "=${version}"
wasm-bindgen = "=${bindgen}"
wasm-bindgen-futures = "=${futures}"
js-sys = "=${sys}"
web-sys = "=${sys}"

# As the templates of worker-build have it.
[profile.release]
lto = true
strip = true
codegen-units = 1

[workspace]
`,
  );
  const target = path.join(WORK, `target-${version}`);
  await run('cargo', ['build', '--release', '--target', TARGET, '--target-dir', target], { cwd: crate, onLine });
  return path.join(target, TARGET, 'release', 'app.wasm');
}

/** @param {string} version @param {string} dir @param {(line: string) => void} onLine */
async function buildWriter(version, dir, onLine) {
  const crate = path.join(dir, 'writer');
  fs.mkdirSync(path.join(crate, 'src'), { recursive: true });
  fs.copyFileSync(path.join(HERE, 'writer.rs'), path.join(crate, 'src', 'main.rs'));
  const dependency = `[dependencies]\nwasm-bindgen-cli-support = "=${version}"\n\n[workspace]\n`;
  fs.writeFileSync(path.join(crate, 'Cargo.toml'), `[package]\nname = "writer"\nversion = "0.1.0"\nedition = "2021"\n\n${dependency}`);
  const target = path.join(WORK, `writer-${version}`);
  await run('cargo', ['build', '--target-dir', target], { cwd: crate, onLine });
  return path.join(target, 'debug', 'writer');
}

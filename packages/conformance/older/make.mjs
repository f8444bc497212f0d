/** Makes what is kept here anew: see README.md. `node packages/conformance/older/make.mjs <version>` */
import fs from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { root } from '../../../scripts/lib/paths.mjs';
import { run } from '../../../scripts/lib/processes.mjs';
import { step } from '../../../scripts/lib/progress.mjs';
import { runMain, UserError } from '../../../scripts/lib/user-error.mjs';
import { OLDER } from './edits.mjs';

const HERE = import.meta.dirname;
const TARGETS = ['web', 'nodejs', 'bundler'];
/** Ignored by git. */
const WORK = path.join(root, 'target', 'older');

await runMain(async () => {
  const [version = ''] = process.argv.slice(2);
  if (!Object.hasOwn(OLDER, version)) throw new UserError(`Give one of the versions ${Object.keys(OLDER).join(' and ')}.`);
  const dir = path.join(WORK, version);
  fs.rmSync(dir, { recursive: true, force: true });
  const wasm = await step(`Fixtures with wasm-bindgen ${version}`, (tell) =>
    buildFixtures(/** @type {keyof typeof OLDER} */ (version), dir, tell),
  );
  const writer = await step(`What writes glue as wasm-bindgen ${version} does`, (tell) => buildWriter(version, dir, tell));
  /** @type {Record<string, string>} */
  const files = {};
  for (const target of TARGETS) {
    const out = path.join(dir, 'out', target);
    await run(writer, [wasm, target, out]);
    for (const name of /** @type {string[]} */ (fs.readdirSync(out, { recursive: true })).sort()) {
      const file = path.join(out, name);
      const isKept = fs.statSync(file).isFile() && !name.endsWith('_bg.wasm.d.ts');
      if (isKept) files[`${target}/${name.replaceAll(path.sep, '/')}`] = fs.readFileSync(file, 'latin1');
    }
  }
  // The wasm files differ in the names of their imports alone: in one window, two of them take no room.
  const packed = brotliCompressSync(Buffer.from(JSON.stringify(files)), { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } });
  fs.writeFileSync(path.join(HERE, `${version}.json.br`), packed);
  console.log(`${version}.json.br has ${packed.length} bytes.`);
  return 0;
});

/** @param {keyof typeof OLDER} version @param {string} dir @param {(line: string) => void} onLine */
async function buildFixtures(version, dir, onLine) {
  const { edits, jsSys, futures } = OLDER[version];
  const crate = path.join(dir, 'crates', 'fixtures');
  fs.cpSync(path.join(root, 'crates', 'fixtures'), crate, { recursive: true });
  for (const { file, from, to } of edits) {
    const at = path.join(crate, 'src', file);
    const code = fs.readFileSync(at, 'utf8');
    const edited = code.replace(from, to);
    if (edited === code) throw new UserError(`${file} has no ${from}: bring edits.mjs up to date.`);
    fs.writeFileSync(at, edited);
  }
  const known = `\n/// The version of wasm-bindgen that this was built with: it is no new one.\n#[wasm_bindgen::prelude::wasm_bindgen]\npub fn older_wasm_bindgen() -> String {\n    "${version}".to_owned()\n}\n`;
  fs.appendFileSync(path.join(crate, 'src', 'lib.rs'), known);
  fs.writeFileSync(
    path.join(crate, 'Cargo.toml'),
    `[package]
name = "wasm-revive-fixtures"
version = "0.1.0"
edition = "2021"

[lib]
crate-type = ["cdylib"]

[features]
revive = []
node-modules = []

[dependencies]
js-sys = "=${jsSys}"
wasm-bindgen = "=${version}"
wasm-bindgen-futures = "=${futures}"
`,
  );
  // As many publish: small, and optimised across crates.
  const profile =
    '[profile.release]\nopt-level = "z"\nlto = true\ncodegen-units = 1\n\n[profile.release.package.wasm-revive-fixtures]\noverflow-checks = true\n';
  fs.writeFileSync(path.join(dir, 'Cargo.toml'), `[workspace]\nresolver = "2"\nmembers = ["crates/fixtures"]\n\n${profile}`);
  // Rust's own, or where it comes without one for Wasm, that of its sources.
  const std = process.env.BUILD_STD === undefined ? [] : ['-Zbuild-std=std,panic_abort'];
  const target = 'wasm32-unknown-unknown';
  await run('cargo', ['build', '--release', '--target', target, ...std, '--target-dir', path.join(WORK, `target-${version}`)], {
    cwd: dir,
    onLine,
    env: { ...process.env, RUSTFLAGS: `-Cpanic=abort ${process.env.WASM_RUSTFLAGS ?? ''}` },
  });
  return path.join(WORK, `target-${version}`, target, 'release', 'wasm_revive_fixtures.wasm');
}

/** @param {string} version @param {string} dir @param {(line: string) => void} onLine */
async function buildWriter(version, dir, onLine) {
  const crate = path.join(dir, 'writer');
  fs.mkdirSync(path.join(crate, 'src'), { recursive: true });
  fs.copyFileSync(path.join(HERE, 'writer.rs'), path.join(crate, 'src', 'main.rs'));
  const dependency = `[dependencies]\nwasm-bindgen-cli-support = "=${version}"\n\n[workspace]\n`;
  fs.writeFileSync(path.join(crate, 'Cargo.toml'), `[package]\nname = "writer"\nversion = "0.1.0"\nedition = "2021"\n\n${dependency}`);
  const { RUSTC: _, RUSTC_BOOTSTRAP: __, ...env } = process.env;
  // Any Rust will do for this one.
  await run(process.env.HOST_CARGO ?? 'cargo', ['build', '--target-dir', path.join(WORK, `writer-${version}`)], {
    cwd: crate,
    onLine,
    env,
  });
  return path.join(WORK, `writer-${version}`, 'debug', 'writer');
}

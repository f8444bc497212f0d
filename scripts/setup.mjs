#!/usr/bin/env node
// Gets everything that `npm run demo`, `npm test` and `npm run bench` need, on a machine that has only Node.js and a Rust toolchain.
// It can be run any number of times: what is there is kept, and tools go into `.tools`. Plain Node: it runs before `npm ci`.
import { pathToFileURL } from 'node:url';
import { ensureBrowsers } from './lib/browsers.mjs';
import { ensureRustLints, hostRust, isOlder } from './lib/host-rust.mjs';
import { ensureJsRuntimes } from './lib/js-runtimes.mjs';
import { installPackages, staleReason } from './lib/npm-packages.mjs';
import { step } from './lib/progress.mjs';
import { ensureUpstreamShim, WORKER_BUILD_VERSION } from './lib/upstream-shim.mjs';
import { runMain, UserError } from './lib/user-error.mjs';
import { buildArtifact, listedArtifacts } from './lib/wasm-artifacts.mjs';
import { ensureWasmBindgen, findWasmBindgen, WASM_BINDGEN_VERSION } from './lib/wasm-bindgen-cli.mjs';
import { ensureWasmToolchain } from './lib/wasm-toolchain.mjs';

const NODE_NEEDED = '20.19.0';

/**
 * Sets the repository up.
 *
 * @param {'test' | 'demo' | 'bench' | undefined} purpose only what this needs; everything when not given
 * @throws {UserError} when something is missing that can't be installed from here
 */
export async function setUp(purpose) {
  const forTests = purpose === undefined || purpose === 'test';
  await step('Node.js', (tell) => {
    const version = process.versions.node;
    if (isOlder(version, NODE_NEEDED)) {
      throw new UserError(`Node.js ${version} is running; this repository needs ${NODE_NEEDED} or newer. Get it from https://nodejs.org.`);
    }
    tell.result(version);
  });
  await step('npm packages', async (tell) => {
    const reason = staleReason();
    if (reason) await installPackages(tell);
    tell.result(reason ? `installed (${reason})` : 'there');
  });
  await step('Rust', (tell) => tell.result(hostRust().version));
  if (forTests) await step('rustfmt and clippy', ensureRustLints);
  await step('Rust for WebAssembly', async (tell) => tell.result((await ensureWasmToolchain(tell)).version));
  await step(`wasm-bindgen ${WASM_BINDGEN_VERSION}`, async (tell) => {
    const there = findWasmBindgen() !== undefined;
    if (!there) tell('building it, which takes some minutes');
    await ensureWasmBindgen(tell);
    tell.result(there ? 'there' : 'built');
  });
  for (const artifact of listedArtifacts({ purpose })) {
    await step(`Wasm module ${artifact.as}, panic=${artifact.panic}`, async (tell) => tell.result(await buildArtifact(artifact, tell)));
  }
  await step(`worker-build ${WORKER_BUILD_VERSION}'s shim`, async (tell) => tell.result(await ensureUpstreamShim(tell)));
  if (forTests) {
    await step('Other JavaScript runtimes to test on', async (tell) => {
      const installed = await ensureJsRuntimes(tell);
      tell.result(installed.length > 0 ? `installed ${installed.join(', ')}` : 'there');
    });
    await step('Browsers to test in', async (tell) => tell.result(await ensureBrowsers(tell)));
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await runMain(() => setUp());

#!/usr/bin/env node
// Runs the reproductions: `npm run upstream`, or `npm run upstream -- U1 N4`. A reproduction is a test that upstream would pass; this program says
// of each whether it still fails in the way that its page describes, and ends badly where one doesn't.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { hostRust } from '../../../scripts/lib/host-rust.mjs';
import { artifactsDir, root } from '../../../scripts/lib/paths.mjs';
import { runMain, UserError } from '../../../scripts/lib/user-error.mjs';
import { buildArtifact, listedArtifacts } from '../../../scripts/lib/wasm-artifacts.mjs';
import { wasmBindgen } from '../../../scripts/lib/wasm-bindgen-cli.mjs';
import { wasmToolchain } from '../../../scripts/lib/wasm-toolchain.mjs';

const CRATE = 'upstream-reproductions';
const findings = JSON.parse(fs.readFileSync(new URL('findings.json', import.meta.url), 'utf8'));

await runMain(async () => {
  const wanted = chosen(process.argv.slice(2));
  for (const artifact of listedArtifacts({ crate: CRATE })) await buildArtifact(artifact);
  const changed = wanted.flatMap(run);
  for (const text of changed) console.error(`\n${text}`);
  return changed.length > 0 ? 1 : 0;
});

function chosen(ids) {
  for (const id of ids) {
    if (!findings.some((finding) => finding.id === id)) {
      throw new UserError(`There is no finding "${id}". The findings are: ${findings.map(({ id }) => id).join(', ')}.`);
    }
  }
  return ids.length === 0 ? findings : findings.filter(({ id }) => ids.includes(id));
}

/** Runs a finding's reproduction in each of the ways that it lists. Gives what has changed. */
function run(finding) {
  const { mended, test } = finding;
  const elsewhere = mended !== undefined ? `mended in ${mended}` : test && `tested by ${test}`;
  if (elsewhere !== undefined) {
    console.log(`${finding.id}: ${elsewhere} (docs/upstream/${finding.page})`);
    return [];
  }
  return waysToRun(finding).flatMap(({ on, node, args, env }) => {
    const script = path.join(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), `${scriptOf(finding.id)}.mjs`);
    const { status, stdout, stderr, error } = spawnSync(node, ['--no-warnings', script, ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      encoding: 'utf8',
    });
    if (error) throw error;
    const name = `${finding.id}${on === undefined ? '' : ` (${on})`}`;
    const changed = changeOf(finding, name, status, stdout + stderr);
    if (changed === undefined) console.log(`${name}: still so`);
    else if (finding.rustc === undefined || wasmToolchain().version.includes(finding.rustc)) return [changed];
    // Whoever has another compiler than the one on the page has done nothing wrong.
    else console.log(`${name}: not as with rustc ${finding.rustc}, but this is ${wasmToolchain().version}. ${changed}`);
    return [];
  });
}

/** What is no longer as the page of a finding says; undefined where it still is. */
function changeOf({ page, seen }, name, status, output) {
  if (status === 0) {
    return `${name} no longer shows: upstream has mended it. docs/upstream/${page} says what steps aside now; change its status there and in the index, and give it "mended", with the version, in docs/upstream/reproductions/findings.json.`;
  }
  if (output.includes('ERR_ASSERTION') && new RegExp(seen).test(output)) return undefined;
  return `${name} fails in another way than docs/upstream/${page} describes (/${seen}/):\n${output}`;
}

function waysToRun({ on, node: major, arguments: args, cargo: panic, feature }) {
  const node =
    major === undefined || Number(process.versions.node.split('.')[0]) >= major
      ? process.execPath
      : path.join(root, `.tools/node-${major}/bin/node`);
  if (on !== undefined) return on.map((build) => ({ on: build, node, args: [packageOf(build)], env: {} }));
  const toolchain = wasmToolchain();
  if (panic !== undefined) {
    const build = ['build', '--package', `wasm-revive-${CRATE}`, '--features', feature, ...toolchain.buildStdArgs(panic)];
    return [{ node, args: [toolchain.cargo, ...build], env: toolchain.env(panic) }];
  }
  const file = 'wasm_revive_upstream_reproductions';
  const values = {
    '{wasm-bindgen}': () => wasmBindgen(),
    '{wasm}': () => path.join(artifactsDir, CRATE, 'abort', `${file}.wasm`),
    '{debug-wasm}': () => path.join(artifactsDir, `${CRATE}-debug`, 'abort/nodejs', `${file}_bg.wasm`),
    '{rustc}': () => toolchain.env('abort').RUSTC ?? hostRust().rustc,
  };
  return [{ node, args: args.map((arg) => values[arg]()), env: {} }];
}

/** `abort/nodejs`: panic mode and target; with a name in front of a colon, of another build of the crate. */
function packageOf(build) {
  const [as, folder] = build.includes(':') ? build.split(':') : [undefined, build];
  return path.join(artifactsDir, as === undefined ? CRATE : `${CRATE}-${as}`, folder);
}

/** `u01` of `U1`. */
function scriptOf(id) {
  return `${id[0].toLowerCase()}${id.slice(1).padStart(2, '0')}`;
}

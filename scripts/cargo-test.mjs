#!/usr/bin/env node
// Runs the crates' tests that run on this machine, and leaves their counts in `.results/cargo.json` for `npm test` to sum.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { hostRust } from './lib/host-rust.mjs';
import { root } from './lib/paths.mjs';
import { readCrates } from './lib/repository.mjs';
import { CARGO_RESULTS, cargoCounts } from './lib/results.mjs';
import { runMain } from './lib/user-error.mjs';

await runMain(async () => {
  // Crates that are never published are Wasm modules for tests and demo; the packages' tests drive those.
  const excluded = readCrates(root).filter((crate) => !crate.published);
  const args = ['test', '--workspace', '--no-fail-fast', ...excluded.flatMap(({ name }) => ['--exclude', name]), ...process.argv.slice(2)];
  const { code, output } = await test(hostRust().cargo, args);
  const file = path.join(root, CARGO_RESULTS);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify(cargoCounts(output))}\n`);
  return code;
});

/** Cargo's test harness says its counts on standard output only; it is passed on as it comes. */
function test(cargo, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(cargo, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text) => {
      output += text;
      process.stdout.write(text);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

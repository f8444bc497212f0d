#!/usr/bin/env node
// `npm test`, `npm run demo`, `npm run bench` and `npm run soak`: all set-up first, then the work itself. Plain Node: it runs before `npm ci`.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { browserVersions } from './lib/browsers.mjs';
import { hostRust } from './lib/host-rust.mjs';
import { root } from './lib/paths.mjs';
import { npm, runInherited } from './lib/processes.mjs';
import { readPackages } from './lib/repository.mjs';
import { sum, taskResults } from './lib/results.mjs';
import { taskOutcomes } from './lib/turbo-tasks.mjs';
import { runMain, UserError } from './lib/user-error.mjs';
import { wasmToolchain } from './lib/wasm-toolchain.mjs';
import { setUp } from './setup.mjs';

/** Everything that `npm test` runs; `test` itself is one task a package. */
const CHECKS = [
  'lint',
  'lint:root',
  'typecheck',
  'check-package',
  'check:versions',
  'check:rules',
  'site',
  'rust:fmt',
  'rust:clippy',
  'rust:test',
  'test:scripts',
  'test',
];

await runMain(async () => {
  const [purpose, ...rest] = process.argv.slice(2);
  const commands = {
    test: { needs: 'test', run: test },
    demo: { needs: 'demo', run: () => runPackage('demo', 'demo', rest) },
    bench: { needs: 'bench', run: () => runPackage('bench', 'bench', rest) },
    // What the tests do for some seconds, without an end.
    soak: { needs: 'test', run: () => runPackage('conformance', 'soak', rest) },
  };
  const command = Object.hasOwn(commands, purpose ?? '') ? commands[purpose] : undefined;
  if (!command) throw new UserError(`Usage: node scripts/run.mjs ${Object.keys(commands).join('|')}`);
  await setUp(command.needs);
  return command.run();
});

async function test() {
  const runs = path.join(root, '.turbo/runs');
  // Counts of an earlier run must not be summed again: every file found afterwards was written, or put back from the cache, by this run.
  for (const folder of [root, ...readPackages(root).map(({ folder }) => path.join(root, 'packages', folder))]) {
    fs.rmSync(path.join(folder, '.results'), { recursive: true, force: true });
  }
  fs.rmSync(runs, { recursive: true, force: true });
  const args = ['run', ...CHECKS, '--continue=dependencies-successful', '--summarize', '--output-logs=new-only'];
  // The machine's own browsers, which no file of the repository names.
  const code = await turbo(args, { WASM_REVIVE_BROWSERS: browserVersions() });
  return report(code, taskResults(root, taskOutcomes(root, CHECKS, readSummary(runs))));
}

function report(code, results) {
  console.log();
  for (const { name, counts, cached, note } of results) {
    const tests = counts.passed + counts.failed + counts.skipped;
    const text =
      tests === 0
        ? 'ok'
        : ['passed', 'failed', 'skipped']
            .filter((key) => counts[key] > 0)
            .map((key) => `${counts[key]} ${key}`)
            .join(', ');
    console.log(`${counts.failed > 0 ? '✖' : '✔'} ${name}: ${text}${note ? ` (${note})` : ''}${cached ? ' (from the cache)' : ''}`);
  }
  const total = sum(results.map(({ counts }) => counts));
  // Turbo can fail before it has run anything, and then there is no result to count.
  if (code !== 0 && total.failed === 0) total.failed = 1;
  console.log(`\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}

async function runPackage(folder, script, args) {
  const name = readPackages(root).find((entry) => entry.folder === folder)?.manifest.name;
  if (!name) throw new UserError(`packages/${folder} is missing from this checkout.`);
  const code = await turbo(['run', 'build', `--filter=${name}...`, '--output-logs=errors-only']);
  if (code !== 0) return code;
  // Not through turbo: its prefix on every line would break tables, and it would hide that this is a terminal.
  const { command, args: npmArgs } = npm();
  return runInherited(command, [...npmArgs, 'run', '--silent', script, '--workspace', name, '--', ...args], { cwd: root });
}

/** @param {Record<string, string>} [more] environment variables on which results depend, besides the compilers */
function turbo(args, more = {}) {
  const env = {
    ...process.env,
    ...more,
    // Compilers are part of what a result depends on.
    WASM_REVIVE_TOOLCHAIN: [process.version, process.platform, process.arch, hostRust().version, wasmToolchain().version].join(' '),
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
  };
  // Cargo and vitest use every core by themselves; more of them at once would only make tests that watch the clock fail.
  const concurrency = Math.max(1, Math.floor(os.availableParallelism() / 2));
  return runInherited(path.join(root, 'node_modules/.bin/turbo'), [...args, `--concurrency=${concurrency}`], {
    cwd: root,
    env,
  });
}

/** What turbo wrote of the run that has just ended. */
function readSummary(folder) {
  const [file] = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  return file ? JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8')) : undefined;
}

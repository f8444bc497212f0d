// Run as a process of its own: begins with what a store has of calls that have crashed, and says what becomes of them.
const { readFileSync } = require('node:fs');
const { quarantine, shim } = require('../dist/index.cjs');

const [, , entry, file] = process.argv;
const pkg = require(entry);
const entries = JSON.parse(readFileSync(file, 'utf8'));
const changed = [];
const keepOut = quarantine({ after: 2, entries, changed: ({ path, crashes }) => changed.push([path, crashes]) });
const app = shim(() => pkg, { around: keepOut });
const codeOf = (run) => {
  try {
    run();
  } catch (error) {
    return error.code;
  }
};
const refused = codeOf(() => app.fail('abort', [1n]));
const failures = [pkg.__revive.stats.failures];
const codes = [
  refused,
  codeOf(() => app.Faller.fail_static('abort')),
  codeOf(() => app.fail('abort', [2n])),
  codeOf(() => app.Faller.fail_static('abort')),
];
failures.push(pkg.__revive.stats.failures);
// A store can be asked later, too, and knows how the call is refused.
keepOut.learn(entries.map((known) => ({ ...known, crashes: 5, isAsync: true })));
app.fail('abort', [1n]).catch(({ code }) => process.stdout.write(JSON.stringify({ failures, codes, rejected: code, changed })));

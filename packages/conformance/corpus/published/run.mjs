import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { step } from '../../../../scripts/lib/progress.mjs';
import { runMain, UserError } from '../../../../scripts/lib/user-error.mjs';
import { measured } from './lib/measured.mjs';
import { summary, textOf } from './lib/report.mjs';
import { workDir } from './lib/work-dir.mjs';

const HELP = `Measures the transform on packages that others have published: which folders are accepted, and whether they do the same afterwards.

  npm run published -w packages/conformance -- [options]

  --only TEXT    only packages whose name and version contain TEXT; what was measured is printed and not written
  --update       writes results.snap.txt anew`;

const RESULTS = new URL('./results.snap.txt', import.meta.url);

/**
 * A package to be measured. \`changed\`: its folders whose glue isn't any more what wasm-bindgen wrote, or isn't supported, and what it is instead.
 *
 * @typedef {{ package: string, changed?: Record<string, string> }} Listed
 * @typedef {{ listed: Listed } & import('./lib/measured.mjs').Measured} Row
 */

await runMain(async () => {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  fs.mkdirSync(workDir, { recursive: true });
  /** @type {Listed[]} */
  const list = JSON.parse(fs.readFileSync(new URL('./packages.json', import.meta.url), 'utf8'));
  const chosen = list.filter((each) => each.package.includes(options.only ?? ''));
  /** @type {Row[]} */
  const rows = [];
  for (const listed of chosen) {
    await step(listed.package, async () => {
      for (const each of await measured(listed.package)) rows.push({ listed, ...each });
    });
  }
  const text = textOf(rows);
  console.log(options.only === undefined ? summary(rows) : text);
  if (options.only !== undefined) return 0;
  if (options.update) fs.writeFileSync(RESULTS, text);
  const isSame = fs.existsSync(RESULTS) && fs.readFileSync(RESULTS, 'utf8') === text;
  if (!isSame) {
    fs.writeFileSync(new URL('results.txt', `file://${workDir}/`), text);
    console.log(`The results differ from results.snap.txt: see ${workDir}/results.txt. \`--update\` writes them anew.`);
  }
  return isSame ? 0 : 1;
});

/** @param {string[]} args */
function readOptions(args) {
  try {
    return parseArgs({
      args,
      options: {
        only: { type: 'string' },
        update: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new UserError(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
  }
}
